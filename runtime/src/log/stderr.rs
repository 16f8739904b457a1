//! Call records as lines of JSON on standard error.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::time::Duration;

use super::{CallRecord, CallSink, Timestamp};

/// Lines that wait for a slow reader; more are dropped and counted.
const WAITING_LINES: usize = 1024;

/// Each record as one line of JSON on standard error, written with a single write.
///
/// The lines are written by a thread of their own: a client that starts a server and never reads its standard error
/// fills the pipe, and a server that writes there itself would then hang in the middle of a call.
#[derive(Debug, Default)]
pub struct StderrJson {
    writer: OnceLock<Option<SyncSender<Line>>>,
    dropped: AtomicU64,
}

enum Line {
    Text(String),
    Flush(Sender<()>),
}

impl StderrJson {
    /// A sink; its thread starts with the first record.
    pub fn new() -> Self {
        Self::default()
    }

    fn writer(&self) -> Option<&SyncSender<Line>> {
        self.writer
            .get_or_init(|| {
                let (sender, receiver) = sync_channel(WAITING_LINES);
                let thread = std::thread::Builder::new().name("mcpgen-log".to_owned());
                thread.spawn(move || write_lines(&receiver, &mut std::io::stderr())).ok().map(|_| sender)
            })
            .as_ref()
    }

    fn send(&self, mut line: String) {
        line.push('\n');
        let sent = self.writer().map(|writer| writer.try_send(Line::Text(line)));
        if !matches!(sent, Some(Ok(()))) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl CallSink for StderrJson {
    fn record(&self, record: &CallRecord) {
        let lines = self.dropped.swap(0, Ordering::Relaxed);
        if lines > 0 {
            self.send(format!(r#"{{"timestamp":"{}","event":"log_lines_dropped","lines":{lines}}}"#, Timestamp::now()));
        }
        self.send(record.to_string());
    }

    fn flush(&self) {
        // Without a thread there is nothing to flush.
        let Some(Some(writer)) = self.writer.get() else { return };
        let (done, wait) = channel();
        let mut line = Line::Flush(done);
        for _ in 0..50 {
            match writer.try_send(line) {
                Ok(()) => {
                    let _ = wait.recv_timeout(Duration::from_millis(500));
                    return;
                }
                Err(TrySendError::Full(back)) => line = back,
                Err(TrySendError::Disconnected(_)) => return,
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn write_lines(lines: &Receiver<Line>, out: &mut dyn Write) {
    for line in lines {
        match line {
            // Nobody is left to be told that standard error is closed.
            Line::Text(text) => drop(out.write_all(text.as_bytes())),
            Line::Flush(done) => drop(done.send(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts writes, and what was written.
    #[derive(Default)]
    struct Sink {
        writes: Vec<Vec<u8>>,
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.writes.push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_write_and_flush_waits_for_it() {
        let (sender, receiver) = sync_channel(8);
        let (done, wait) = channel();
        sender.send(Line::Text("{\"a\":1}\n".to_owned())).unwrap();
        sender.send(Line::Text("{\"b\":2}\n".to_owned())).unwrap();
        sender.send(Line::Flush(done)).unwrap();
        drop(sender);
        let mut sink = Sink::default();
        write_lines(&receiver, &mut sink);
        assert_eq!(wait.try_recv(), Ok(()));
        assert_eq!(sink.writes, [b"{\"a\":1}\n".to_vec(), b"{\"b\":2}\n".to_vec()]);
    }

    #[test]
    fn a_reader_that_does_not_read_never_blocks_a_call_and_the_loss_is_counted() {
        let (sender, receiver) = sync_channel(2);
        let sink = StderrJson { writer: OnceLock::from(Some(sender)), dropped: AtomicU64::new(0) };
        for _ in 0..5 {
            sink.send("{}".to_owned());
        }
        assert_eq!(sink.dropped.load(Ordering::Relaxed), 3);
        assert_eq!(receiver.try_iter().count(), 2);
    }
}
