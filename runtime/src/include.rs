//! Generated modules in a build script's output folder.

/// Includes what `mcpgen::Builder` wrote to `OUT_DIR` in `build.rs`: the trait, the types, `SERVER`, `server()`, and, for
/// a server over an HTTP API, `Client`. The name is the server's, as `mcpgen inspect` prints it.
///
/// ```text
/// mod petstore {
///     mcpgen_runtime::include_server!("petstore");
/// }
/// ```
///
/// Parts that a program does not use are no warnings, and neither are the lints that it holds its own code to.
#[macro_export]
macro_rules! include_server {
    ($name:literal) => {
        #[allow(
            dead_code,
            missing_docs,
            unreachable_pub,
            unused_imports,
            rustdoc::all,
            clippy::all,
            clippy::pedantic,
            clippy::nursery,
            clippy::restriction
        )]
        mod generated {
            ::core::include!(::core::concat!(::core::env!("OUT_DIR"), "/", $name, "/lib.rs"));
        }
        #[allow(unused_imports)]
        pub use generated::*;
    };
}
