//! Two pieces of work at once: what a large document becomes has parts that need nothing of each other.

use std::thread::{Builder, scope};

/// As much as the first thread of a process has: what walks schemas goes as deep on any thread.
pub(crate) const STACK: usize = 8 * 1024 * 1024;

/// Does both, the first on a thread of its own; where the system has none left, one after the other. A panic is a
/// defect, and stays one.
pub(crate) fn both<A: Send, B>(first: impl Fn() -> A + Sync, second: impl FnOnce() -> B) -> (A, B) {
    scope(|scope| {
        let helper = Builder::new().stack_size(STACK).spawn_scoped(scope, &first);
        let second = second();
        match helper.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(first)) => (first, second),
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => (first(), second),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done_and_a_panic_stays_one() {
        assert_eq!(both(|| 1, || "two"), (1, "two"));
        let panicked = std::panic::catch_unwind(|| both(|| assert_eq!(1, 2), || ()));
        assert!(panicked.is_err());
    }
}
