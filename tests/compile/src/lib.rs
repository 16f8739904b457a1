//! Programs against generated crates: those in `tests/accepted` compile and run, those in `tests/refused` do not compile.
