//! Formatting: `prettyplease`, and what it does not know: empty lines between items, and macros.

use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, Item, TraitItem};

use super::tables;

/// The comment line that becomes an empty line. No text of a document can make such a line: it stands in literals, whose
/// lines begin with a quote or a brace, and in doc comments.
const GAP: &str = "// mcpgen: gap";

/// The module that stands for a macro until its text takes the place; the number of the macro follows.
const MACRO: &str = "mcpgen_macro_";

/// The text of a template, laid out: as [`print`] would, but without a syntax tree of what [`tables`] knows.
///
/// # Errors
/// Text that is no Rust, and what `syn` says of it.
pub(super) fn format(text: &str) -> Result<String, (syn::Error, String)> {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    // Items that wait for their syntax tree.
    let mut others = String::new();
    let finish = |others: &mut String, out: &mut String| {
        if !others.trim().is_empty() {
            let source = std::mem::take(others);
            match syn::parse_file(&source) {
                Ok(file) => out.push_str(&print_after(file, &source, !out.is_empty())),
                Err(error) => return Err((error, source)),
            }
        }
        Ok(())
    };
    for item in tables::items(text) {
        let known = match macro_name(item.trim_start()) {
            Some(_) => Some(macro_lines(item.lines())),
            None => tables::item(item),
        };
        match known {
            Some(known) => {
                finish(&mut others, &mut out)?;
                if !out.is_empty() {
                    out.push('\n');
                }
                out.push_str(&known);
            }
            None => others.push_str(item),
        }
    }
    finish(&mut others, &mut out)?;
    Ok(out)
}

/// The name of the runtime's macro that an item calls.
fn macro_name(item: &str) -> Option<&str> {
    let (name, _) = item.strip_prefix("rt::")?.split_once('!')?;
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_').then_some(name)
}

/// A file with an empty line before every item that does not belong to the one before it; `text` is its source.
pub(super) fn print(file: syn::File, text: &str) -> String {
    print_after(file, text, false)
}

/// [`print`] of what stands at the beginning, or after other items.
fn print_after(mut file: syn::File, text: &str, is_after: bool) -> String {
    let first = if is_after { Some(Group::Other) } else { None };
    let mut before = first.or((!file.attrs.is_empty()).then_some(Group::Attributes));
    let mut macros = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for item in &mut file.items {
        if let Item::Macro(item_macro) = &*item {
            let ident = quote::format_ident!("{MACRO}{}", macros.len());
            macros.push(macro_text(item_macro, &lines));
            *item = Item::Mod(placeholder(ident));
        }
        let group = Group::of(item);
        if before.is_some_and(|before| before != group || group == Group::Other) {
            attributes(item, add_gap);
        }
        before = Some(group);
        match item {
            Item::Impl(item) => item.items.iter_mut().skip(1).for_each(|item| {
                if let ImplItem::Fn(method) = item {
                    add_gap(&mut method.attrs);
                }
            }),
            Item::Trait(item) => item.items.iter_mut().skip(1).for_each(|item| {
                if let TraitItem::Fn(method) = item {
                    add_gap(&mut method.attrs);
                }
            }),
            _ => {}
        }
    }
    let text = prettyplease::unparse(&file);
    let line = |line: &str| {
        let number = line
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_prefix(MACRO))
            .and_then(|rest| rest.strip_suffix(" {}"));
        match number.and_then(|number| macros.get(number.parse::<usize>().ok()?)) {
            Some(text) => text.clone(),
            None if line.trim_start() == GAP => "\n".to_owned(),
            None => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

/// An empty module.
fn placeholder(ident: syn::Ident) -> syn::ItemMod {
    syn::ItemMod {
        attrs: Vec::new(),
        vis: syn::Visibility::Inherited,
        unsafety: None,
        mod_token: syn::token::Mod::default(),
        ident,
        content: Some((syn::token::Brace::default(), Vec::new())),
        semi: None,
    }
}

/// The lines of a macro as the template wrote them: documentation as comments, indented by the depth of braces. A line
/// opens a brace at its end and closes one at its beginning.
fn macro_text(item: &syn::ItemMacro, source: &[&str]) -> String {
    // No attributes stand before a macro of the templates.
    let begin = item.mac.path.segments.first().map_or_else(|| item.span(), |segment| segment.ident.span());
    let (first, last) = (begin.start().line, item.mac.delimiter.span().close().end().line);
    macro_lines(source.get(first.saturating_sub(1)..last).unwrap_or_default().iter().copied())
}

fn macro_lines<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        if line.starts_with('}') {
            depth = depth.saturating_sub(1);
        }
        out.extend(std::iter::repeat_n("    ", depth));
        match doc(line) {
            Some(text) => {
                out.push_str("///");
                out.push_str(text.trim_end());
            }
            None => out.push_str(line),
        }
        out.push('\n');
        if line.ends_with('{') {
            depth += 1;
        }
    }
    out
}

/// The text of a line `#[doc = "…"]`, where a comment can say it.
fn doc(line: &str) -> Option<String> {
    let literal = line.strip_prefix("#[doc = ")?.strip_suffix(']')?;
    let read = || syn::parse_str::<syn::LitStr>(literal).ok().map(|text| text.value());
    tables::unescaped(literal).or_else(read).filter(|text| !text.contains(['\n', '\r']) && !text.starts_with('/'))
}

/// Whether two texts are the same Rust but for its layout: `cargo fmt` of a workspace formats generated crates too. A
/// comment is a difference, a doc comment in any case.
pub(crate) fn is_same_code(one: &str, other: &str) -> bool {
    let comments = |text: &str| -> Vec<String> {
        let is_doc = |line: &str| line.starts_with("///") && !line.starts_with("////") || line.starts_with("//!");
        text.lines().map(str::trim).filter(|line| line.contains("//") && !is_doc(line)).map(str::to_owned).collect()
    };
    let (Ok(first), Ok(second)) = (syn::parse_file(one), syn::parse_file(other)) else { return false };
    comments(one) == comments(other) && !one.contains("/*") && print(first, one) == print(second, other)
}

/// What stands together without empty lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    /// Those of the file.
    Attributes,
    Modules,
    /// `use std::…`
    Std,
    /// `use` of this crate.
    Own,
    /// `use` of another crate.
    Foreign,
    Exports,
    Other,
}

impl Group {
    fn of(item: &Item) -> Self {
        match item {
            Item::Mod(item) if item.content.is_none() => Self::Modules,
            Item::Use(item) if !matches!(item.vis, syn::Visibility::Inherited) => Self::Exports,
            Item::Use(item) => match &item.tree {
                syn::UseTree::Path(path) if path.ident == "std" => Self::Std,
                syn::UseTree::Path(path) if path.ident == "super" => Self::Own,
                _ => Self::Foreign,
            },
            _ => Self::Other,
        }
    }
}

fn attributes(item: &mut Item, change: impl FnOnce(&mut Vec<Attribute>)) {
    match item {
        Item::Const(item) => change(&mut item.attrs),
        Item::Enum(item) => change(&mut item.attrs),
        Item::Fn(item) => change(&mut item.attrs),
        Item::Impl(item) => change(&mut item.attrs),
        Item::Mod(item) => change(&mut item.attrs),
        Item::Static(item) => change(&mut item.attrs),
        Item::Struct(item) => change(&mut item.attrs),
        Item::Trait(item) => change(&mut item.attrs),
        Item::Type(item) => change(&mut item.attrs),
        Item::Use(item) => change(&mut item.attrs),
        // The templates have no other items.
        _ => {}
    }
}

fn add_gap(attributes: &mut Vec<Attribute>) {
    let text = syn::LitStr::new(GAP.trim_start_matches("//"), proc_macro2::Span::call_site());
    let value = syn::Expr::Lit(syn::ExprLit { attrs: Vec::new(), lit: syn::Lit::Str(text) });
    let path = syn::Path::from(syn::Ident::new("comment", proc_macro2::Span::call_site()));
    let meta = syn::Meta::NameValue(syn::MetaNameValue { path, eq_token: syn::token::Eq::default(), value });
    let attribute = Attribute {
        pound_token: syn::token::Pound::default(),
        style: syn::AttrStyle::Outer,
        bracket_token: syn::token::Bracket::default(),
        meta,
    };
    attributes.insert(0, attribute);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stand_apart_and_imports_together() {
        let file = syn::parse_quote! {
            mod a;
            mod b;
            use std::fmt;
            use mcpgen_runtime::codegen as rt;
            use rt::Tool as _;
            pub use a::*;
            /// One.
            pub struct A;
            impl A {
                const X: u8 = 1;
                /// Two.
                fn b() {}
                fn c() {}
            }
        };
        let expected = "mod a;\nmod b;\n\nuse std::fmt;\n\nuse mcpgen_runtime::codegen as rt;\nuse rt::Tool as _;\n\n\
                        pub use a::*;\n\n/// One.\npub struct A;\n\nimpl A {\n    const X: u8 = 1;\n\n    /// Two.\n    \
                        fn b() {}\n\n    fn c() {}\n}\n";
        assert_eq!(print(file, ""), expected);
    }

    #[test]
    fn macros_keep_their_lines() {
        let text = "mod a;\nrt::errors! {\n#[doc = \" A \\\"b\\\".\"]\n#[doc = \"\"]\npub enum A {\n#[doc = \" {\"]\n\
                    B(Vec<C>) = 404: \"{\",\n\n}\n}\nfn b() {}\n";
        let expected = "mod a;\n\nrt::errors! {\n    /// A \"b\".\n    ///\n    pub enum A {\n        /// {\n        \
                        B(Vec<C>) = 404: \"{\",\n    }\n}\n\nfn b() {}\n";
        assert_eq!(print(syn::parse_file(text).unwrap(), text), expected);
    }
}
