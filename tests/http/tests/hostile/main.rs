//! What hostile clients do over HTTP. Each test is named after the requirement that it covers; README.md of this package
//! says which. With MCPGEN_SWEEP=1 the floods have their full size, against the binary of a generated server.

mod floods;
mod fuzz;
mod guards;
mod heads;
mod states;

use std::net::SocketAddr;

use mcpgen_runtime::HttpOptions;
use mcpgen_tests_http::{Seen, server};
use tokio::net::TcpListener;

/// Whether the floods have their full size.
fn sweep() -> bool {
    std::env::var_os("MCPGEN_SWEEP").is_some()
}

/// The probe server behind its own accept loop, until the test ends.
async fn site(options: HttpOptions) -> (SocketAddr, Seen) {
    let seen = Seen::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server(&seen).serve_http_with(listener, options, std::future::pending()));
    (address, seen)
}

/// Numbers that look random and are the same in each run (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}
