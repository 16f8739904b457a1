//! Progress: a bar on a terminal, a line for each step elsewhere.

use std::io::{IsTerminal as _, Write as _};

/// Steps of a long job.
pub(crate) struct Progress {
    total: usize,
    done: usize,
    is_terminal: bool,
}

impl Progress {
    pub(crate) fn new(total: usize, done: usize) -> Self {
        Self { total, done, is_terminal: std::io::stderr().is_terminal() }
    }

    /// One more step is done; a line worth keeping (`important`) stays on a terminal too.
    pub(crate) fn step(&mut self, line: &str, important: bool) {
        const WIDTH: usize = 30;
        self.done += 1;
        let mut err = std::io::stderr().lock();
        // Nobody is told where standard error is closed.
        let _ = if self.is_terminal {
            let filled = WIDTH * self.done / self.total.max(1);
            let kept = if important { format!("\r\x1b[K{line}\n") } else { String::new() };
            let short: String = line.chars().take(60).collect();
            let bar = format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH.saturating_sub(filled)));
            let end = if self.done >= self.total { "\n" } else { "" };
            write!(err, "{kept}\r\x1b[K[{bar}] {}/{} {short}{end}", self.done, self.total)
        } else {
            writeln!(err, "[{}/{}] {line}", self.done, self.total)
        };
        let _ = err.flush();
    }
}
