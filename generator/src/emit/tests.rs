use super::*;
use crate::model::Server;
use crate::options::Options;
use crate::{rust, samples};

fn files_of(server: &Server, source: &str) -> Files {
    let krate = rust::lower(server, &samples::sources(source), &Options::default());
    emit(&krate).unwrap_or_else(|error| panic!("{error}"))
}

/// Writes the samples to a folder, to be read and compiled: `MCPGEN_SAMPLES=/tmp/x cargo test -p mcpgen samples_are`.
#[test]
fn samples_are_emitted() {
    for (server, source) in [(samples::weather(), "specs/weather.yaml"), (samples::petstore(), "specs/petstore.yaml")] {
        let files = files_of(&server, source);
        assert!(files.get("src/lib.rs").is_some());
        if let Some(dir) = std::env::var_os("MCPGEN_SAMPLES") {
            crate::write::write(&files, &std::path::Path::new(&dir).join(&server.name)).unwrap();
        }
    }
}
