//! Generates the modules of the server, and those of another one in search mode.

use mcpgen::{Builder, Expose, Options};

fn main() -> mcpgen::Result<()> {
    let search = Options { expose: Some(Expose::Search), ..Options::default() };
    Builder::new("../../specs/kitchen-sink.yaml").options(search).generate()?.write_to_out_dir()?;
    Builder::new("../../specs/petstore.yaml").generate()?.write_to_out_dir()
}
