//! The error enums of a generated crate, read from the macros that declare them.

use std::collections::BTreeMap;

use mcpgen_runtime::codegen as rt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, Item, LitInt, LitStr, Token, Type, braced, parenthesized};

/// Each enum with its rows.
///
/// # Errors
/// A macro that holds something else.
pub(crate) fn read(items: &[Item]) -> Result<BTreeMap<String, &'static [rt::Declared]>, String> {
    let mut enums = BTreeMap::new();
    for item in items {
        let Item::Macro(item) = item else { continue };
        if item.mac.path.segments.last().is_none_or(|name| name.ident != "response_errors") {
            continue;
        }
        let Enum { name, rows } = item.mac.parse_body().map_err(|error| format!("errors.rs: {error}"))?;
        enums.insert(name, &*Vec::leak(rows));
    }
    Ok(enums)
}

struct Enum {
    name: String,
    rows: Vec<rt::Declared>,
}

impl Parse for Enum {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Attribute::parse_outer(input)?;
        input.parse::<syn::Visibility>()?;
        input.parse::<Token![enum]>()?;
        let name = input.parse::<Ident>()?.to_string();
        let content;
        braced!(content in input);
        let rows = content.parse_terminated(Row::parse, Token![,])?;
        Ok(Self { name, rows: rows.into_iter().map(|row| row.0).collect() })
    }
}

/// `/// What. Variant(Body) = STATUS: "Text"`
struct Row(rt::Declared);

impl Parse for Row {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let docs = Attribute::parse_outer(input)?;
        let name: Ident = input.parse()?;
        if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            content.parse::<Type>()?;
        }
        input.parse::<Token![=]>()?;
        // `404`, `4xx` (a number with a suffix), `_`.
        let status = match input.parse::<Option<Token![_]>>()? {
            Some(_) => "_".to_owned(),
            None => input.parse::<LitInt>()?.to_string(),
        };
        let text = input.parse::<Option<Token![:]>>()?.map(|_| input.parse::<LitStr>()).transpose()?;
        let first = docs.iter().find_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(meta) => match &meta.value {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
        let description = text.map(|text| text.value()).or(first).unwrap_or_default();
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        Ok(Self(rt::Declared { name: leak(name.to_string()), status: leak(status), description: leak(description) }))
    }
}
