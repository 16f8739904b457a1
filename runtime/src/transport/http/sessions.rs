//! The legacy sessions of an endpoint (MCP 2025-11-25, "Session Management"; SECURITY.md I6).

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::principal::Principal;

use super::session::HttpSession;

/// How long expired sessions may stay, at least, when new ones come.
const SWEEP: Duration = Duration::from_secs(10);

/// All sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    max: usize,
    ttl: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    by_id: HashMap<Arc<str>, Arc<HttpSession>>,
    /// In the order of their beginning; some of them have ended or been used since.
    unused: VecDeque<Arc<str>>,
    swept: Option<Instant>,
}

impl Sessions {
    pub(super) fn new(max: usize, ttl: Duration) -> Self {
        Self { max, ttl, state: Mutex::default() }
    }

    /// Adds a session. `false`: there is no room, although expired sessions and those that nobody has used since their
    /// `initialize` make way.
    pub(super) fn insert(&self, session: &Arc<HttpSession>) -> bool {
        let now = Instant::now();
        let mut ended = Vec::new();
        let mut state = self.state();
        if state.swept.is_none_or(|swept| now.duration_since(swept) > SWEEP) {
            state.swept = Some(now);
            ended.extend(state.by_id.extract_if(|_, session| session.is_expired(now, self.ttl)));
        }
        while state.by_id.len() >= self.max {
            let Some(oldest) = state.unused.pop_front() else { return false };
            if state.by_id.get(&oldest).is_some_and(|session| !session.is_used()) {
                ended.extend(state.by_id.remove_entry(&oldest));
            }
        }
        if state.unused.len() > self.max.saturating_mul(2) {
            let State { by_id, unused, .. } = &mut *state;
            unused.retain(|id| by_id.get(id).is_some_and(|session| !session.is_used()));
        }
        state.unused.push_back(Arc::clone(session.id()));
        state.by_id.insert(Arc::clone(session.id()), Arc::clone(session));
        drop(state);
        // Outside of the lock: it wakes their streams.
        for (_, session) in ended {
            session.end();
        }
        true
    }

    /// The session with this id, if it is this caller's. Unknown ids allocate nothing.
    pub(super) fn get(&self, id: &str, principal: Option<&Principal>) -> Option<Arc<HttpSession>> {
        let session = Arc::clone(self.state().by_id.get(id)?);
        if session.is_expired(Instant::now(), self.ttl) {
            self.remove(&session);
            return None;
        }
        // As if there were none: a stolen id tells nothing.
        session.belongs_to(principal).then_some(session)
    }

    /// Ends a session.
    pub(super) fn remove(&self, session: &HttpSession) {
        self.state().by_id.remove(session.id());
        session.end();
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.state().by_id.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 128 bits from the operating system, as 32 hexadecimal digits; `None` where it has none to give.
pub(super) fn new_id() -> Option<Arc<str>> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    let mut id = String::with_capacity(32);
    for byte in bytes {
        let _ = write!(id, "{byte:02x}");
    }
    Some(id.into())
}

#[cfg(test)]
mod tests {
    use super::super::replay::Replay;
    use super::super::stream::Capacity;
    use super::*;

    fn session(principal: Option<&str>) -> Arc<HttpSession> {
        let capacity = Capacity { events: 8, bytes: 1000, replay: Replay::new(1000) };
        HttpSession::new(new_id().unwrap(), principal.map(Principal::new), capacity, false)
    }

    #[test]
    fn i6_ids_are_visible_ascii_and_do_not_repeat() {
        let ids: std::collections::BTreeSet<_> = (0..10_000).map(|_| new_id().unwrap()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    }

    #[test]
    fn i6_a_stolen_id_is_an_unknown_id() {
        let sessions = Sessions::new(10, Duration::from_secs(60));
        let (alice, nobody) = (session(Some("alice")), session(None));
        assert!(sessions.insert(&alice) && sessions.insert(&nobody));
        assert!(sessions.get(alice.id(), Some(&Principal::new("alice"))).is_some());
        assert!(sessions.get(alice.id(), Some(&Principal::new("mallory"))).is_none());
        assert!(sessions.get(alice.id(), None).is_none());
        assert!(sessions.get(nobody.id(), Some(&Principal::new("mallory"))).is_none());
        assert!(sessions.get("x", None).is_none());
        assert_eq!(sessions.len(), 2);
    }

    #[test]
    fn i6_a_flood_of_initialize_takes_no_session_from_those_who_use_theirs() {
        let sessions = Sessions::new(100, Duration::from_secs(60));
        let used: Vec<_> = (0..50).map(|_| session(None)).collect();
        for session in &used {
            assert!(sessions.insert(session));
            session.touch();
        }
        for _ in 0..50_000 {
            assert!(sessions.insert(&session(None)));
        }
        assert_eq!(sessions.len(), 100);
        assert!(sessions.state().unused.len() <= 201);
        assert!(used.iter().all(|session| sessions.get(session.id(), None).is_some()));
        // With all of them in use there is no room.
        let full = Sessions::new(1, Duration::from_secs(60));
        assert!(full.insert(&used[0]));
        assert!(!full.insert(&session(None)));
    }

    #[test]
    fn i6_sessions_expire() {
        let sessions = Sessions::new(10, Duration::ZERO);
        let session = session(None);
        assert!(sessions.insert(&session));
        std::thread::sleep(Duration::from_millis(5));
        assert!(sessions.get(session.id(), None).is_none());
        assert_eq!(sessions.len(), 0);
    }
}
