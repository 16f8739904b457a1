//! The shape of generated source: what is left of it without text of a document.

use std::fmt::Display;
use std::iter::Peekable;

use mcpgen::Generated;
use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The tokens of a file without documentation; `L` for a literal, `I` for an identifier. Of `errors.rs` two more things
/// depend on the text itself: a response has a message of its own, one more literal, where it is not what the
/// documentation says; a field is renamed where its name is no identifier. Titles and descriptions that may be absent are
/// left out: whether a text is short enough for a title, and whether anything is left of it without its markup, is up to it.
/// So are the candidates of variables: an example that is long is none.
fn shape(path: &str, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let is_errors = path == "src/errors.rs";
    erase(text.parse().unwrap_or_else(|error| panic!("{path}: {error}\n{text}")), is_errors, &mut out);
    if is_errors {
        out = out.replace(" = L : L ,", " = L ,").replace(" = I : L ,", " = I ,");
    }
    // The formatter ends a list with a comma where it breaks the line.
    for close in [" >", " )", " ]", " }"] {
        out = out.replace(&format!(" ,{close}"), close);
    }
    out
}

fn erase(tokens: TokenStream, is_errors: bool, out: &mut String) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' && is_text(tokens.peek(), is_errors) => {
                tokens.next();
            }
            // The formatter puts the body of a match arm into braces where it breaks the line.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && out.ends_with(" = >") => {
                erase(group.stream(), is_errors, out);
                if !matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ',') {
                    out.push_str(" ,");
                }
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => (" (", " )"),
                    Delimiter::Brace => (" {", " }"),
                    Delimiter::Bracket => (" [", " ]"),
                    Delimiter::None => (" ", " "),
                };
                out.push_str(open);
                erase(group.stream(), is_errors, out);
                out.push_str(close);
            }
            TokenTree::Ident(ident)
                if (ident == "title" || ident == "description") && skip_optional_text(&mut tokens) => {}
            TokenTree::Ident(ident) if ident == "completions" && skip_candidates(&mut tokens) => {}
            TokenTree::Ident(_) => out.push_str(" I"),
            TokenTree::Punct(punct) => {
                out.push(' ');
                out.push(punct.as_char());
            }
            TokenTree::Literal(_) => out.push_str(" L"),
        }
    }
}

/// Skips `: None,` or `: Some("…"),` and nothing more.
fn skip_optional_text(tokens: &mut Peekable<IntoIter>) -> bool {
    let mut ahead = tokens.clone();
    let is_punct = |token: Option<TokenTree>, mark: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark);
    if !is_punct(ahead.next(), ':') {
        return false;
    }
    match ahead.next() {
        Some(TokenTree::Ident(word)) if word == "None" => {}
        Some(TokenTree::Ident(word)) if word == "Some" => {
            let Some(TokenTree::Group(group)) = ahead.next() else { return false };
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            // The formatter adds a comma where it breaks the line.
            if !matches!(inner.as_slice(), [TokenTree::Literal(_)] | [TokenTree::Literal(_), TokenTree::Punct(_)]) {
                return false;
            }
        }
        _ => return false,
    }
    if !is_punct(ahead.next(), ',') {
        return false;
    }
    *tokens = ahead;
    true
}

/// Skips `: &[("…", rt::Completion::Values(&["…"]))],` and nothing more: literals, and these three names.
fn skip_candidates(tokens: &mut Peekable<IntoIter>) -> bool {
    fn is_data(tokens: TokenStream) -> bool {
        tokens.into_iter().all(|token| match token {
            TokenTree::Literal(_) => true,
            TokenTree::Ident(name) => ["rt", "Completion", "Values"].iter().any(|known| name == known),
            TokenTree::Punct(punct) => matches!(punct.as_char(), '&' | ':' | ','),
            TokenTree::Group(group) => group.delimiter() != Delimiter::Brace && is_data(group.stream()),
        })
    }
    let mut ahead = tokens.clone();
    let mut next = || ahead.next();
    let (Some(TokenTree::Punct(colon)), Some(TokenTree::Punct(and)), Some(TokenTree::Group(list))) =
        (next(), next(), next())
    else {
        return false;
    };
    if colon.as_char() != ':' || and.as_char() != '&' || !is_data(list.stream()) {
        return false;
    }
    *tokens = ahead;
    true
}

/// `[doc = "…"]` and nothing more; in `errors.rs` also `[serde(rename = "…")]` and nothing more.
fn is_text(token: Option<&TokenTree>, is_errors: bool) -> bool {
    let Some(TokenTree::Group(group)) = token else { return false };
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(doc), TokenTree::Punct(_), TokenTree::Literal(_)] => doc == "doc",
        [TokenTree::Ident(serde), TokenTree::Group(group)] if is_errors && serde == "serde" => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            matches!(
                inner.as_slice(),
                [TokenTree::Ident(rename), TokenTree::Punct(_), TokenTree::Literal(_)] if rename == "rename"
            )
        }
        _ => false,
    }
}

/// Payloads that get out bring the identifier `canary` with them.
pub(crate) fn assert_no_canary(generated: &Generated, what: &dyn Display) {
    fn find(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "canary",
            TokenTree::Group(group) => find(group.stream()),
            _ => false,
        })
    }
    for (path, file) in generated.files().iter().filter(|(path, _)| path.ends_with(".rs")) {
        let tokens: TokenStream = file.text().parse().unwrap_or_else(|error| panic!("{what}: {path}: {error}"));
        assert!(!find(tokens), "{what}: {path}: text of the document is code");
    }
}

/// The Rust files with their shapes, in order.
pub(crate) fn shapes(generated: &Generated) -> Vec<(String, String)> {
    let rust = generated.files().iter().filter(|(path, _)| path.ends_with(".rs"));
    rust.map(|(path, file)| (path.to_owned(), shape(path, file.text()))).collect()
}

/// Compares with the twin, file by file.
pub(crate) fn compare(there: &[(String, String)], twin: &[(String, String)], what: &dyn Display) {
    let names = |shapes: &[(String, String)]| shapes.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(there), names(twin), "{what}");
    for ((path, one), (_, other)) in there.iter().zip(twin) {
        if one != other {
            let (here, twin) = (first_difference(one, other), first_difference(other, one));
            panic!("{what}: {path} has another shape\n{here}\n--- twin\n{twin}");
        }
    }
}

/// What stands around the first place in which two texts differ.
fn first_difference<'a>(one: &'a str, other: &str) -> &'a str {
    let at = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    one.get(at.saturating_sub(80)..(at + 120).min(one.len())).unwrap_or(one)
}
