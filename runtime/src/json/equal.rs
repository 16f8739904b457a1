//! Equality of JSON values as JSON Schema has it (Core §4.2.2), and hashing that agrees with it.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use super::node::{Member, Node};
use super::number::Decimal;

/// Numbers by their value, objects without regard to the order of members.
pub(crate) fn equal(left: &Node<'_>, right: &Node<'_>) -> bool {
    match (left, right) {
        (Node::Null, Node::Null) => true,
        (Node::Bool(left), Node::Bool(right)) => left == right,
        (Node::Number(left), Node::Number(right)) => left == right || Decimal::new(left) == Decimal::new(right),
        (Node::String(left), Node::String(right)) => left == right,
        (Node::Array(left), Node::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Node::Object(left), Node::Object(right)) => {
            left.len() == right.len()
                && sorted(left).iter().zip(sorted(right)).all(|(left, right)| left.0 == right.0 && equal(&left.1, &right.1))
        }
        _ => false,
    }
}

fn sorted<'m, 'a>(members: &'m [Member<'a>]) -> Vec<&'m Member<'a>> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|left, right| left.0.cmp(&right.0));
    members
}

/// The positions of two equal items. Time grows with the size of the items, not with the square of their number; the
/// keys of the hash are random, so that nobody can prepare collisions.
pub(crate) fn repeated_item(items: &[Node<'_>]) -> Option<(usize, usize)> {
    if items.len() <= 8 {
        return items.iter().enumerate().find_map(|(index, item)| {
            items.iter().take(index).position(|earlier| equal(earlier, item)).map(|earlier| (earlier, index))
        });
    }
    let keys = RandomState::new();
    let mut seen: HashMap<u64, Vec<usize>> = HashMap::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let same_hash = seen.entry(hash(item, &keys)).or_default();
        let earlier = same_hash.iter().find(|earlier| items.get(**earlier).is_some_and(|earlier| equal(earlier, item)));
        if let Some(earlier) = earlier {
            return Some((*earlier, index));
        }
        same_hash.push(index);
    }
    None
}

fn hash(node: &Node<'_>, keys: &RandomState) -> u64 {
    let mut state = keys.build_hasher();
    match node {
        Node::Null => state.write_u8(0),
        Node::Bool(value) => {
            state.write_u8(1);
            value.hash(&mut state);
        }
        Node::Number(text) => {
            state.write_u8(2);
            Decimal::new(text).hash(&mut state);
        }
        Node::String(text) => {
            state.write_u8(3);
            text.hash(&mut state);
        }
        Node::Array(items) => {
            state.write_u8(4);
            for item in items {
                state.write_u64(hash(item, keys));
            }
        }
        Node::Object(members) => {
            state.write_u8(5);
            // A sum does not depend on the order.
            let sum = members.iter().fold(0u64, |sum, (name, value)| {
                let mut member = keys.build_hasher();
                name.hash(&mut member);
                member.write_u64(hash(value, keys));
                sum.wrapping_add(member.finish())
            });
            state.write_u64(sum);
        }
    }
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node<'_> {
        Node::parse(text, 64).unwrap()
    }

    #[test]
    fn equality_and_hashes_follow_json_schema() {
        let keys = RandomState::new();
        for (left, right) in [
            ("1", "1.0"), ("0", "-0.0"), ("1e2", "100"), (r#""a""#, r#""\u0061""#), (r#"{"a":1,"b":[2]}"#, r#"{"b":[2.0],"a":1}"#),
            ("[]", "[]"), ("null", "null"),
        ] {
            assert!(equal(&read(left), &read(right)), "{left} {right}");
            assert_eq!(hash(&read(left), &keys), hash(&read(right), &keys), "{left} {right}");
        }
        for (left, right) in [
            ("1", "true"), ("0", "false"), ("0", "null"), ("1", r#""1""#), ("[1,2]", "[2,1]"), (r#"{"a":1}"#, r#"{"a":2}"#),
            (r#"{"a":1}"#, r#"{"b":1}"#), ("[]", "{}"), ("[1]", "[1,1]"), ("9007199254740992", "9007199254740993"),
        ] {
            assert!(!equal(&read(left), &read(right)), "{left} {right}");
        }
    }

    #[test]
    fn finds_the_first_repetition() {
        let numbers = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        for (text, expected) in [
            ("[1,2,1.0]".to_owned(), Some((0, 2))),
            ("[1,2,3]".to_owned(), None),
            (format!("[{}]", numbers(1000)), None),
            (format!("[{},4e2]", numbers(1000)), Some((400, 1000))),
        ] {
            let Node::Array(items) = read(&text) else { panic!() };
            assert_eq!(repeated_item(&items), expected);
        }
    }

    #[test]
    fn large_arrays_cost_no_quadratic_time() {
        let text = format!("[{}]", (0..300_000).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
        let Node::Array(items) = read(&text) else { panic!() };
        let started = std::time::Instant::now();
        assert_eq!(repeated_item(&items), None);
        // 4.5 × 10^10 comparisons take minutes.
        assert!(started.elapsed() < std::time::Duration::from_secs(20));
    }
}
