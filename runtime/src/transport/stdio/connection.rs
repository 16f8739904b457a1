//! One client over one pair of streams.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use crate::context::Context;
use crate::protocol::message::{self, BATCH_CAP, Incoming, RequestId};
use crate::protocol::{Feed, Job, Listen, Origin, Protocol, Reply, RpcError, Run, Session, Step};
use crate::server::Lane;

use super::Limits;
use super::heartbeat::Heartbeat;
use super::lines::{Line, Lines};
use super::output::{Output, Writer};
use super::tasks::Tasks;

/// After the end of the input: how long running calls may take to answer, …
const FINISH: Duration = Duration::from_millis(500);
/// … how long they may take to notice that they are cancelled, …
const CANCEL: Duration = Duration::from_millis(200);
/// … and how long the client may take to read what is left. Together less than the second of SECURITY I15.
const FLUSH: Duration = Duration::from_millis(200);

const TAKEN: &str = "Invalid request: a request with this id is still running";

/// Bytes of output from which reading pauses until they are written.
const WRITE_FIRST: usize = 64 * 1024;

/// Serves one client until its input ends. Runs as one task: it reads, polls the calls and writes.
pub(super) async fn serve<R, W>(
    protocol: Arc<Protocol>,
    reader: R,
    writer: W,
    limits: Limits,
    heartbeat: Heartbeat,
) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut lines = Lines::new(reader, limits.line);
    let mut writer = Writer::new(writer);
    let mut calls = Calls::new(protocol, limits, heartbeat, Call::run);
    let output = Arc::clone(&calls.output);
    let wake = Arc::clone(calls.session.wake());
    let served = {
        // Not longer than the loop: at the end, another one waits in its place.
        let mut woken = pin!(wake.notified());
        loop {
            if calls.news_wait {
                calls.news();
            }
            // In this order: finish what is ready, take in what has come, write it all at once.
            let waiting = output.len();
            let takes_in = calls.tasks.len() < limits.calls && waiting < WRITE_FIRST;
            tokio::select! {
                biased;
                done = calls.tasks.next() => calls.finished(done),
                line = lines.next(), if takes_in => match line {
                    Ok(Line::Text(text)) => calls.text(text),
                    Ok(Line::TooLong) => calls.too_long(),
                    Ok(Line::End) => break Ok(()),
                    Err(error) => break Err(error),
                },
                // By news, or by a handler that has something to tell.
                () = woken.as_mut() => {
                    woken.set(wake.notified());
                    calls.news();
                }
                // Ends when all is written, so that the condition above is looked at again.
                written = writer.write_all(&output), if waiting > 0 || !writer.is_idle() => {
                    if let Err(error) = written {
                        break Err(error);
                    }
                }
            }
        }
    };
    let served = match served {
        Ok(()) => calls.end(&mut writer).await,
        Err(error) => Err(error),
    };
    calls.cancel_all();
    match served {
        // The client has gone; that is how clients end.
        Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => Ok(()),
        served => served,
    }
}

/// The requests of a client.
struct Calls<F> {
    protocol: Arc<Protocol>,
    limits: Limits,
    session: Session,
    client_key: Arc<str>,
    output: Arc<Output>,
    /// Makes what runs.
    begin: fn(Call) -> F,
    tasks: Tasks<F>,
    /// By [`RequestId::key`].
    running: HashMap<Arc<str>, Running>,
    /// By [`RequestId::key`], none of which runs.
    subscriptions: BTreeMap<Arc<str>, (Box<Listen>, Feed)>,
    batches: BTreeMap<u64, Batch>,
    /// There are news that the output had no room for.
    news_wait: bool,
    serial: u64,
    heartbeat: Heartbeat,
    /// Where handlers begin.
    lane: Lane,
}

/// A call without an answer so far.
struct Running {
    serial: u64,
    cx: Context,
    batch: Option<u64>,
}

/// A call that begins.
struct Call {
    protocol: Arc<Protocol>,
    cx: Context,
    key: Arc<str>,
    serial: u64,
    id: RequestId,
    job: Job,
}

impl Call {
    async fn run(self) -> Done {
        let Self { protocol, cx, key, serial, id, job } = self;
        let reply = protocol.run(&cx, &id, &job).await;
        Done { key, serial, reply }
    }
}

/// A call that has ended.
struct Done {
    key: Arc<str>,
    serial: u64,
    reply: Reply,
}

/// Answers that leave together.
struct Batch {
    waiting: usize,
    replies: Vec<Reply>,
}

impl<F> Drop for Calls<F> {
    /// Whoever drops the connection has nobody left to answer to.
    fn drop(&mut self) {
        self.cancel_all();
        self.protocol.client_gone(&self.client_key);
    }
}

impl<F> Calls<F> {
    fn cancel_all(&mut self) {
        self.running.drain().for_each(|(_, running)| running.cx.cancel());
        self.subscriptions.clear();
    }
}

impl<F: Future<Output = Done>> Calls<F> {
    fn new(protocol: Arc<Protocol>, limits: Limits, heartbeat: Heartbeat, begin: fn(Call) -> F) -> Self {
        let session = Session::default();
        Self {
            protocol,
            limits,
            client_key: Arc::from("stdio"),
            output: Arc::new(Output::new(limits.output, Arc::clone(session.wake()))),
            session,
            begin,
            tasks: Tasks::new(),
            running: HashMap::new(),
            subscriptions: BTreeMap::new(),
            batches: BTreeMap::new(),
            news_wait: false,
            serial: 0,
            heartbeat,
            lane: Lane::default(),
        }
    }

    /// Takes a line in.
    fn text(&mut self, text: &[u8]) {
        if text.trim_ascii().is_empty() {
            return;
        }
        match message::parse(text) {
            Ok(Incoming::One(message)) => self.message(message, None),
            Ok(Incoming::Batch(members)) => self.batch(&members),
            Err(malformed) => self.output.reply(malformed.into()),
        }
    }

    fn too_long(&self) {
        let message = format!("Invalid request: a message is at most {} bytes long", self.limits.line);
        self.output.reply(Reply::error(None, &RpcError::new(RpcError::INVALID_REQUEST, message)));
    }

    fn message(&mut self, message: message::Message<'_>, batch: Option<u64>) {
        let protocol = Arc::clone(&self.protocol);
        let origin = Origin {
            session: &self.session,
            client_key: &self.client_key,
            principal: None,
            mirror: None,
            in_batch: batch.is_some(),
        };
        match protocol.begin(origin, message) {
            Step::Nothing => {}
            Step::Answer(reply) => self.answer(reply, batch),
            Step::Cancel(key) => self.cancel(&key),
            Step::Run(run) => self.run(*run, batch),
            Step::Listen(listen) => self.listen(listen),
        }
    }

    fn run(&mut self, Run { id, info, job }: Run, batch: Option<u64>) {
        let key = id.key();
        let place = match self.running.entry(Arc::clone(&key)) {
            Entry::Vacant(place) if !self.subscriptions.contains_key(&key) => place,
            _ => return self.refuse(&id, TAKEN, batch),
        };
        let sink = Arc::clone(&self.output);
        let cx = Context::in_lane(info, Some(sink), Some(self.lane.clone()));
        self.serial += 1;
        let serial = self.serial;
        place.insert(Running { serial, cx: cx.clone(), batch });
        if let Some(batch) = batch.and_then(|batch| self.batches.get_mut(&batch)) {
            batch.waiting += 1;
        }
        let protocol = Arc::clone(&self.protocol);
        self.tasks.push((self.begin)(Call { protocol, cx, key, serial, id, job }));
        self.heartbeat.set_calls(self.tasks.len());
    }

    fn listen(&mut self, listen: Box<Listen>) {
        let key = listen.id.key();
        if self.running.contains_key(&key) || self.subscriptions.contains_key(&key) {
            return self.refuse(&listen.id, TAKEN, None);
        }
        if self.subscriptions.len() >= self.limits.subscriptions {
            return self.refuse(&listen.id, "Invalid request: too many open subscriptions", None);
        }
        self.output.line(&listen.acknowledgement);
        let feed = listen.open(Arc::clone(self.session.wake()));
        self.subscriptions.insert(key, (listen, feed));
    }

    /// Passes news on, as many as the client keeps up with; the others wait in their feeds.
    fn news(&mut self) {
        self.news_wait = self.output.len() >= self.limits.output;
        if self.news_wait {
            return;
        }
        while let Some(message) = self.session.try_notification() {
            self.output.line(&message);
        }
        for (listen, feed) in self.subscriptions.values() {
            while let Some(event) = feed.try_next() {
                self.output.line(&listen.message(&event));
            }
        }
    }

    fn refuse(&mut self, id: &RequestId, message: &'static str, batch: Option<u64>) {
        self.answer(Reply::error(Some(id), &RpcError::new(RpcError::INVALID_REQUEST, message)), batch);
    }

    /// A call has ended. A cancelled one gets no answer.
    fn finished(&mut self, done: Done) {
        self.heartbeat.set_calls(self.tasks.len());
        let Entry::Occupied(running) = self.running.entry(done.key) else { return };
        if running.get().serial != done.serial {
            return;
        }
        let Running { cx, batch, .. } = running.remove();
        cx.finish();
        self.answer(done.reply, batch);
        self.batch_member_ended(batch);
    }

    /// `notifications/cancelled`: nothing more is sent for the request. Unknown ids are ignored.
    fn cancel(&mut self, key: &str) {
        match self.running.remove(key) {
            Some(Running { cx, batch, .. }) => {
                cx.cancel();
                self.batch_member_ended(batch);
            }
            None => drop(self.subscriptions.remove(key)),
        }
    }

    fn answer(&mut self, reply: Reply, batch: Option<u64>) {
        match batch.and_then(|batch| self.batches.get_mut(&batch)) {
            Some(batch) => batch.replies.push(reply),
            None => self.output.reply(reply),
        }
    }

    /// A batch (JSON-RPC 2.0, "Batch"; MCP 2025-03-26 alone): its answers leave together when the last one is there.
    fn batch(&mut self, members: &[&serde_json::value::RawValue]) {
        let refuse =
            |message| self.output.reply(Reply::error(None, &RpcError::new(RpcError::INVALID_REQUEST, message)));
        if !self.session.revision().is_some_and(crate::protocol::Revision::has_batches) {
            return refuse("Invalid request: batches are part of revision 2025-03-26 alone");
        }
        if members.is_empty() || members.len() > BATCH_CAP {
            return refuse("Invalid request: a batch holds 1 to 64 messages");
        }
        self.serial += 1;
        let batch = self.serial;
        // One more than there are calls, until all members are taken in.
        self.batches.insert(batch, Batch { waiting: 1, replies: Vec::new() });
        for member in members {
            match message::parse_one(member.get()) {
                Ok(message) => self.message(message, Some(batch)),
                Err(malformed) => self.answer(malformed.into(), Some(batch)),
            }
        }
        self.batch_member_ended(Some(batch));
    }

    fn batch_member_ended(&mut self, batch: Option<u64>) {
        let Some(number) = batch else { return };
        let Some(batch) = self.batches.get_mut(&number) else { return };
        batch.waiting = batch.waiting.saturating_sub(1);
        if batch.waiting == 0
            && let Some(batch) = self.batches.remove(&number)
            && let Some(replies) = Reply::batch(batch.replies)
        {
            self.output.reply(replies);
        }
    }

    /// The input has ended: what runs may finish within a moment, is cancelled then, and what is answered is written.
    async fn end<W: AsyncWrite + Unpin>(&mut self, writer: &mut Writer<W>) -> io::Result<()> {
        let output = Arc::clone(&self.output);
        self.drain(writer, FINISH).await?;
        self.close_subscriptions();
        self.cancel_all();
        self.drain(writer, CANCEL).await?;
        timeout(FLUSH, writer.write_all(&output)).await.unwrap_or(Ok(()))
    }

    /// Lets calls finish, for so long at most.
    async fn drain<W: AsyncWrite + Unpin>(&mut self, writer: &mut Writer<W>, limit: Duration) -> io::Result<()> {
        let (output, wake) = (Arc::clone(&self.output), Arc::clone(self.session.wake()));
        let drained = async {
            while !self.tasks.is_empty() {
                tokio::select! {
                    biased;
                    done = self.tasks.next() => self.finished(done),
                    written = writer.write_all(&output), if output.len() > 0 || !writer.is_idle() => written?,
                    () = wake.notified() => {}
                }
            }
            Ok(())
        };
        timeout(limit, drained).await.unwrap_or(Ok(()))
    }

    /// MCP 2026-07-28, "Subscriptions", "Graceful Closure".
    fn close_subscriptions(&mut self) {
        for (listen, _) in std::mem::take(&mut self.subscriptions).into_values() {
            let (cancelled, reply) = listen.close();
            self.output.line(&cancelled);
            self.output.reply(reply);
        }
    }
}
