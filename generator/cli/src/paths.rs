//! Where a crate finds the runtime.

use std::path::{Path, PathBuf};

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
    mcpgen::path_from(out, path).map_err(|error| format!("--out {}: {error}", out.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_that_is_not_there_is_a_mistake_of_usage() {
        assert!(runtime(Path::new("no/such/folder"), Path::new("out")).unwrap_err().starts_with("--runtime-path"));
        assert!(runtime(Path::new("src"), Path::new("out")).unwrap_err().contains("no Cargo.toml"));
    }
}
