//! A client over standard input and output.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::time::Instant;

use crate::messages::{Ask, Era, FIRST_ID, INITIALIZE, INITIALIZED, Message, check};
use crate::server::{Contender, Server};
use crate::stats::Round;

/// A client with its server.
pub struct Client {
    server: Server,
    message: Message,
    next: u64,
}

impl Client {
    /// Starts a server and checks that it answers rightly; `checked` is false for floors, which answer a constant.
    pub fn start(contender: &Contender, ask: Ask, era: Era, checked: bool) -> io::Result<Self> {
        let mut server = Server::stdio(contender)?;
        if checked && era == Era::Legacy {
            server.ask(INITIALIZE)?;
            server.tell(INITIALIZED)?;
        }
        let message = Message::new(ask, era);
        for id in FIRST_ID..FIRST_ID + 3 {
            let answer = server.ask(&message.text(id))?;
            if checked {
                check(ask, id, contender.tools, &answer).map_err(io::Error::other)?;
            }
        }
        Ok(Self { server, message, next: FIRST_ID + 3 })
    }

    /// Sends so many requests, at most `window` without an answer at a time.
    pub fn round(&mut self, requests: usize, window: usize) -> io::Result<Round> {
        let (mut sent, mut received) = (0, 0);
        let mut waiting = VecDeque::with_capacity(window);
        let mut latencies = Vec::with_capacity(requests);
        let (mut out, mut buffer) = (Vec::new(), vec![0; 256 * 1024]);
        let missing = || io::Error::from(io::ErrorKind::NotConnected);
        let (before, began) = (self.server.cpu(), Instant::now());
        while received < requests {
            out.clear();
            let room = (window - (sent - received)).min(requests - sent);
            for _ in 0..room {
                self.message.write(self.next, &mut out);
                out.push(b'\n');
                self.next += 1;
            }
            let now = Instant::now();
            waiting.extend(std::iter::repeat_n(now, room));
            sent += room;
            self.server.input.as_mut().ok_or_else(missing)?.write_all(&out)?;
            let count = self.server.output.as_mut().ok_or_else(missing)?.read(&mut buffer)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let now = Instant::now();
            for _ in buffer[..count].iter().filter(|byte| **byte == b'\n') {
                received += 1;
                // Answers are matched in their order: exact one at a time, close enough for many.
                latencies.extend(waiting.pop_front().map(|sent| now - sent));
            }
        }
        Ok(Round::new(requests, self.server.cpu() - before, began.elapsed(), latencies))
    }

    /// Asks something else from now on.
    pub fn ask_for(&mut self, ask: Ask, era: Era) {
        self.message = Message::new(ask, era);
    }

    pub fn server(&self) -> &Server {
        &self.server
    }
}
