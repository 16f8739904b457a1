//! A caller's JMESPath expression over an answer (<https://jmespath.org/specification.html>).
//!
//! The expression is untrusted, and the language has no budget of its own: `[@, @] | []` doubles an array, `sort_by` and
//! `join` multiply. So what an expression can cost is bounded before it runs: its length, its operators (which bound how
//! deep the evaluation nests), the functions that it may call, and an upper bound of the work for the answer at hand.
//! Numbers keep their spelling, which the language itself would lose.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use jmespath::ast::Ast;
use jmespath::{Rcvar, Runtime, Variable, functions};

use crate::def::ProjectionDef;
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::json::node::{MAX_DEPTH, Node, quote};

/// The argument with which a caller projects the answers of a tool.
#[must_use]
pub const fn projection(argument: &'static str) -> Option<ProjectionDef> {
    Some(ProjectionDef { argument })
}

/// The longest expression, in bytes.
const LONGEST: usize = 500;

/// Operators in an expression. Parser and interpreter nest once for each; a test has 64 of each kind on 1 MiB of
/// stack in a debug build.
const OPERATORS: usize = 64;

/// Values that an expression may make of an answer: those of the answer × how many times more its result can have. It
/// bounds the memory.
const VALUES: usize = 4_000_000;

/// These values × nodes of the expression. It bounds the time.
const WORK: usize = 100_000_000;

/// What an object costs beside its values, in values.
const OBJECT: usize = 8;

/// Steps of a slice and indices: the crate adds them up without looking for an overflow.
const INDEX: u32 = 1_000_000_000;

/// What a projection may make of an answer, in bytes.
const RESULT: usize = 10 * 1024 * 1024;

/// From so many significant digits on, two numbers can be one 64-bit float (IEEE 754 binary64 keeps 15 of any).
const EXACT_DIGITS: usize = 15;

/// A compiled expression.
pub(crate) struct Projection {
    expression: jmespath::Expression<'static>,
    nodes: usize,
    growth: usize,
}

/// Why an expression says nothing of an answer.
#[derive(Debug)]
pub(crate) struct Unfit(pub(crate) String);

impl Projection {
    /// Compiles an expression.
    ///
    /// # Errors
    /// `InvalidInput` with the type `InvalidProjection`: no JMESPath, an unknown function, or more than a call may ask for.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > LONGEST {
            return Err(invalid(format!("it has {} bytes, and at most {LONGEST} are taken", text.len())));
        }
        let operators = text.bytes().filter(|byte| b"([{!&*.|=<>".contains(byte)).count();
        if operators > OPERATORS {
            return Err(invalid(format!("it has {operators} operators, and at most {OPERATORS} are taken")));
        }
        let expression = runtime().compile(text).map_err(|error| invalid(told(&error)))?;
        let mut nodes = 0;
        let growth = growth(expression.as_ast(), &mut nodes)?;
        Ok(Self { expression, nodes, growth })
    }

    /// What the expression makes of an answer.
    ///
    /// # Errors
    /// The expression does not fit the answer (a sum of texts), would cost too much, or gives no JSON.
    pub(crate) fn apply(&self, answer: &RawJson) -> Result<RawJson, Unfit> {
        let tree = Node::parse(answer.as_str(), MAX_DEPTH).map_err(|error| unread(&error.to_string()))?;
        let values = count(&tree).saturating_mul(self.growth);
        if values > VALUES || values.saturating_mul(self.nodes) > WORK {
            return Err(Unfit("it is too much work for an answer of this size; ask for fewer things".to_owned()));
        }
        let mut numbers = Numbers::default();
        let value = numbers.variable(&tree)?;
        let found = self.expression.search(value).map_err(|error| Unfit(told(&error)))?;
        let mut out = String::new();
        numbers.write(&found, &mut out)?;
        Ok(RawJson::from_valid(&out))
    }
}

fn count(tree: &Node<'_>) -> usize {
    1 + match tree {
        Node::Array(items) => items.iter().map(count).sum::<usize>(),
        Node::Object(members) => members.iter().map(|(_, value)| count(value)).sum(),
        _ => 0,
    }
}

fn invalid(problem: String) -> Error {
    let message = format!("The JMESPath expression cannot be used: {problem}. Nothing was called.");
    Error::new(ErrorKind::InvalidInput, message).with_type("InvalidProjection")
}

/// An answer that is no JSON after all, or has numbers beyond 64-bit floats.
fn unread(problem: &str) -> Unfit {
    Unfit(format!("the answer cannot be read ({problem})"))
}

/// The first line of an error: the rest draws the place.
fn told(error: &jmespath::JmespathError) -> String {
    error.to_string().lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// The functions whose results are not larger than their arguments, or small.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut runtime = Runtime::new();
        let mut add = |name, function| runtime.register_function(name, function);
        add("abs", Box::new(functions::AbsFn::new()));
        add("avg", Box::new(functions::AvgFn::new()));
        add("ceil", Box::new(functions::CeilFn::new()));
        add("contains", Box::new(functions::ContainsFn::new()));
        add("ends_with", Box::new(functions::EndsWithFn::new()));
        add("floor", Box::new(functions::FloorFn::new()));
        add("keys", Box::new(functions::KeysFn::new()));
        add("length", Box::new(functions::LengthFn::new()));
        add("max", Box::new(functions::MaxFn::new()));
        add("max_by", Box::new(functions::MaxByFn::new()));
        add("min", Box::new(functions::MinFn::new()));
        add("min_by", Box::new(functions::MinByFn::new()));
        add("not_null", Box::new(functions::NotNullFn::new()));
        add("reverse", Box::new(functions::ReverseFn::new()));
        add("sort", Box::new(functions::SortFn::new()));
        add("sort_by", Box::new(functions::SortByFn::new()));
        add("starts_with", Box::new(functions::StartsWithFn::new()));
        add("sum", Box::new(functions::SumFn::new()));
        add("to_number", Box::new(functions::ToNumberFn::new()));
        add("type", Box::new(functions::TypeFn::new()));
        add("values", Box::new(functions::ValuesFn::new()));
        runtime
    })
}

/// How many times more values than its input the result of a node can have.
fn growth(ast: &Ast, nodes: &mut usize) -> Result<usize, Error> {
    *nodes = nodes.saturating_add(1);
    Ok(match ast {
        Ast::Identity { .. } | Ast::Field { .. } | Ast::Literal { .. } => 1,
        Ast::Index { idx, .. } if idx.unsigned_abs() <= INDEX => 1,
        Ast::Slice { start, stop, step, .. }
            if [*start, *stop, Some(*step)].into_iter().flatten().all(|number| number.unsigned_abs() <= INDEX) =>
        {
            1
        }
        Ast::Index { .. } | Ast::Slice { .. } => return Err(invalid(format!("it has a number beyond {INDEX}"))),
        Ast::Expref { ast: part, .. }
        | Ast::Flatten { node: part, .. }
        | Ast::Not { node: part, .. }
        | Ast::ObjectValues { node: part, .. } => growth(part, nodes)?,
        Ast::Subexpr { lhs, rhs, .. } | Ast::Projection { lhs, rhs, .. } => {
            growth(lhs, nodes)?.saturating_mul(growth(rhs, nodes)?)
        }
        Ast::Comparison { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Condition { predicate: lhs, then: rhs, .. } => sum([&**lhs, &**rhs], nodes)?,
        Ast::MultiList { elements, .. } => sum(elements, nodes)?.saturating_add(1),
        Ast::MultiHash { elements, .. } => {
            // Names are as long as the expression at most, and each object has its own.
            let names: usize = elements.iter().map(|pair| pair.key.len() / 32).sum();
            sum(elements.iter().map(|pair| &pair.value), nodes)?.saturating_add(OBJECT + names)
        }
        Ast::Function { name, args, .. } => {
            if runtime().get_function(name).is_none() {
                return Err(invalid(format!("there is no function `{name}` here")));
            }
            sum(args, nodes)?.saturating_add(1)
        }
    })
}

fn sum<'a>(parts: impl IntoIterator<Item = &'a Ast>, nodes: &mut usize) -> Result<usize, Error> {
    parts.into_iter().try_fold(0_usize, |sum, part| Ok(sum.saturating_add(growth(part, nodes)?)))
}

/// Numbers as the answer spells them, by how the language spells them.
#[derive(Default)]
struct Numbers {
    spelled: HashMap<String, Spelled>,
}

enum Spelled {
    Once(String),
    /// Several ways, all of one value.
    Equal,
    /// Two numbers that are one in the language.
    Ambiguous,
}

impl Numbers {
    fn variable(&mut self, node: &Node<'_>) -> Result<Rcvar, Unfit> {
        Ok(Rcvar::new(match node {
            Node::Null => Variable::Null,
            Node::Bool(value) => Variable::Bool(*value),
            Node::String(text) => Variable::String(text.as_ref().to_owned()),
            Node::Number(text) => self.number(text)?,
            Node::Array(items) => {
                Variable::Array(items.iter().map(|item| self.variable(item)).collect::<Result<_, _>>()?)
            }
            Node::Object(members) => Variable::Object(
                members
                    .iter()
                    .map(|(name, value)| Ok((name.as_ref().to_owned(), self.variable(value)?)))
                    .collect::<Result<BTreeMap<_, _>, Unfit>>()?,
            ),
        }))
    }

    fn number(&mut self, text: &str) -> Result<Variable, Unfit> {
        let number: serde_json::Number = serde_json::from_str(text).map_err(|error| unread(&error.to_string()))?;
        let spelled = number.to_string();
        let is_exact = |text: &str| digits(text) <= EXACT_DIGITS;
        match self.spelled.get_mut(&spelled) {
            None if spelled == text && is_exact(text) => {}
            None => {
                self.spelled.insert(spelled, Spelled::Once(text.to_owned()));
            }
            Some(Spelled::Once(other)) if other == text => {}
            Some(Spelled::Once(other)) if is_exact(other) && is_exact(text) => {
                self.spelled.insert(spelled, Spelled::Equal);
            }
            Some(Spelled::Equal) if is_exact(text) => {}
            Some(other) => *other = Spelled::Ambiguous,
        }
        Ok(Variable::Number(number))
    }

    fn write(&self, value: &Variable, out: &mut String) -> Result<(), Unfit> {
        match value {
            Variable::Null => out.push_str("null"),
            Variable::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Variable::String(text) => quote(text, out),
            Variable::Number(number) => {
                let spelled = number.to_string();
                match self.spelled.get(&spelled) {
                    Some(Spelled::Once(text)) => out.push_str(text),
                    Some(Spelled::Ambiguous) => {
                        return Err(Unfit(format!("it would mix up numbers of the answer near {spelled}")));
                    }
                    Some(Spelled::Equal) | None => out.push_str(&spelled),
                }
            }
            Variable::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    self.write(item, out)?;
                }
                out.push(']');
            }
            Variable::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    quote(name, out);
                    out.push(':');
                    self.write(value, out)?;
                }
                out.push('}');
            }
            Variable::Expref(_) => return Err(Unfit("its result is an expression, not a value".to_owned())),
        }
        if out.len() > RESULT { Err(Unfit("its result is too large".to_owned())) } else { Ok(()) }
    }
}

/// The significant digits of a number, at most.
fn digits(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').collect();
    digits.len()
}

#[cfg(test)]
mod tests;
