//! Call records as lines of JSON on standard error.

use std::cell::RefCell;
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::{CallRecord, CallSink, Timestamp};

/// Bytes that wait for a slow reader; further lines are dropped and counted.
const WAITING: usize = 1024 * 1024;
/// From so many bytes on, what waits is written without a pause.
const PLENTY: usize = 64 * 1024;
/// After a write: how long lines gather before the next one. A line that comes alone is written at once.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a flush waits at most.
const FLUSH: Duration = Duration::from_millis(500);

/// Each record as one line of JSON on standard error, within 10 milliseconds.
///
/// The lines are written by a thread of their own: a client that starts a server and never reads its standard error
/// fills the pipe, and a server that writes there itself would then hang in the middle of a call. Under load many lines
/// are one write, always of whole lines.
#[derive(Debug, Default)]
pub struct StderrJson {
    lines: OnceLock<Option<Arc<Lines>>>,
}

/// Lines that wait for the writer.
#[derive(Default)]
struct Lines {
    state: Mutex<State>,
    /// Tells the writer that there are lines, or no time to lose.
    filled: Condvar,
    /// Tells those who flush that what was there is written.
    written: Condvar,
}

#[derive(Default)]
struct State {
    text: Vec<u8>,
    /// Lines that found no room since the last one that did.
    dropped: u64,
    /// The writer waits for the first line.
    idle: bool,
    /// The writer has taken lines that it has not written yet.
    writing: bool,
    hurry: bool,
}

thread_local! {
    /// Where this thread writes its lines before the lock.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

impl StderrJson {
    /// A sink; its thread starts with the first record.
    pub fn new() -> Self {
        Self::default()
    }

    fn lines(&self) -> Option<&Arc<Lines>> {
        self.lines
            .get_or_init(|| {
                let lines = Arc::new(Lines::default());
                let written = Arc::clone(&lines);
                let thread = std::thread::Builder::new().name("mcpgen-log".to_owned()).stack_size(64 * 1024);
                thread.spawn(move || written.write_to(&mut std::io::stderr())).ok().map(|_| lines)
            })
            .as_ref()
    }
}

impl CallSink for StderrJson {
    fn record(&self, record: &CallRecord<'_>) {
        let Some(lines) = self.lines() else { return };
        LINE.with_borrow_mut(|line| {
            line.clear();
            // After a record of unusual length.
            line.shrink_to(8 * 1024);
            record.write(line);
            line.push('\n');
            lines.add(line);
        });
    }

    fn flush(&self) {
        // Without a thread there is nothing to flush.
        if let Some(Some(lines)) = self.lines.get() {
            lines.flush();
        }
    }
}

impl Lines {
    fn add(&self, line: &str) {
        let mut state = self.state();
        if state.text.len().saturating_add(line.len()) > WAITING {
            state.dropped = state.dropped.saturating_add(1);
            return;
        }
        let dropped = std::mem::take(&mut state.dropped);
        if dropped > 0 {
            let event = format!(
                "{{\"timestamp\":\"{}\",\"event\":\"log_lines_dropped\",\"lines\":{dropped}}}\n",
                Timestamp::now()
            );
            state.text.extend_from_slice(event.as_bytes());
        }
        state.text.extend_from_slice(line.as_bytes());
        let plenty = state.text.len() >= PLENTY && !state.hurry && !state.writing;
        state.hurry |= plenty;
        if plenty || std::mem::take(&mut state.idle) {
            drop(state);
            self.filled.notify_one();
        }
    }

    /// Returns when what was added is written, or after half a second at the latest.
    fn flush(&self) {
        let until = Instant::now() + FLUSH;
        let mut state = self.state();
        state.hurry = true;
        self.filled.notify_one();
        while state.writing || !state.text.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.written.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The thread: it lives as long as the process.
    fn write_to(&self, out: &mut dyn Write) {
        let mut taken = Vec::new();
        loop {
            self.take(&mut taken);
            // Nobody is left to be told that standard error is closed.
            let _ = out.write_all(&taken);
            taken.clear();
            taken.shrink_to(2 * PLENTY);
            let mut state = self.state();
            state.writing = false;
            self.written.notify_all();
            if !state.hurry {
                let pause = self.filled.wait_timeout_while(state, PAUSE, |state| !state.hurry);
                drop(pause.unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    /// Waits for lines and takes all that are there.
    fn take(&self, taken: &mut Vec<u8>) {
        let mut state = self.state();
        while state.text.is_empty() {
            state.idle = true;
            state.hurry = false;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.idle = false;
        state.hurry = false;
        state.writing = true;
        std::mem::swap(&mut state.text, taken);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Hands out what each write got, and when.
    struct Sink(Sender<(Instant, String)>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.send((Instant::now(), String::from_utf8_lossy(bytes).into_owned()));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn started() -> (Arc<Lines>, Receiver<(Instant, String)>) {
        let ((sender, receiver), lines) = (channel(), Arc::new(Lines::default()));
        let written = Arc::clone(&lines);
        std::thread::spawn(move || written.write_to(&mut Sink(sender)));
        (lines, receiver)
    }

    const SOON: Duration = Duration::from_secs(5);

    #[test]
    fn a_line_alone_is_written_without_a_flush_and_a_crowd_in_few_writes_of_whole_lines() {
        let (lines, writes) = started();
        lines.add("alone\n");
        assert_eq!(writes.recv_timeout(SOON).unwrap().1, "alone\n");
        for _ in 0..1000 {
            lines.add("many\n");
        }
        let (mut all, mut count) = (String::new(), 0);
        while all.len() < 5000 {
            let (_, text) = writes.recv_timeout(SOON).unwrap();
            assert!(text.ends_with('\n'));
            all.push_str(&text);
            count += 1;
        }
        assert_eq!(all, "many\n".repeat(1000));
        assert!(count < 500, "{count}");
    }

    #[test]
    fn flush_waits_for_what_was_added() {
        let (lines, writes) = started();
        for round in 0..100 {
            lines.add(&format!("{round} first\n"));
            lines.add(&format!("{round} last\n"));
            lines.flush();
            let text: String = writes.try_iter().map(|(_, text)| text).collect();
            assert!(text.ends_with(&format!("{round} last\n")), "{text}");
        }
        lines.flush();
        assert!(writes.try_recv().is_err());
    }

    #[test]
    fn a_reader_that_does_not_read_never_blocks_a_call_and_the_loss_is_counted() {
        let lines = Lines::default();
        let line = "x".repeat(WAITING / 2);
        for _ in 0..5 {
            lines.add(&line);
        }
        assert_eq!(lines.state().dropped, 3);
        lines.take(&mut Vec::new());
        lines.add("{}\n");
        let text = String::from_utf8(lines.state().text.clone()).unwrap();
        assert!(text.contains(r#""event":"log_lines_dropped","lines":3}"#) && text.ends_with("\n{}\n"), "{text}");
    }
}
