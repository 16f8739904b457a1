//! The whole line of the generator: bytes → document → model → plan → Rust words → files. A document is refused with a
//! diagnostic, or becomes files of which every Rust file parses (the generator parses what it prints, and reports a
//! defect of its own where that fails). Nothing panics, and what the document says has an end.

use std::path::Path;

use mcpgen::Builder;

/// The folder does not exist, so no reference leads to a file of this machine.
const PATH: &str = "/nowhere/of-the-fuzzer/api.yaml";

/// Generates a crate from one document.
pub fn run(data: &[u8]) {
    match Builder::new(Path::new(PATH)).bytes(data).generate() {
        Ok(generated) => {
            assert!(generated.files().iter().count() > 0, "a crate without files");
            let shown = generated.warnings(false);
            assert!(!shown.contains('\u{1b}'), "a warning moves the terminal: {shown:?}");
        }
        Err(failure) => {
            let shown = failure.to_string();
            assert!(shown.contains("error["), "refused without an error: {shown}");
            assert!(!shown.contains("E0299") && !shown.contains("internal error"), "a defect: {shown}");
        }
    }
}
