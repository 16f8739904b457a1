//! Serves a generated crate without compiling it: reads its tables from the Rust source and hands them to the runtime.
//!
//! usage: `MCPGEN_JUDGED_CRATE=FOLDER mcpgen-judge-server [the options of a generated server]`
//!
//! Everything that a request is made of is in `operations.rs` and `tools.rs`; what compiling adds are types, and the
//! default methods decode nothing. So the requests are those of the compiled server, and a document of a thousand
//! operations is judged at once. What these files hold beside the tables that are known here is an error.

use std::path::PathBuf;
use std::process::ExitCode;

use mcpgen_runtime::codegen as rt;

mod errors;
mod expr;
mod tables;

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os("MCPGEN_JUDGED_CRATE").map(PathBuf::from) else {
        eprintln!("MCPGEN_JUDGED_CRATE names no folder");
        return ExitCode::from(2);
    };
    let tables = match tables::read(&folder) {
        Ok(tables) => tables,
        Err(problem) => {
            eprintln!("{}: {problem}", folder.display());
            return ExitCode::FAILURE;
        }
    };
    mcpgen_runtime::main(tables.server, |env| {
        let upstream = rt::Upstream::from_env(tables.api, env)?;
        let mut builder = rt::Server::builder(tables.server, ());
        for tables::Tool { def, operation, errors } in tables.tools {
            let upstream = upstream.clone();
            builder = builder.tool(def, move |cx: rt::Context, arguments: rt::Args<()>| {
                rt::upstream_untyped(&upstream, &cx, operation, errors, arguments.into_raw())
            });
        }
        Ok(builder.build())
    })
}
