//! Paths from one folder to another.

use std::io;
use std::path::{Component, Path, PathBuf};

/// `target` as seen from `folder`, of which the end need not exist yet. The path stays absolute where the two have
/// nothing in common.
///
/// # Errors
/// `target` does not exist, or the system refuses to say where the two are.
pub fn path_from(folder: impl AsRef<Path>, target: impl AsRef<Path>) -> io::Result<PathBuf> {
    Ok(relative(&target.as_ref().canonicalize()?, &existing(folder.as_ref())?))
}

/// The document as the lock names it: relative to the crate, with forward slashes. The document itself may be a symbolic
/// link, and is named by the link.
pub(super) fn recorded(document: &Path, dir: &Path) -> String {
    let parent = document.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let path = match (path_from(dir, parent), document.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => document.to_owned(),
    };
    path.to_string_lossy().replace('\\', "/")
}

/// The path without `folder/..`, for reading. Where a folder on the way is a symbolic link the path is kept as it is.
pub(super) fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for component in path.components() {
        let ends_with_name = matches!(tidied.components().next_back(), Some(Component::Normal(_)));
        if component == Component::ParentDir && ends_with_name {
            tidied.pop();
        } else if component != Component::CurDir {
            tidied.push(component);
        }
    }
    match (tidied.canonicalize(), path.canonicalize()) {
        (Ok(tidy), Ok(real)) if tidy == real => tidied,
        _ => path.to_owned(),
    }
}

/// A path without symbolic links, of which the end need not exist yet.
fn existing(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut missing = Vec::new();
    let mut at = path.as_path();
    loop {
        match at.canonicalize() {
            Ok(mut real) => {
                real.extend(missing.iter().rev());
                return Ok(real);
            }
            Err(error) => match (at.parent(), at.components().next_back()) {
                (Some(parent), Some(Component::Normal(name))) => {
                    missing.push(name);
                    at = parent;
                }
                _ => return Err(error),
            },
        }
    }
}

/// `target` as seen from the folder `from`; both absolute.
fn relative(target: &Path, from: &Path) -> PathBuf {
    let common = target.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    if common == 0 {
        return target.to_owned();
    }
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(target.components().skip(common)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_goes_up_to_the_common_folder() {
        for (target, from, expected) in [
            ("/srv/runtime", "/srv/generated/petstore", "../../runtime"),
            ("/srv/runtime", "/srv", "runtime"),
            ("/srv/runtime", "/elsewhere/a", "../../srv/runtime"),
            ("/srv/runtime", "/srv/runtime/examples/a", "../.."),
        ] {
            assert_eq!(relative(Path::new(target), Path::new(from)), Path::new(expected));
        }
    }

    #[test]
    fn the_end_of_a_path_need_not_exist() {
        let base = std::env::temp_dir().canonicalize().unwrap();
        let path = base.join("mcpgen-not-there/deeper");
        assert_eq!(existing(&path).unwrap(), path);
    }

    #[test]
    fn a_document_is_named_from_the_crate() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert_eq!(recorded(&root.join("specs/a.yaml"), &root.join("generated/not-there")), "../../specs/a.yaml");
        assert_eq!(recorded(&root.join("specs/a.yaml"), &root.join("specs")), "a.yaml");
    }

    #[test]
    fn detours_are_left_out_of_messages() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(tidy(&root.join("src/lock/../../Cargo.toml")), root.join("Cargo.toml"));
        assert_eq!(tidy(Path::new("../no/such/../file")), Path::new("../no/such/../file"));
    }
}
