//! Writes the fillers: constants, as the tools of a generated crate are, laid out as the generator lays them out.

use std::fmt::Write as _;
use std::path::Path;

/// As many as the largest server of the bench has beside `get_temperature`.
const FILLERS: usize = 999;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut out = format!("static FILLERS: [ToolDef; {FILLERS}] = [\n");
    for number in 1..=FILLERS {
        writeln!(
            out,
            "ToolDef {{ name: \"tool_{number:04}\", description: {:?}, input_schema: {:?}, ..ToolDef::DEFAULT }},",
            format!("Number {number:04} of many tools, which are listed and hardly ever called."),
            schema(number)
        )?;
    }
    out.push_str("];\n");
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("fillers.rs"), out)?;
    Ok(())
}

/// As the other servers have it: ten properties, 1 KB. No two are the same, as no two tools are.
fn schema(tool: usize) -> String {
    let properties: Vec<_> = (0..10)
        .map(|at| format!("    \"property_{at}\": {{\"type\":\"string\",\"minLength\":1,\"maxLength\":100,\"description\":\"Property {at} of tool {tool:04}.\"}}"))
        .collect();
    format!(
        "{{\n  \"type\": \"object\",\n  \"properties\": {{\n{}\n  }},\n  \"required\": [\"property_0\"],\n  \"additionalProperties\": false\n}}",
        properties.join(",\n")
    )
}
