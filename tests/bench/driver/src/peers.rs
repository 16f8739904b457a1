//! Servers of other languages, for orientation: the TypeScript SDK and FastMCP, as `tests/interop/install.sh` installs and
//! pins them.

use std::path::{Path, PathBuf};

use crate::server::Contender;

/// A peer takes this part of a case's requests: it is a hundred times slower.
pub const SHARE: usize = 50;

/// The folder of the peers; `MCPGEN_INTEROP_DIR`, or `target/interop` of the repository.
fn installed() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/interop");
    std::env::var_os("MCPGEN_INTEROP_DIR").map_or_else(default, PathBuf::from)
}

/// The peers that are installed, with the words that each transport needs. What is missing is said.
pub fn all(transport: &[&str]) -> Vec<Contender> {
    let (folder, scripts) = (installed(), Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers"));
    let peer = |name: &'static str, needs: &str, program: PathBuf, script: &str| {
        if !folder.join(needs).exists() {
            eprintln!(
                "bench: {name} is not measured: {} is missing (tests/interop/install.sh)",
                folder.join(needs).display()
            );
            return None;
        }
        let script = scripts.join(script).display().to_string();
        let args: Vec<&str> = std::iter::once(script.as_str()).chain(transport.iter().copied()).collect();
        let mut contender = Contender::new(name, "", &args, 1);
        contender.program = program;
        contender.peers = Some(folder.clone());
        Some(contender)
    };
    let node = peer("TypeScript SDK 1.x", "node_modules/@modelcontextprotocol/sdk", "node".into(), "node.cjs");
    let python = peer("FastMCP", "venv/bin/fastmcp", folder.join("venv/bin/python"), "python.py");
    node.into_iter().chain(python).collect()
}
