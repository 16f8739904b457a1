//! Tells from its text that a value fits, without a tree of it.
//!
//! Nearly every value fits, and nearly every schema of a tool says of an object which members it has and of what type.
//! That is looked up while the text is scanned. What takes more than that (alternatives, patterns of names, …) is judged by
//! [`Check`] on a tree of that part alone, and scalars always are: they need no room. What does not fit is looked at once
//! more by whoever asked, who then wants to know why.

use std::borrow::Cow;

use crate::json::node::{MAX_DEPTH, Node};
use crate::json::scan::{Scan, Spelling};

use super::check::{Check, Quiet};
use super::problem::Path;
use super::schema::{ArrayRules, Combined, Id, ObjectRules, Schema};

/// References that are followed on the way to the rules of one value.
const MAX_REFERENCES: usize = 16;
/// Names that are compared with each other; an object with more of them gets a tree.
const MAX_UNKNOWN: usize = 16;

/// Whether the JSON text is certainly a value that fits the schema, and has no name twice in an object.
pub(super) fn fits(schemas: &[Schema], text: &str) -> bool {
    let mut glance = Glance { text, scan: Scan::new(text), check: Check::new(schemas) };
    glance.scan.space();
    let fits = glance.value(Id(0), MAX_DEPTH).is_some();
    glance.scan.space();
    fits && glance.scan.is_at_end() && !glance.check.gave_up
}

struct Glance<'t, 's> {
    text: &'t str,
    scan: Scan<'t>,
    check: Check<'s>,
}

/// Each step ends behind the value that it has found to fit; `None`: it may not fit.
impl<'t, 's> Glance<'t, 's> {
    /// A value that may nest so deep.
    fn value(&mut self, id: Id, depth: usize) -> Option<()> {
        let begin = self.scan.at();
        match self.scan.peek()? {
            b'{' => match self.object_rules(id) {
                Some(rules) => self.object(id, rules, begin, depth),
                None => self.tree(Some(id), begin, depth),
            },
            b'[' => match self.array_rules(id) {
                Some(rules) => self.array(rules, depth),
                None => self.tree(Some(id), begin, depth),
            },
            _ => {
                let leaf = self.leaf()?;
                self.judge(id, &leaf)
            }
        }
    }

    fn judge(&mut self, id: Id, node: &Node<'_>) -> Option<()> {
        self.check.value(id, node, &Path::Root, &mut Quiet).then_some(())
    }

    /// A value that is no object and no array.
    fn leaf(&mut self) -> Option<Node<'t>> {
        let begin = self.scan.at();
        match self.scan.peek()? {
            b'"' => {
                let spelling = self.scan.string()?;
                let text = self.text.get(begin..self.scan.at())?;
                match spelling {
                    Spelling::Plain => Some(Node::String(Cow::Borrowed(text.get(1..text.len().checked_sub(1)?)?))),
                    // The parser knows what the escapes stand for.
                    Spelling::Escaped => Node::parse(text, 0).ok(),
                }
            }
            first => {
                self.scan.value(0)?;
                Some(match first {
                    b'n' => Node::Null,
                    b't' => Node::Bool(true),
                    b'f' => Node::Bool(false),
                    _ => Node::Number(Cow::Borrowed(self.text.get(begin..self.scan.at())?)),
                })
            }
        }
    }

    /// Judges the value that begins there by its tree. Without a schema any value fits.
    fn tree(&mut self, id: Option<Id>, begin: usize, depth: usize) -> Option<()> {
        self.scan.go_to(begin);
        self.scan.value(depth)?;
        let node = Node::parse(self.text.get(begin..self.scan.at())?, depth).ok()?;
        if node.duplicate().is_some() {
            return None;
        }
        id.map_or(Some(()), |id| self.judge(id, &node))
    }

    /// What an object is told by this schema, where that can be said while it is scanned.
    fn object_rules(&self, id: Id) -> Option<&'s ObjectRules> {
        let rules = self.rules(id, "object", |schema| schema.object.as_deref())?;
        let plain = rules.patterns.is_empty()
            && rules.property_names.is_none()
            && rules.dependent_required.is_empty()
            && rules.dependent_schemas.is_empty()
            && rules.min.is_none()
            && rules.max.is_none()
            && rules.names.len() <= Seen::MOST;
        plain.then_some(rules)
    }

    /// As [`Self::object_rules`], of an array.
    fn array_rules(&self, id: Id) -> Option<&'s ArrayRules> {
        let rules = self.rules(id, "array", |schema| schema.array.as_deref())?;
        (rules.contains.is_none() && !rules.unique && rules.items.is_some()).then_some(rules)
    }

    /// The rules for a type, behind references: the only ones for a value of that type.
    fn rules<T>(&self, id: Id, kind: &str, rules: impl Fn(&'s Schema) -> Option<&'s T>) -> Option<&'s T> {
        let schemas: &'s [Schema] = self.check.schemas;
        let mut schema = schemas.get(id.0)?;
        for _ in 0..MAX_REFERENCES {
            if schema.never || !schema.values.is_empty() || !schema.types.has(kind) {
                return None;
            }
            match (rules(schema), schema.combined.as_slice()) {
                (Some(rules), []) => return Some(rules),
                (None, [Combined::Ref(id)]) => schema = schemas.get(id.0)?,
                _ => return None,
            }
        }
        None
    }

    fn object(&mut self, id: Id, rules: &'s ObjectRules, begin: usize, depth: usize) -> Option<()> {
        let inside = depth.checked_sub(1)?;
        let (mut seen, mut required, mut unknown) = (Seen::default(), 0_usize, Vec::new());
        self.scan.expect(b'{')?;
        self.scan.space();
        if !self.scan.eat(b'}') {
            loop {
                self.check.spend(1);
                self.scan.space();
                let name_begin = self.scan.at();
                if self.scan.string()? == Spelling::Escaped {
                    return self.tree(Some(id), begin, depth);
                }
                let name = self.text.get(name_begin.checked_add(1)?..self.scan.at().checked_sub(1)?)?;
                self.scan.space();
                self.scan.expect(b':')?;
                self.scan.space();
                let named = rules.place(name).and_then(|place| Some((place, rules.names.get(place)?)));
                if let Some((place, named)) = named {
                    seen.insert(place)?;
                    required += usize::from(named.required);
                } else if unknown.len() < MAX_UNKNOWN && !unknown.contains(&name) {
                    unknown.push(name);
                } else {
                    return self.tree(Some(id), begin, depth);
                }
                match named.and_then(|(_, named)| named.schema).or(rules.additional) {
                    Some(id) => self.value(id, inside)?,
                    None => self.any(inside)?,
                }
                self.scan.space();
                if !self.scan.eat(b',') {
                    break self.scan.expect(b'}')?;
                }
            }
        }
        (required == rules.required.len()).then_some(())
    }

    /// A value of which nothing is said.
    fn any(&mut self, depth: usize) -> Option<()> {
        match self.scan.peek()? {
            b'{' | b'[' => self.tree(None, self.scan.at(), depth),
            _ => self.leaf().map(drop),
        }
    }

    fn array(&mut self, rules: &'s ArrayRules, depth: usize) -> Option<()> {
        let inside = depth.checked_sub(1)?;
        let mut count = 0_usize;
        self.scan.expect(b'[')?;
        self.scan.space();
        if !self.scan.eat(b']') {
            loop {
                self.check.spend(1);
                self.scan.space();
                let id = rules.prefix.get(count).copied().or(rules.items)?;
                self.value(id, inside)?;
                count = count.checked_add(1)?;
                self.scan.space();
                if !self.scan.eat(b',') {
                    break self.scan.expect(b']')?;
                }
            }
        }
        let count = u64::try_from(count).ok()?;
        (rules.min.is_none_or(|min| count >= min) && rules.max.is_none_or(|max| count <= max)).then_some(())
    }
}

/// Which of the known names an object has had.
#[derive(Default)]
struct Seen(u128);

impl Seen {
    const MOST: usize = 128;

    /// `None`: it has had this one, or there is no room for it.
    fn insert(&mut self, place: usize) -> Option<()> {
        let bit = 1_u128.checked_shl(u32::try_from(place).ok()?)?;
        let is_new = self.0 & bit == 0;
        self.0 |= bit;
        is_new.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::compile::compile;
    use super::*;

    /// JSON texts with white space, names that occur twice, and escapes.
    fn text() -> impl Strategy<Value = String> {
        let scalar =
            prop::sample::select(vec!["null", "true", "0", "7", "-1.5", "2.0", r#""""#, r#""ab""#, r#""\u0061b\n""#])
                .prop_map(str::to_owned);
        scalar.prop_recursive(4, 24, 4, |inner| {
            let name = prop::sample::select(vec!["a", "b", "c", "d", r"\u0061"]);
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
                vec((name, inner), 0..5).prop_map(|members| {
                    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\" : {value}")).collect();
                    format!("{{ {} }}", members.join(" ,"))
                }),
            ]
        })
    }

    /// Schemas of the kind that tools have.
    fn schema() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            "true",
            "false",
            "{}",
            r#"{"type":"string","minLength":1}"#,
            r#"{"type":["integer","null"],"minimum":0}"#,
            r#"{"type":"number"}"#,
            r#"{"enum":["ab",7,null,{"a":0}]}"#,
            r##"{"$ref":"#/$defs/A"}"##,
            r#"{"type":"object","maxProperties":1}"#,
            r#"{"type":"array","uniqueItems":true}"#,
        ])
        .prop_map(str::to_owned);
        leaf.prop_recursive(4, 24, 4, |inner| {
            let required = prop::sample::subsequence(vec!["a", "b"], 0..=2);
            let additional = prop_oneof![2 => Just(None), 1 => Just(Some("false".to_owned())), 1 => inner.clone().prop_map(Some)];
            prop_oneof![
                3 => (inner.clone(), inner.clone(), required, additional).prop_map(|(a, c, required, additional)| {
                    let additional = additional.map_or_else(String::new, |schema| format!(r#","additionalProperties":{schema}"#));
                    format!(r#"{{"type":"object","properties":{{"a":{a},"c":{c}}},"required":{required:?}{additional}}}"#)
                }),
                2 => (inner.clone(), 0_u8..3).prop_map(|(items, min)| {
                    format!(r#"{{"type":["array","string"],"items":{items},"minItems":{min},"maxItems":2}}"#)
                }),
                1 => (inner.clone(), inner).prop_map(|(a, b)| format!(r#"{{"anyOf":[{a},{b}]}}"#)),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn a_glance_says_what_the_tree_says(root in schema(), a in schema(), texts in vec(text(), 1..6)) {
            let defs = format!(r#""$defs":{{"A":{a}}}"#);
            let root = match root.strip_suffix('}') {
                Some("{") => format!("{{{defs}}}"),
                Some(members) => format!("{members},{defs}}}"),
                // A boolean schema defines nothing.
                None => root,
            };
            let Ok(schemas) = compile(&root) else { return Ok(()) };
            for text in texts {
                let node = Node::parse(&text, MAX_DEPTH).unwrap();
                let fits = node.duplicate().is_none() && Check::new(&schemas).fits(Id(0), &node);
                prop_assert_eq!(super::fits(&schemas, &text), fits, "{} {}", root, text);
            }
        }
    }

    #[test]
    fn what_is_no_json_or_too_deep_does_not_fit() {
        let schemas = compile(r#"{"type":"object","properties":{"a":{"type":"array","items":{}}}}"#).unwrap();
        for text in
            ["", "{", r#"{"a":[1,2}"#, r#"{"a":[]} x"#, r#"{"a":[01]}"#, r#"{"a":nul}"#, r#"{"a":1"#, r#"{a:1}"#]
        {
            assert!(!fits(&schemas, text), "{text}");
        }
        let nested = |levels: usize| format!(r#"{{"b":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(fits(&schemas, &nested(MAX_DEPTH - 1)));
        assert!(!fits(&schemas, &nested(MAX_DEPTH)));
        let nested = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(fits(&schemas, &nested(MAX_DEPTH - 1)));
        assert!(!fits(&schemas, &nested(MAX_DEPTH)));
    }

    #[test]
    fn what_is_many_is_told_apart() {
        let schemas = compile(r#"{"type":"object","properties":{"a":{"type":"integer"}}}"#).unwrap();
        let object = |names: usize, last: &str| {
            let members: Vec<_> = (0..names).map(|name| format!(r#""n{name}":{name}"#)).collect();
            format!("{{{},{last}}}", members.join(","))
        };
        for names in [1, MAX_UNKNOWN, MAX_UNKNOWN + 1, 1000] {
            assert!(fits(&schemas, &object(names, r#""a":1"#)), "{names}");
            assert!(!fits(&schemas, &object(names, r#""a":"x""#)), "{names}");
            assert!(!fits(&schemas, &object(names, r#""n0":1"#)), "{names}");
        }
        let names: Vec<_> = (0..=Seen::MOST).map(|name| format!(r#""p{name}":{{"type":"integer"}}"#)).collect();
        let schemas = compile(&format!(r#"{{"type":"object","properties":{{{}}}}}"#, names.join(","))).unwrap();
        assert!(fits(&schemas, &format!(r#"{{"p{}":1}}"#, Seen::MOST)));
        assert!(!fits(&schemas, &format!(r#"{{"p{}":"x"}}"#, Seen::MOST)));
    }
}
