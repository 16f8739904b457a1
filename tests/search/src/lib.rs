//! The official Rust SDK as the client of a server in search mode, and an API on loopback behind that server.

#![allow(missing_docs, reason = "helpers of tests")]

mod api;
mod client;

pub use api::Api;
pub use client::{Client, Hit};

/// What goes wrong in a test, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Numbers that are the same on every machine: SplitMix64.
pub struct Seeded(u64);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// So many of these, at random and without repetition.
    pub fn some<T>(&mut self, mut from: Vec<T>, count: usize) -> Vec<T> {
        let mut chosen = Vec::new();
        while chosen.len() < count && !from.is_empty() {
            let at = usize::try_from(self.next() % from.len() as u64).unwrap_or(0);
            chosen.push(from.swap_remove(at));
        }
        chosen
    }
}
