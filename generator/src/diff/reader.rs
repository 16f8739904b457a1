//! Generated source → values: constant tables are read as JSON, so that one reader knows every table.

use quote::ToTokens as _;
use serde_json::{Map, Value};
use syn::{Expr, Lit, Member};

/// The key under which an object has the name of its Rust type: `ToolDef`.
pub(super) const TYPE: &str = "$type";

/// A constant expression. Text and booleans are what they are, `None` is `null`, `Some(x)` is `x`, lists are lists, structs
/// are objects with their type below [`TYPE`]; everything else is its source.
pub(super) fn value(expression: &Expr) -> Value {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Value::String(text.value()),
            Lit::Bool(value) => Value::Bool(value.value),
            other => Value::String(other.to_token_stream().to_string()),
        },
        Expr::Path(path) if path.path.is_ident("None") => Value::Null,
        Expr::Call(call) if is_some(&call.func) => call.args.first().map_or(Value::Null, value),
        Expr::Reference(reference) => value(&reference.expr),
        Expr::Array(array) => array.elems.iter().map(value).collect(),
        Expr::Struct(structure) => {
            let mut members = Map::new();
            let name = structure.path.segments.last().map(|segment| segment.ident.to_string());
            members.insert(TYPE.to_owned(), name.into());
            for field in &structure.fields {
                if let Member::Named(name) = &field.member {
                    members.insert(name.to_string(), value(&field.expr));
                }
            }
            Value::Object(members)
        }
        other => Value::String(source(other)),
    }
}

fn is_some(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.is_ident("Some"))
}

/// Rust source on one line as a person writes it.
pub(super) fn source(tokens: &impl quote::ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" :", ":"),
        (" ;", ";"),
        (",>", ">"),
        (",)", ")"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

/// Every struct of a type in a list of statements and expressions, however deep: the rows of a table.
pub(super) fn rows(file: &syn::File, names: &[&str], found: &mut Vec<Value>) {
    for item in &file.items {
        if let syn::Item::Fn(function) = item {
            for statement in &function.block.stmts {
                if let syn::Stmt::Expr(expression, _) = statement {
                    collect(expression, names, found);
                }
            }
        }
    }
}

fn collect(expression: &Expr, names: &[&str], found: &mut Vec<Value>) {
    match expression {
        Expr::Call(call) => call.args.iter().for_each(|argument| collect(argument, names, found)),
        Expr::Array(array) => array.elems.iter().for_each(|item| collect(item, names, found)),
        Expr::Reference(reference) => collect(&reference.expr, names, found),
        Expr::Struct(structure) => {
            if structure.path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident == name)) {
                found.push(value(expression));
            } else {
                structure.fields.iter().for_each(|field| collect(&field.expr, names, found));
            }
        }
        _ => {}
    }
}
