//! The severities of log messages (MCP 2026-07-28, "Logging"; RFC 5424 §6.2.1).

use std::sync::atomic::{AtomicU8, Ordering};

/// The severity of a log message, from the least to the most severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Detailed debugging information.
    Debug,
    /// General information.
    Info,
    /// Normal but significant.
    Notice,
    /// Warning conditions.
    Warning,
    /// Error conditions.
    Error,
    /// Critical conditions.
    Critical,
    /// Action must be taken immediately.
    Alert,
    /// The system is unusable.
    Emergency,
}

impl LogLevel {
    const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }

    /// The level with this name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// The level of a legacy session, which `logging/setLevel` changes while calls run.
#[derive(Debug)]
pub(crate) struct SessionLevel(AtomicU8);

impl SessionLevel {
    pub(crate) fn set(&self, level: LogLevel) {
        self.0.store(level as u8, Ordering::Relaxed);
    }

    fn admits(&self, level: LogLevel) -> bool {
        level as u8 >= self.0.load(Ordering::Relaxed)
    }
}

impl Default for SessionLevel {
    /// `info`: what a server sends before the client asks is its own choice (MCP 2025-11-25, "Logging").
    fn default() -> Self {
        Self(AtomicU8::new(LogLevel::Info as u8))
    }
}

/// Which log messages of a request reach the client.
#[derive(Clone, Debug)]
pub(crate) enum LogGate {
    /// None: a modern request that asks for none, or no transport.
    Closed,
    /// At or above the level of a modern request.
    From(LogLevel),
    /// At or above the level of the legacy session, as it is when the message is sent.
    Session(std::sync::Arc<SessionLevel>),
}

impl LogGate {
    pub(super) fn admits(&self, level: LogLevel) -> bool {
        match self {
            Self::Closed => false,
            Self::From(least) => level >= *least,
            Self::Session(session) => session.admits(level),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_specification_in_their_order() {
        let words = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
        let levels: Vec<_> = words.iter().map(|word| LogLevel::parse(word).expect("known")).collect();
        assert!(levels.is_sorted_by(|a, b| a < b));
        assert_eq!(LogLevel::parse("warn"), None);
        assert_eq!(LogLevel::parse("Info"), None, "case matters");
    }

    #[test]
    fn a_gate_admits_its_level_and_above() {
        assert!(!LogGate::Closed.admits(LogLevel::Emergency));
        assert!(LogGate::From(LogLevel::Warning).admits(LogLevel::Warning));
        assert!(!LogGate::From(LogLevel::Warning).admits(LogLevel::Notice));
    }
}
