//! The table that is printed at the end of a run.

use std::io::Write;

/// A line of the table: a client in a mode, and a mark for each step.
pub struct Row {
    /// The client.
    pub client: String,
    /// Its mode.
    pub mode: String,
    /// One mark for each column.
    pub marks: Vec<String>,
    /// How long it took, or why it was skipped.
    pub remark: String,
}

/// The table as text.
pub fn render(title: &str, columns: &[&str], rows: &[Row]) -> String {
    let client = rows.iter().map(|row| row.client.len()).max().unwrap_or(0);
    let mode = rows.iter().map(|row| row.mode.len()).max().unwrap_or(0);
    let mut out = format!("\n{title}\n");
    for (at, column) in columns.iter().enumerate() {
        out.push_str(&format!("  {:>2} {column}\n", at + 1));
    }
    out.push_str(&format!("  {:client$}  {:mode$} ", "client", "mode"));
    for at in 1..=columns.len() {
        out.push_str(&format!(" {at:>2}"));
    }
    out.push('\n');
    for row in rows {
        out.push_str(&format!("  {:client$}  {:mode$} ", row.client, row.mode));
        for mark in &row.marks {
            out.push_str(&format!(" {mark:>2}"));
        }
        out.push_str(&format!("  {}\n", row.remark));
    }
    out
}

/// Writes to standard error past the capture of `cargo test`, so that a passing test is heard too.
pub fn say(text: &str) {
    // Nobody may be listening, and that is no failure of the test.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
