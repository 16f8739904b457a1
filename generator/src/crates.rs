//! The generated crates of a repository.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::files::{MARKER, is_generated};
use crate::lock;

/// The folders of all generated crates in a folder and below it, in order: those with an `mcpgen.lock`, and those whose
/// `src/lib.rs` carries the marker of generated files. Hidden folders, build output, `node_modules` and what symbolic
/// links lead to are not looked into.
///
/// # Errors
/// A folder cannot be read.
pub fn crates(dir: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![dir.as_ref().to_owned()];
    while let Some(folder) = open.pop() {
        let at = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
        for entry in fs::read_dir(&folder).map_err(at)? {
            let entry = entry.map_err(at)?;
            let name = entry.file_name();
            let is_skipped = name.to_str().is_some_and(|name| name.starts_with('.') || name == "node_modules");
            // `file_type` does not follow symbolic links.
            if !is_skipped && entry.file_type().map_err(at)?.is_dir() && !is_build_output(&entry.path()) {
                open.push(entry.path());
            }
        }
        if folder.join(lock::FILE).is_file() || begins_generated(&folder.join("src/lib.rs")) {
            found.push(folder);
        }
    }
    found.sort();
    Ok(found)
}

/// Cargo marks its target folder so (<https://bford.info/cachedir/>).
fn is_build_output(folder: &Path) -> bool {
    folder.join("CACHEDIR.TAG").is_file()
}

/// Whether a file is there and its first line carries the marker. Reads no more than that.
fn begins_generated(path: &Path) -> bool {
    let mut head = Vec::new();
    let is_read = fs::File::open(path).and_then(|file| file.take(4 * MARKER.len() as u64).read_to_end(&mut head));
    is_read.is_ok() && is_generated(&String::from_utf8_lossy(&head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_of_this_repository_are_found() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let found = crates(root.join("generated")).unwrap();
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert!(names.contains(&"petstore") && names.contains(&"weather"), "{names:?}");
        assert!(crates(root.join("specs")).unwrap().is_empty());
        assert!(crates(root.join("no-such-folder")).unwrap_err().to_string().contains("no-such-folder"));
    }
}
