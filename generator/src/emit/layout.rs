//! Formatting: `prettyplease`, and the empty lines between items that it does not know.

use syn::{Attribute, ImplItem, Item, TraitItem};

/// The comment line that becomes an empty line. No text of a document can make such a line: it stands in literals, whose
/// lines begin with a quote or a brace, and in doc comments.
const GAP: &str = "// mcpgen: gap";

/// A file with an empty line before every item that does not belong to the one before it.
pub(crate) fn print(mut file: syn::File) -> String {
    let mut before: Option<Group> = None;
    for item in &mut file.items {
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
    text.lines().map(|line| if line.trim_start() == GAP { "\n".to_owned() } else { format!("{line}\n") }).collect()
}

/// Whether two texts are the same Rust but for its layout: `cargo fmt` of a workspace formats generated crates too. A
/// comment is a difference, a doc comment in any case.
pub(crate) fn is_same_code(one: &str, other: &str) -> bool {
    let comments = |text: &str| -> Vec<String> {
        let is_doc = |line: &str| line.starts_with("///") && !line.starts_with("////") || line.starts_with("//!");
        text.lines().map(str::trim).filter(|line| line.contains("//") && !is_doc(line)).map(str::to_owned).collect()
    };
    let (Ok(first), Ok(second)) = (syn::parse_file(one), syn::parse_file(other)) else { return false };
    comments(one) == comments(other) && !one.contains("/*") && print(first) == print(second)
}

/// What stands together without empty lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
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
    let text = GAP.trim_start_matches("//");
    attributes.insert(0, syn::parse_quote!(#[comment = #text]));
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
        assert_eq!(print(file), expected);
    }
}
