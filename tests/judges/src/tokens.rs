//! Counts tokens: one JSON string per line in, one number per line out. The vocabulary is o200k.

#![allow(clippy::print_stdout, reason = "the answer of a command")]

use std::io::{BufRead as _, Write as _};

fn main() -> std::io::Result<()> {
    let tokenizer = bpe_openai::o200k_base();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        writeln!(out, "{}", tokenizer.count(&text))?;
    }
    out.flush()
}
