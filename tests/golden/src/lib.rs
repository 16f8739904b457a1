//! Golden cases: a folder holds its input and what must come out. See `tests/`.
