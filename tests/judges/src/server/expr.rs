//! The constant expressions that generated tables are written in.

use std::collections::BTreeMap;

use syn::{Expr, Lit};

/// A constant value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(&'static str),
    Flag(bool),
    /// `rt::Style::Form` → `Form`; also the name of a static.
    Word(String),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    /// `Some(x)`, `rt::BodyLayout::Whole("body")`
    Call(String, Vec<Value>),
    Struct(String, BTreeMap<String, Value>),
}

/// Evaluates an expression.
pub(crate) fn value(expr: &Expr) -> Result<Value, String> {
    Ok(match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Value::Text(Box::leak(text.value().into_boxed_str())),
            Lit::Bool(flag) => Value::Flag(flag.value),
            Lit::Int(number) => Value::Word(number.to_string()),
            _ => return Err("a literal that tables do not have".to_owned()),
        },
        Expr::Reference(reference) => value(&reference.expr)?,
        Expr::Paren(inner) => value(&inner.expr)?,
        Expr::Path(path) => Value::Word(last(&path.path)),
        Expr::Array(items) => Value::List(items.elems.iter().map(value).collect::<Result<_, _>>()?),
        Expr::Tuple(items) => Value::Tuple(items.elems.iter().map(value).collect::<Result<_, _>>()?),
        Expr::Call(call) => {
            let Expr::Path(function) = call.func.as_ref() else { return Err("a call of no path".to_owned()) };
            Value::Call(last(&function.path), call.args.iter().map(value).collect::<Result<_, _>>()?)
        }
        // `TaskDef::OPTIONAL.by_handler()`: a constant, changed.
        Expr::MethodCall(call) => value(&call.receiver)?,
        Expr::Struct(fields) => {
            let member = |field: &syn::FieldValue| match &field.member {
                syn::Member::Named(name) => Ok((name.to_string(), value(&field.expr)?)),
                syn::Member::Unnamed(_) => Err("a field without a name".to_owned()),
            };
            Value::Struct(last(&fields.path), fields.fields.iter().map(member).collect::<Result<_, _>>()?)
        }
        _ => return Err("an expression that tables do not have".to_owned()),
    })
}

fn last(path: &syn::Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

impl Value {
    pub(crate) fn text(&self) -> Result<&'static str, String> {
        if let Self::Text(text) = self { Ok(text) } else { Err(format!("{self:?} is no text")) }
    }

    pub(crate) fn flag(&self) -> Result<bool, String> {
        if let Self::Flag(flag) = self { Ok(*flag) } else { Err(format!("{self:?} is no flag")) }
    }

    pub(crate) fn word(&self) -> Result<&str, String> {
        if let Self::Word(word) = self { Ok(word) } else { Err(format!("{self:?} is no name")) }
    }

    /// A number, as the tables have them: the index of a row.
    pub(crate) fn index(&self) -> Result<usize, String> {
        self.word()?.parse().map_err(|_| format!("{self:?} is no index"))
    }

    pub(crate) fn list(&self) -> Result<&[Value], String> {
        if let Self::List(items) = self { Ok(items) } else { Err(format!("{self:?} is no list")) }
    }

    /// Each item of a list as something else, for good.
    pub(crate) fn each<T>(&self, of: impl Fn(&Value) -> Result<T, String>) -> Result<&'static [T], String> {
        Ok(Vec::leak(self.list()?.iter().map(of).collect::<Result<Vec<T>, String>>()?))
    }

    /// What `Some` holds; `None` for `None`.
    pub(crate) fn option(&self) -> Result<Option<&Value>, String> {
        match self {
            Self::Word(word) if word == "None" => Ok(None),
            Self::Call(name, items) if name == "Some" => Ok(items.first()),
            _ => Err(format!("{self:?} is no option")),
        }
    }

    /// A field of a struct of this name; `None` where the default stands.
    pub(crate) fn field(&self, of: &str, name: &str) -> Result<Option<&Value>, String> {
        match self {
            Self::Struct(given, fields) if given == of => Ok(fields.get(name)),
            _ => Err(format!("{self:?} is no {of}")),
        }
    }

    /// A field that has no default.
    pub(crate) fn must(&self, of: &str, name: &str) -> Result<&Value, String> {
        self.field(of, name)?.ok_or_else(|| format!("{of} without `{name}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_read() {
        let expr: Expr = syn::parse_str(
            r#"rt::Parameter { name: "a", style: rt::Style::Form, explode: true, x: Some(("b", "c")), y: &[&[]], ..rt::D }"#,
        )
        .unwrap();
        let read = value(&expr).unwrap();
        assert_eq!(read.must("Parameter", "name").unwrap().text(), Ok("a"));
        assert_eq!(read.must("Parameter", "style").unwrap().word(), Ok("Form"));
        assert!(read.field("Parameter", "absent").unwrap().is_none());
        assert!(read.field("Operation", "name").is_err());
        assert!(value(&syn::parse_str("a + b").unwrap()).is_err());
    }
}
