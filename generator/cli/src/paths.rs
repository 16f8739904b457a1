//! Where a crate finds the runtime.

use std::path::{Component, Path, PathBuf};

/// The path of the runtime as `Cargo.toml` of the crate in `out` names it: an absolute path stays absolute, a relative
/// one, which is relative to the present folder, becomes relative to the crate.
pub(crate) fn runtime(path: &Path, out: &Path) -> Result<PathBuf, String> {
    let real = path.canonicalize().map_err(|error| format!("--runtime-path {}: {error}", path.display()))?;
    if !real.join("Cargo.toml").is_file() {
        return Err(format!("--runtime-path {}: there is no Cargo.toml", path.display()));
    }
    if path.is_absolute() {
        return Ok(real);
    }
    let out = existing(out).map_err(|error| format!("--out {}: {error}", out.display()))?;
    Ok(relative(&real, &out))
}

/// A path without symbolic links, of which the end need not exist yet.
fn existing(path: &Path) -> std::io::Result<PathBuf> {
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
            ("/work/runtime", "/work/generated/petstore", "../../runtime"),
            ("/work/runtime", "/work", "runtime"),
            ("/work/runtime", "/elsewhere/a", "../../work/runtime"),
            ("/work/runtime", "/work/runtime/examples/a", "../.."),
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
    fn a_runtime_that_is_not_there_is_a_mistake_of_usage() {
        assert!(runtime(Path::new("no/such/folder"), Path::new("out")).unwrap_err().starts_with("--runtime-path"));
        assert!(runtime(Path::new("src"), Path::new("out")).unwrap_err().contains("no Cargo.toml"));
    }
}
