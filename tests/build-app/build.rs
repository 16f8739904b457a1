//! Generates the modules of the server.

fn main() -> mcpgen::Result<()> {
    mcpgen::Builder::new("../../specs/petstore.yaml").generate()?.write_to_out_dir()
}
