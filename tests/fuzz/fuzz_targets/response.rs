#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcpgen_fuzz::response::run(data));
