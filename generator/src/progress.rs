//! What a generation is at, for whoever waits for it.

use std::fmt;

/// A stage that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// How much goes into it, in the unit of the stage.
    pub size: usize,
}

/// The stages of a generation, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// Text → document; the size in bytes.
    Load,
    /// Document → model; the size in bytes.
    Lower,
    /// What is exposed, under which names; the size in tools.
    Plan,
    /// Model → words of Rust; the size in tools.
    Rust,
    /// Words of Rust → files; the size in modules.
    Emit,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 5] = [Self::Load, Self::Lower, Self::Plan, Self::Rust, Self::Emit];

    /// The word for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Lower => "lower",
            Self::Plan => "plan",
            Self::Rust => "rust",
            Self::Emit => "emit",
        }
    }
}

/// `lower 13.1 MB`, `plan 1,104 tools`
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.stage.as_str())?;
        match self.stage {
            Stage::Load | Stage::Lower => f.write_str(&bytes(self.size)),
            Stage::Plan | Stage::Rust => f.write_str(&count(self.size, "tool")),
            Stage::Emit => f.write_str(&count(self.size, "module")),
        }
    }
}

/// In powers of ten, with one decimal beyond kilobytes.
fn bytes(size: usize) -> String {
    match size {
        0..1_000 => count(size, "byte"),
        1_000..1_000_000 => format!("{} kB", size / 1_000),
        _ => format!("{}.{} MB", size / 1_000_000, size / 100_000 % 10),
    }
}

fn count(number: usize, noun: &str) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        for (stage, size, expected) in [
            (Stage::Load, 1, "load 1 byte"),
            (Stage::Load, 999, "load 999 bytes"),
            (Stage::Lower, 1_999, "lower 1 kB"),
            (Stage::Lower, 13_149_000, "lower 13.1 MB"),
            (Stage::Plan, 1, "plan 1 tool"),
            (Stage::Rust, 1_104, "rust 1,104 tools"),
            (Stage::Rust, 1_000_000, "rust 1,000,000 tools"),
            (Stage::Emit, 7, "emit 7 modules"),
        ] {
            assert_eq!(Progress { stage, size }.to_string(), expected);
        }
    }
}
