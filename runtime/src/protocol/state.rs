//! `requestState`: what the server has to remember between the rounds of one request, sealed and kept by the client
//! (MCP 2026-07-28, "Multi Round-Trip Requests"; SECURITY.md I7).
//!
//! The state holds the answers of earlier rounds, which came from this client; it is authenticated, not encrypted. It is
//! bound to the principal, to the method with its target and arguments, and to a time. Within that time it can be
//! presented again: single use would need memory that a stateless server does not have.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac_sha256::{HMAC, Hash};
use serde_json::value::RawValue;

use crate::json::RawJson;
use crate::json::node::{MAX_DEPTH, Node};

/// How long a person has to answer.
const TTL: Duration = Duration::from_secs(60 * 60);

/// Bytes of the time of expiry and of the authentication code around the payload.
const EXPIRY: usize = 8;
const CODE: usize = 32;

/// The key of request states. Instances of one server that share it take each other's states.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StateKey([u8; 32]);

impl StateKey {
    /// Fewer bytes than this are no key.
    pub(crate) const MIN_BYTES: usize = 32;

    /// The key that this secret stands for.
    pub(crate) fn new(secret: &[u8]) -> Self {
        let mut hash = Hash::new();
        hash.update(b"mcpgen state key");
        hash.update(secret);
        Self(hash.finalize())
    }

    /// The random key of this process; `None` where the system has no randomness to give.
    pub(crate) fn of_process() -> Option<Self> {
        static KEY: OnceLock<Option<StateKey>> = OnceLock::new();
        let random = || {
            let mut secret = [0_u8; 32];
            getrandom::fill(&mut secret).ok().map(|()| Self::new(&secret))
        };
        KEY.get_or_init(random).clone()
    }

    /// Seals the answers so far.
    pub(super) fn seal(&self, binding: &Binding<'_>, answers: &Answers, now: SystemTime) -> String {
        self.seal_text(binding, &write(answers), TTL, now)
    }

    /// Seals a text for this long.
    pub(crate) fn seal_text(&self, binding: &Binding<'_>, payload: &str, ttl: Duration, now: SystemTime) -> String {
        let expiry = seconds(now).saturating_add(ttl.as_secs()).to_be_bytes();
        let mut sealed = Vec::with_capacity(EXPIRY + payload.len() + CODE);
        sealed.extend_from_slice(&expiry);
        sealed.extend_from_slice(payload.as_bytes());
        let code = self.code(binding, &sealed).finalize();
        sealed.extend_from_slice(&code);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The answers in a state that this key sealed for this request and that has not expired.
    pub(super) fn open(&self, binding: &Binding<'_>, state: &str, now: SystemTime) -> Option<Answers> {
        read(&self.open_text(binding, state, now)?)
    }

    /// A text that this key sealed with this binding and that has not expired.
    pub(crate) fn open_text(&self, binding: &Binding<'_>, state: &str, now: SystemTime) -> Option<String> {
        let sealed = URL_SAFE_NO_PAD.decode(state).ok()?;
        let (open, code) = sealed.split_last_chunk::<CODE>()?;
        // In constant time.
        if !self.code(binding, open).finalize_verify(code) {
            return None;
        }
        let (expiry, payload) = open.split_at_checked(EXPIRY)?;
        if seconds(now) >= u64::from_be_bytes(expiry.try_into().ok()?) {
            return None;
        }
        String::from_utf8(payload.to_vec()).ok()
    }

    fn code(&self, binding: &Binding<'_>, open: &[u8]) -> HMAC {
        let mut code = HMAC::new(self.0);
        let principal = binding.principal.map_or_else(Vec::new, |principal| [b"=", principal.as_bytes()].concat());
        let arguments = digest(binding.arguments);
        let parts: [&[u8]; 6] = [
            binding.server.as_bytes(),
            &principal,
            binding.method.as_bytes(),
            binding.target.as_bytes(),
            &arguments,
            open,
        ];
        for part in parts {
            // With its length before it, no part can be moved into its neighbour.
            code.update((part.len() as u64).to_be_bytes());
            code.update(part);
        }
        code
    }
}

impl std::fmt::Debug for StateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StateKey(«redacted»)")
    }
}

/// The request that a state belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding<'a> {
    pub(crate) server: &'a str,
    pub(crate) principal: Option<&'a str>,
    pub(crate) method: &'a str,
    /// The name of the tool or prompt, or the URI.
    pub(crate) target: &'a str,
    /// JSON text; absent arguments are `{}`.
    pub(crate) arguments: &'a str,
}

/// Answers of the client by the key of their question.
pub(crate) type Answers = BTreeMap<String, RawJson>;

fn write(answers: &Answers) -> String {
    serde_json::to_string(answers).unwrap_or_else(|_| "{}".to_owned())
}

/// An object of answers, JSON text.
pub(super) fn read(text: &str) -> Option<Answers> {
    if !text.starts_with('{') {
        return None;
    }
    let answers: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    Some(answers.into_iter().map(|(key, answer)| (key, RawJson::from_valid(answer.get()))).collect())
}

/// A digest of JSON text that neither white space nor the order of members changes.
fn digest(json: &str) -> [u8; 32] {
    match Node::parse(json, MAX_DEPTH) {
        Ok(mut node) => {
            sort(&mut node);
            Hash::hash(node.to_json().as_bytes())
        }
        // The pipeline refuses such arguments; they still are not those of another request.
        Err(_) => Hash::hash(json.as_bytes()),
    }
}

fn sort(node: &mut Node<'_>) {
    match node {
        Node::Array(items) => items.iter_mut().for_each(sort),
        Node::Object(members) => {
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.iter_mut().for_each(|(_, value)| sort(value));
        }
        _ => {}
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDING: Binding<'_> = Binding {
        server: "s",
        principal: Some("alice"),
        method: "tools/call",
        target: "transfer",
        arguments: r#"{"to":"bob","amount":1.0}"#,
    };

    fn answers() -> Answers {
        [("confirm".to_owned(), RawJson::parse(r#"{"action":"accept","content":{"ok":true}}"#).unwrap())].into()
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    #[test]
    fn a_state_opens_for_its_request_on_every_instance_that_has_the_key() {
        let (one, other) = (StateKey::new(b"shared"), StateKey::new(b"shared"));
        let state = one.seal(&BINDING, &answers(), now());
        assert_eq!(other.open(&BINDING, &state, now()), Some(answers()));
        let spelled = Binding { arguments: r#"{ "amount" : 1.0, "to":"bob" }"#, ..BINDING };
        assert_eq!(other.open(&spelled, &state, now()), Some(answers()), "order and white space do not matter");
        assert_eq!(StateKey::new(b"another").open(&BINDING, &state, now()), None);
        assert!(StateKey::of_process().unwrap() != one && StateKey::of_process() == StateKey::of_process());
    }

    #[test]
    fn i7_every_flipped_bit_is_noticed() {
        let key = StateKey::new(b"key");
        let state = key.seal(&BINDING, &answers(), now());
        let bytes = URL_SAFE_NO_PAD.decode(&state).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(&BINDING, &URL_SAFE_NO_PAD.encode(changed), now()), None, "bit {bit}");
        }
        for at in 0..state.len() {
            for bit in 0..7 {
                let mut changed = state.clone().into_bytes();
                changed[at] ^= 1 << bit;
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(key.open(&BINDING, &changed, now()), None, "character {at}, bit {bit}");
            }
            assert_eq!(key.open(&BINDING, &state[..at], now()), None, "cut at {at}");
        }
        for other in ["", "=", "null", "-TAMPERED", &format!("{state}-TAMPERED"), &format!("{state}="), "ä"] {
            assert_eq!(key.open(&BINDING, other, now()), None, "{other}");
        }
    }

    #[test]
    fn i7_a_state_is_of_no_use_to_others_for_other_requests_or_later() {
        let key = StateKey::new(b"key");
        let state = key.seal(&BINDING, &answers(), now());
        for binding in [
            Binding { principal: Some("mallory"), ..BINDING },
            Binding { principal: Some(""), ..BINDING },
            Binding { principal: None, ..BINDING },
            Binding { method: "prompts/get", ..BINDING },
            Binding { target: "transfer2", ..BINDING },
            Binding { target: "", method: "tools/calltransfer", ..BINDING },
            Binding { server: "t", ..BINDING },
            Binding { arguments: r#"{"to":"eve","amount":1.0}"#, ..BINDING },
            Binding { arguments: r#"{"to":"bob","amount":10}"#, ..BINDING },
            Binding { arguments: r#"{"to":"bob"}"#, ..BINDING },
            Binding { arguments: "{}", ..BINDING },
        ] {
            assert_eq!(key.open(&binding, &state, now()), None, "{binding:?}");
        }
        assert!(key.open(&BINDING, &state, now() + TTL - Duration::from_secs(1)).is_some());
        assert_eq!(key.open(&BINDING, &state, now() + TTL), None, "expired");
    }

    #[test]
    fn nobody_and_an_empty_name_are_two_principals() {
        let key = StateKey::new(b"key");
        let state = key.seal(&Binding { principal: None, ..BINDING }, &Answers::new(), now());
        assert_eq!(key.open(&Binding { principal: Some(""), ..BINDING }, &state, now()), None);
        assert_eq!(key.open(&Binding { principal: None, ..BINDING }, &state, now()), Some(Answers::new()));
    }
}
