//! Progress of long work: a bar on a terminal, lines elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use mcpgen::{Progress, Stage};

/// Elsewhere than on a terminal, a stage that took less is not worth a line.
const WORTH_A_LINE: Duration = Duration::from_secs(1);

/// Shows on standard error what a generation is at. On a terminal one line is drawn over and over, and is gone at the
/// end; elsewhere each stage that took a second or more leaves a line.
pub(crate) struct Bar {
    what: String,
    terminal: bool,
    current: Option<(Progress, Instant)>,
}

impl Bar {
    /// `what` is generated.
    pub(crate) fn new(what: &str) -> Self {
        Self { what: what.to_owned(), terminal: std::io::stderr().is_terminal(), current: None }
    }

    /// A stage begins, and the one before it is done.
    pub(crate) fn begin(&mut self, progress: &Progress) {
        self.finish_stage();
        self.current = Some((*progress, Instant::now()));
        if self.terminal {
            draw(&format!("{} {} {progress}", self.what, bar(progress.stage)));
        }
    }

    /// The work is done.
    pub(crate) fn end(&mut self) {
        self.finish_stage();
        if self.terminal {
            draw("");
        }
    }

    fn finish_stage(&mut self) {
        if let Some((progress, since)) = self.current.take()
            && !self.terminal
            && since.elapsed() >= WORTH_A_LINE
        {
            let seconds = since.elapsed().as_secs_f64();
            let _ = writeln!(std::io::stderr().lock(), "{}: {progress}, {seconds:.1} s", self.what);
        }
    }
}

/// Where the work ends early, the line goes too.
impl Drop for Bar {
    fn drop(&mut self) {
        if self.terminal && self.current.is_some() {
            draw("");
        }
    }
}

/// `[==>  ]`: the stages that are done, and the one at work.
fn bar(stage: Stage) -> String {
    let done = Stage::ALL.iter().filter(|other| **other < stage).count();
    let rest = Stage::ALL.len().saturating_sub(done + 1);
    format!("[{}>{}]", "==".repeat(done), "  ".repeat(rest))
}

/// Draws a line over the one before it. A terminal that went away is no error.
fn draw(line: &str) {
    let mut out = std::io::stderr().lock();
    // Carriage return, erase to the end of the line (ECMA-48 8.3.41).
    let _ = write!(out, "\r\u{1b}[K{line}");
    let _ = out.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_grows_to_its_end() {
        let bars: Vec<String> = Stage::ALL.iter().map(|stage| bar(*stage)).collect();
        assert_eq!(bars, ["[>        ]", "[==>      ]", "[====>    ]", "[======>  ]", "[========>]"]);
    }
}
