//! What a Rust caller sees of a generated crate.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Fields, Item, TraitItem, Visibility};

use super::reader::source;

/// The public items of a crate by name; they are all in its root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Api(pub(super) BTreeMap<String, Shape>);

/// A public item.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Struct {
        fields: BTreeMap<String, String>,
        has_default: bool,
        /// The arguments of `new`, by name; `None`: there is no such function.
        new: Option<Vec<String>>,
    },
    Enum {
        /// What each variant holds, as source.
        variants: BTreeMap<String, String>,
        non_exhaustive: bool,
    },
    /// A name for another type, or a struct around it.
    Alias(String),
    Trait(BTreeMap<String, Method>),
    Function(String),
}

/// A method of the trait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Method {
    pub signature: String,
    pub has_default: bool,
}

impl Shape {
    /// The keyword of Rust.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Struct { .. } => "struct",
            Self::Enum { .. } => "enum",
            Self::Alias(_) => "type",
            Self::Trait(_) => "trait",
            Self::Function(_) => "fn",
        }
    }
}

impl Api {
    /// Adds the public items of a module.
    pub fn add(&mut self, file: &syn::File) {
        for item in &file.items {
            self.add_item(item);
        }
        for item in &file.items {
            if let Item::Impl(block) = item
                && block.trait_.as_ref().is_some_and(|implemented| source(&implemented.1) == "Default")
                && let Some(Shape::Struct { has_default, .. }) = self.0.get_mut(&source(&block.self_ty))
            {
                *has_default = true;
            }
            if let Item::Macro(item) = item
                && item.mac.path.segments.last().is_some_and(|last| last.ident == "record")
                && let Some((name, arguments)) = constructor(item.mac.tokens.clone())
                && let Some(Shape::Struct { new, .. }) = self.0.get_mut(&name)
            {
                *new = Some(arguments);
            }
        }
    }

    fn add_item(&mut self, item: &Item) {
        let is_public = |visibility: &Visibility| matches!(visibility, Visibility::Public(_));
        let (ident, shape) = match item {
            Item::Struct(item) if is_public(&item.vis) => (&item.ident, structure(item)),
            Item::Enum(item) if is_public(&item.vis) => {
                // The name of a tool, which its method tells about.
                if item.variants.is_empty() {
                    return;
                }
                let variants = item.variants.iter();
                let variants = variants.map(|variant| (variant.ident.to_string(), source(&variant.fields))).collect();
                let non_exhaustive = item.attrs.iter().any(|attribute| attribute.path().is_ident("non_exhaustive"));
                (&item.ident, Shape::Enum { variants, non_exhaustive })
            }
            Item::Type(item) if is_public(&item.vis) => (&item.ident, Shape::Alias(source(&item.ty))),
            Item::Trait(item) if is_public(&item.vis) => {
                let methods = item.items.iter().filter_map(|item| match item {
                    TraitItem::Fn(method) => {
                        let has_default = method.default.is_some();
                        Some((method.sig.ident.to_string(), Method { signature: source(&method.sig), has_default }))
                    }
                    _ => None,
                });
                (&item.ident, Shape::Trait(methods.collect()))
            }
            Item::Fn(item) if is_public(&item.vis) => (&item.sig.ident, Shape::Function(source(&item.sig))),
            Item::Macro(item) if item.mac.path.segments.last().is_some_and(|last| last.ident == "response_errors") => {
                if let Some((name, variants)) = response_errors(item.mac.tokens.clone()) {
                    self.0.insert(name, Shape::Enum { variants, non_exhaustive: true });
                }
                return;
            }
            _ => return,
        };
        self.0.insert(ident.to_string(), shape);
    }
}

fn structure(item: &syn::ItemStruct) -> Shape {
    if let Fields::Unnamed(fields) = &item.fields {
        return Shape::Alias(source(fields));
    }
    let public = item.fields.iter().filter(|field| matches!(field.vis, Visibility::Public(_)));
    let fields = public.filter_map(|field| Some((field.ident.as_ref()?.to_string(), source(&field.ty)))).collect();
    let has_default = item.attrs.iter().any(|attribute| {
        attribute.path().is_ident("derive")
            && source(attribute).split([',', '(', ')']).any(|word| word.trim() == "Default")
    });
    Shape::Struct { fields, has_default, new: None }
}

/// `Pet::new(name: String, kind: Kind) { … }`, which the runtime makes a function; of `Trip::new(TripRequired { … })` one
/// argument, with the fields in an order that does not matter.
fn constructor(tokens: TokenStream) -> Option<(String, Vec<String>)> {
    let mut tokens = tokens.into_iter();
    let name = tokens.next()?.to_string();
    let TokenTree::Group(arguments) = tokens.find(|token| matches!(token, TokenTree::Group(_)))? else { return None };
    if arguments.delimiter() != Delimiter::Parenthesis {
        return None;
    }
    let inner = arguments.stream().into_iter().find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
        _ => None,
    });
    if let Some(fields) = inner {
        let mut names = names(fields);
        names.sort_unstable();
        return Some((name, vec![format!("{{ {} }}", names.join(", "))]));
    }
    Some((name, names(arguments.stream())))
}

/// The names in `name: String, kind: Kind`.
fn names(arguments: TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    let mut before: Option<String> = None;
    let mut depth = 0_usize;
    for token in arguments {
        match &token {
            TokenTree::Punct(punct) => match punct.as_char() {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                ':' if depth == 0 && punct.spacing() == proc_macro2::Spacing::Alone => names.extend(before.take()),
                _ => {}
            },
            TokenTree::Ident(ident) => before = Some(ident.to_string()),
            _ => {}
        }
    }
    names
}

/// `/// … pub enum PetError { /// … NotFound(Problem) = 404: "…", }`, which the runtime makes an enum of rejections.
fn response_errors(tokens: TokenStream) -> Option<(String, BTreeMap<String, String>)> {
    let mut tokens = tokens.into_iter().skip_while(|token| !matches!(token, TokenTree::Ident(word) if word == "enum"));
    let name = tokens.nth(1)?.to_string();
    let TokenTree::Group(body) = tokens.next()? else { return None };
    let mut variants = BTreeMap::new();
    let mut variant: Option<String> = None;
    let mut holds = String::new();
    let mut is_head = true;
    for token in body.stream() {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                variants.extend(variant.take().map(|name| (name, std::mem::take(&mut holds))));
                is_head = true;
            }
            TokenTree::Punct(punct) if punct.as_char() == '=' => is_head = false,
            TokenTree::Ident(ident) if is_head => variant = Some(ident.to_string()),
            TokenTree::Group(group) if is_head && group.delimiter() == Delimiter::Parenthesis => holds = source(&token),
            _ => {}
        }
    }
    variants.extend(variant.map(|name| (name, holds)));
    Some((name, variants))
}
