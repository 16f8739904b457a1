//! Walks a value and the tables side by side.
//!
//! One walk serves two purposes: [`Quiet`] stops at the first violation and allocates nothing, [`Collect`] goes on and
//! words them all. Time is bounded whatever the schema and the value are: every visit is paid from one budget, and a
//! recursive schema with alternatives (which could be tried 2^64 times on a nested value) ends with it.

use crate::json::equal::repeated_item;
use crate::json::node::{Member, Node};
use crate::json::number::Decimal;

use super::alternatives;
use super::problem::{Path, Problem, Relation, Size, Subject};
use super::schema::{ArrayRules, Combined, Id, NumberRules, ObjectRules, Schema, StringRules};
use super::violation::Violations;

/// Visits for one value: a few times what 4 MiB of JSON can hold, less than a second of work.
const BUDGET: u64 = 20_000_000;
/// Schemas within schemas, with the depth of the value.
const MAX_FRAMES: u32 = 400;

/// Where violations go.
pub(super) trait Report {
    /// Whether to go on after the first violation.
    const ALL: bool;

    fn add<'a>(&mut self, path: &Path<'_>, problem: impl FnOnce() -> Problem<'a>);

    /// The collector, where there is one.
    fn collect(&mut self) -> Option<&mut Collect>;
}

/// Yes or no.
pub(super) struct Quiet;

impl Report for Quiet {
    const ALL: bool = false;

    fn add<'a>(&mut self, _: &Path<'_>, _: impl FnOnce() -> Problem<'a>) {}

    fn collect(&mut self) -> Option<&mut Collect> {
        None
    }
}

/// All violations, in words.
pub(super) struct Collect {
    pub(super) subject: Subject,
    pub(super) violations: Violations,
    /// The sum of the weights of the problems.
    pub(super) weight: u64,
    /// How many alternatives this is inside of.
    pub(super) nested: u32,
}

impl Collect {
    pub(super) fn new(subject: Subject) -> Self {
        Self { subject, violations: Violations::default(), weight: 0, nested: 0 }
    }

    /// A collector for trying something out.
    pub(super) fn inner(&self) -> Self {
        Self { nested: self.nested + 1, ..Self::new(self.subject) }
    }
}

impl Report for Collect {
    const ALL: bool = true;

    fn add<'a>(&mut self, path: &Path<'_>, problem: impl FnOnce() -> Problem<'a>) {
        if self.violations.is_full() {
            self.violations.count();
        } else {
            let problem = problem();
            self.weight += problem.weight();
            self.violations.push(problem.at(path.pointer(), self.subject));
        }
    }

    fn collect(&mut self) -> Option<&mut Collect> {
        Some(self)
    }
}

/// The state of one walk.
pub(super) struct Check<'v> {
    pub(super) schemas: &'v [Schema],
    budget: u64,
    frames: u32,
    /// The budget or the frames are used up: every answer from then on is "invalid", and the whole is too.
    pub(super) gave_up: bool,
}

impl<'v> Check<'v> {
    pub(super) fn new(schemas: &'v [Schema]) -> Self {
        Self { schemas, budget: BUDGET, frames: 0, gave_up: false }
    }

    pub(super) fn spend(&mut self, steps: u64) {
        match self.budget.checked_sub(steps) {
            Some(rest) => self.budget = rest,
            None => self.gave_up = true,
        }
    }

    /// Whether the value fits the schema.
    pub(super) fn value<R: Report>(&mut self, id: Id, node: &Node<'_>, path: &Path<'_>, report: &mut R) -> bool {
        self.spend(1);
        if self.frames >= MAX_FRAMES {
            self.gave_up = true;
        }
        let schemas = self.schemas;
        let Some(schema) = schemas.get(id.0) else { return false };
        if self.gave_up {
            return false;
        }
        self.frames += 1;
        let ok = self.rules(schema, node, path, report);
        self.frames -= 1;
        ok && !self.gave_up
    }

    /// Whether the value fits, in one word.
    pub(super) fn fits(&mut self, id: Id, node: &Node<'_>) -> bool {
        self.value(id, node, &Path::Root, &mut Quiet)
    }

    fn rules<R: Report>(&mut self, schema: &Schema, node: &Node<'_>, path: &Path<'_>, report: &mut R) -> bool {
        if schema.never {
            report.add(path, || Problem::Other { got: node, sentence: "no value is allowed here".to_owned() });
            return false;
        }
        let mut ok = true;
        for values in &schema.values {
            self.spend(values.steps(node));
            if !values.contain(node) {
                report.add(path, || Problem::Values { allowed: values.nodes.iter().collect(), got: node });
                ok = false;
            }
        }
        // A value that is not in the list needs no word about its type.
        if ok && !schema.types.allow(node) {
            report.add(path, || Problem::Type { expected: schema.types, got: node });
            ok = false;
        }
        if !ok && !R::ALL {
            return false;
        }
        let own = match node {
            Node::Number(text) => schema.number.as_deref().is_none_or(|rules| numbers(rules, node, text, path, report)),
            Node::String(text) => {
                schema.string.as_deref().is_none_or(|rules| self.string(rules, node, text, path, report))
            }
            Node::Array(items) => {
                schema.array.as_deref().is_none_or(|rules| self.array(rules, node, items, path, report))
            }
            Node::Object(members) => {
                schema.object.as_deref().is_none_or(|rules| self.object(rules, node, members, path, report))
            }
            Node::Null | Node::Bool(_) => true,
        };
        if !own && !R::ALL {
            return false;
        }
        let mut combined = true;
        for keyword in &schema.combined {
            if !self.combined(keyword, node, path, report) {
                combined = false;
                if !R::ALL {
                    break;
                }
            }
        }
        ok && own && combined
    }

    fn combined<R: Report>(&mut self, keyword: &Combined, node: &Node<'_>, path: &Path<'_>, report: &mut R) -> bool {
        match keyword {
            Combined::Ref(id) => self.value(*id, node, path, report),
            Combined::All(ids) => {
                let mut ok = true;
                for id in ids {
                    ok &= self.value(*id, node, path, report);
                    if !ok && !R::ALL {
                        break;
                    }
                }
                ok
            }
            Combined::Any(ids) => {
                ids.iter().any(|id| self.fits(*id, node)) || {
                    if let Some(collect) = report.collect() {
                        alternatives::report(self, ids, node, path, collect);
                    }
                    false
                }
            }
            Combined::One(ids) => {
                let mut fitting = (0usize..).zip(ids).filter(|(_, id)| self.fits(**id, node)).map(|(index, _)| index);
                match (fitting.next(), fitting.next()) {
                    (Some(_), None) => true,
                    (Some(first), Some(second)) => {
                        drop(fitting);
                        report.add(path, || Problem::Other {
                            got: node,
                            sentence: alternatives::several(self.schemas, ids, first, second),
                        });
                        false
                    }
                    _ => {
                        drop(fitting);
                        if let Some(collect) = report.collect() {
                            alternatives::report(self, ids, node, path, collect);
                        }
                        false
                    }
                }
            }
            Combined::Not(id) => {
                let fits = self.fits(*id, node);
                if fits {
                    report.add(path, || Problem::Other {
                        got: node,
                        sentence: alternatives::excluded(self.schemas, *id, node),
                    });
                }
                !fits
            }
            Combined::If { condition, then, otherwise } => {
                let branch = if self.fits(*condition, node) { then } else { otherwise };
                branch.is_none_or(|id| self.value(id, node, path, report))
            }
        }
    }

    fn string<R: Report>(
        &mut self,
        rules: &StringRules,
        node: &Node<'_>,
        text: &str,
        path: &Path<'_>,
        report: &mut R,
    ) -> bool {
        let mut ok = true;
        if rules.min.is_some() || rules.max.is_some() {
            // Code points (RFC 8259 characters), not bytes.
            let count = length(text.chars().count());
            ok = size(count, rules.min, rules.max, node, path, report);
        }
        if let Some(pattern) = &rules.pattern
            && (ok || R::ALL)
        {
            // A step of the engine costs about as much as a visit.
            self.spend(pattern.steps(text.len()));
            if self.gave_up {
                ok = false;
            } else if !pattern.is_match(text) {
                report.add(path, || Problem::Pattern { got: node, pattern: pattern.source() });
                ok = false;
            }
        }
        ok
    }

    fn array<R: Report>(
        &mut self,
        rules: &ArrayRules,
        node: &Node<'_>,
        items: &[Node<'_>],
        path: &Path<'_>,
        report: &mut R,
    ) -> bool {
        let mut ok = size(length(items.len()), rules.min, rules.max, node, path, report);
        if !ok && !R::ALL {
            return false;
        }
        if !rules.prefix.is_empty() || rules.items.is_some() {
            for (index, item) in items.iter().enumerate() {
                let Some(id) = rules.prefix.get(index).copied().or(rules.items) else { break };
                ok &= self.value(id, item, &Path::Item(path, index), report);
                if !ok && !R::ALL {
                    return false;
                }
            }
        }
        if let Some(contains) = &rules.contains {
            let mut count = 0u64;
            for item in items {
                count += u64::from(self.fits(contains.schema, item));
                if self.gave_up {
                    return false;
                }
            }
            if count < contains.min || contains.max.is_some_and(|max| count > max) {
                report.add(path, || Problem::Other {
                    got: node,
                    sentence: alternatives::wrong_count(self.schemas, contains, count),
                });
                ok = false;
            }
        }
        if rules.unique && (ok || R::ALL) {
            self.spend(length(items.len()));
            if let Some((first, second)) = repeated_item(items) {
                report.add(path, || Problem::Repeated { first, second });
                ok = false;
            }
        }
        ok
    }

    fn object<R: Report>(
        &mut self,
        rules: &ObjectRules,
        node: &Node<'_>,
        members: &[Member<'_>],
        path: &Path<'_>,
        report: &mut R,
    ) -> bool {
        let mut ok = size(length(members.len()), rules.min, rules.max, node, path, report);
        if !ok && !R::ALL {
            return false;
        }
        // Before the members: where alternatives differ in what they require, the wrong ones end here.
        if !R::ALL && members.len() <= 16 && !rules.required.iter().all(|name| has(members, name)) {
            return false;
        }
        let mut required = 0usize;
        for (name, value) in members {
            let named = rules.named(name);
            required += usize::from(named.is_some_and(|named| named.required));
            ok &= self.member(rules, named.and_then(|named| named.schema), members, name, value, path, report);
            if !ok && !R::ALL {
                return false;
            }
        }
        // Names are unique: a value with duplicates was refused before.
        if required < rules.required.len() {
            ok = false;
            if !R::ALL {
                return false;
            }
            self.spend(length(rules.required.len()).saturating_mul(length(members.len())) / 4);
            for name in rules.required.iter().filter(|name| !self.gave_up && node.get(name).is_none()) {
                report.add(path, || Problem::Missing { name, because: None });
            }
        }
        for (name, needed) in &rules.dependent_required {
            self.spend(length(needed.len() + 1).saturating_mul(length(members.len())) / 4);
            if self.gave_up || node.get(name).is_none() {
                continue;
            }
            for missing in needed.iter().filter(|needed| node.get(needed).is_none()) {
                report.add(path, || Problem::Missing { name: missing, because: Some(name) });
                ok = false;
            }
        }
        for (name, id) in &rules.dependent_schemas {
            self.spend(length(members.len()) / 4);
            if (ok || R::ALL) && node.get(name).is_some() {
                ok &= self.value(*id, node, path, report);
            }
        }
        ok
    }

    #[expect(clippy::too_many_arguments, reason = "the state of the loop that this is the body of")]
    fn member<R: Report>(
        &mut self,
        rules: &ObjectRules,
        named: Option<Id>,
        members: &[Member<'_>],
        name: &str,
        value: &Node<'_>,
        path: &Path<'_>,
        report: &mut R,
    ) -> bool {
        let at = Path::Member(path, name);
        let mut ok = true;
        let mut evaluated = named.is_some();
        if let Some(id) = named {
            ok &= self.value(id, value, &at, report);
        }
        for (pattern, id) in &rules.patterns {
            self.spend(pattern.steps(name.len()));
            if !self.gave_up && pattern.is_match(name) {
                evaluated = true;
                ok &= self.value(*id, value, &at, report);
            }
        }
        if let Some(id) = rules.additional
            && !evaluated
        {
            if self.schemas.get(id.0).is_some_and(|schema| schema.never) {
                self.spend(1);
                report.add(path, || Problem::Unknown {
                    name,
                    got: value,
                    known: rules.properties().filter(|known| !has(members, known)).collect(),
                });
                ok = false;
            } else {
                ok &= self.value(id, value, &at, report);
            }
        }
        if let Some(id) = rules.property_names {
            let key = Node::String(name.into());
            if !self.fits(id, &key) {
                ok = false;
                if let Some(collect) = report.collect() {
                    let mut inner = collect.inner();
                    self.value(id, &key, &Path::Root, &mut inner);
                    let why = inner.violations.iter().next().map(|violation| violation.message.clone());
                    report.add(path, || Problem::Name { name, why: why.unwrap_or_default() });
                }
            }
        }
        ok
    }
}

fn has(members: &[Member<'_>], name: &str) -> bool {
    members.iter().any(|(member, _)| member == name)
}

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn size<R: Report>(
    count: u64,
    min: Option<u64>,
    max: Option<u64>,
    node: &Node<'_>,
    path: &Path<'_>,
    report: &mut R,
) -> bool {
    let (relation, limit) = match (min, max) {
        (Some(min), _) if count < min => (Size::TooShort, min),
        (_, Some(max)) if count > max => (Size::TooLong, max),
        _ => return true,
    };
    report.add(path, || Problem::Length { got: node, count, relation, limit });
    false
}

fn numbers<R: Report>(rules: &NumberRules, node: &Node<'_>, text: &str, path: &Path<'_>, report: &mut R) -> bool {
    let number = Decimal::new(text);
    let mut ok = true;
    let mut require = |holds: bool, relation: Relation, limit: &str| {
        if !holds {
            report.add(path, || Problem::Limit { got: node, relation, limit });
            ok = false;
        }
    };
    if let Some(limit) = rules.minimum.as_deref() {
        require(number >= Decimal::new(limit), Relation::BelowMinimum, limit);
    }
    if let Some(limit) = rules.maximum.as_deref() {
        require(number <= Decimal::new(limit), Relation::AboveMaximum, limit);
    }
    if let Some(limit) = rules.exclusive_minimum.as_deref() {
        require(number > Decimal::new(limit), Relation::NotAbove, limit);
    }
    if let Some(limit) = rules.exclusive_maximum.as_deref() {
        require(number < Decimal::new(limit), Relation::NotBelow, limit);
    }
    if let Some(divisor) = rules.multiple_of.as_deref() {
        require(number.is_multiple_of(&Decimal::new(divisor)) == Some(true), Relation::NotMultiple, divisor);
    }
    ok
}
