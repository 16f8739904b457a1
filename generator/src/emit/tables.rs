//! Items of which a large crate has thousands, formatted without a syntax tree.
//!
//! Definitions of tools, tables of operations, structs: their templates know few forms, and nearly all of the text of a
//! large crate is in them. A reader of just these forms formats them as `prettyplease` does; whatever it does not know to
//! the last token goes through `syn` and `prettyplease` as ever. A test holds the two ways to the same bytes.

use super::lines::{INDENT, Lines};

mod expression;
mod source;

pub(super) use source::{items, unescaped};

use source::{Reader, is_name, line_length, literal};

/// An item formatted; `None`: it is none of the forms, or something in it is unusual.
pub(super) fn item(text: &str) -> Option<String> {
    let mut reader = Reader { rest: text };
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    reader.attributes(&mut out, "")?;
    if reader.eat("impl ") {
        reader.implementation(&mut out)?;
    } else if let Some(rest) = reader.rest.strip_prefix("pub trait ") {
        reader.rest = rest;
        reader.service(&mut out)?;
    } else if let Some(rest) = reader.rest.strip_prefix("pub struct ") {
        reader.rest = rest;
        reader.structure(&mut out)?;
    } else if let Some(rest) = reader.rest.strip_prefix("pub enum ") {
        reader.rest = rest;
        reader.enumeration(&mut out)?;
    } else {
        let word = ["pub(super) static ", "pub(super) const ", "pub static "].into_iter().find(|word| reader.eat(word));
        match word {
            Some(word) => reader.constant(word, &mut out, 0)?,
            None => reader.table(&mut out)?,
        }
    }
    reader.skip();
    reader.rest.is_empty().then_some(out)
}

impl<'a> Reader<'a> {
    /// Documentation and attributes, a line each.
    fn attributes(&mut self, out: &mut String, indent: &str) -> Option<()> {
        const ALLOWED: [&str; 2] = [
            "#[allow(clippy::doc_markdown, reason = \"the text is the document's own\")]",
            "#[allow(clippy::approx_constant)]",
        ];
        loop {
            self.skip();
            if self.rest.starts_with("#[doc = ") {
                self.take(8)?;
                let length = literal(self.rest)?.len();
                let text = unescaped(self.take(length)?)?;
                self.expect("]")?;
                documentation(out, indent, &text)?;
            } else if self.rest.starts_with("///") {
                self.take(3)?;
                let line = self.take(line_length(self.rest, 0))?;
                documentation(out, indent, line)?;
            } else if self.rest.starts_with("#[") {
                let line = self.take(line_length(self.rest, 0))?;
                let is_known = ALLOWED.contains(&line)
                    || line.strip_prefix("#[derive(").and_then(|names| names.strip_suffix(")]")).is_some_and(|names| {
                        line.len() < 80 && names.split(", ").all(|name| !name.is_empty() && name.bytes().all(is_name))
                    });
                if !is_known {
                    return None;
                }
                out.push_str(indent);
                out.push_str(line);
                out.push('\n');
            } else {
                return Some(());
            }
        }
    }

    /// `impl A for B { … }` of constants and types.
    fn implementation(&mut self, out: &mut String) -> Option<()> {
        let of = self.path()?;
        self.expect("for ")?;
        let whom = self.path()?;
        let head = format!("impl {of} for {whom} {{\n");
        self.expect("{")?;
        if head.len() > 80 || self.peek()? == b'}' {
            return None;
        }
        out.push_str(&head);
        while !self.eat("}") {
            if self.eat("const ") {
                self.constant("const ", out, INDENT)?;
            } else {
                self.expect("type ")?;
                let name = self.name()?;
                self.expect("= ")?;
                let mut lines = Lines::default();
                lines.begin(INDENT);
                ["type ", name, " = "].into_iter().for_each(|text| lines.text(text));
                lines.never();
                lines.begin(-INDENT);
                self.ty(&mut lines)?;
                lines.end();
                self.expect(";")?;
                lines.text(";");
                lines.end();
                lines.print(out, INDENT);
            }
        }
        out.push_str("}\n");
        Some(())
    }

    /// `const A: B = …;` without its first word.
    fn constant(&mut self, word: &'a str, out: &mut String, indent: isize) -> Option<()> {
        let name = self.name()?;
        self.expect(": ")?;
        let mut lines = Lines::default();
        lines.begin(0);
        [word, name, ": "].into_iter().for_each(|text| lines.text(text));
        self.ty(&mut lines)?;
        self.expect("=")?;
        lines.text(" = ");
        lines.never();
        self.expression(&mut lines)?;
        self.expect(";")?;
        lines.text(";");
        lines.end();
        lines.print(out, indent);
        Some(())
    }

    /// `pub struct A { … }` without its first words.
    fn structure(&mut self, out: &mut String) -> Option<()> {
        let name = self.name()?;
        self.expect("{")?;
        out.push_str("pub struct ");
        out.push_str(name);
        if self.eat("}") {
            out.push_str(" {}\n");
            return Some(());
        }
        out.push_str(" {\n");
        while !self.eat("}") {
            self.attributes(out, "    ")?;
            self.expect("pub ")?;
            let name = self.name()?;
            self.expect(": ")?;
            let mut lines = Lines::default();
            ["pub ", name, ": "].into_iter().for_each(|text| lines.text(text));
            self.ty(&mut lines)?;
            self.expect(",")?;
            lines.text(",");
            lines.print(out, INDENT);
        }
        out.push_str("}\n");
        Some(())
    }

    /// `pub enum A { … }` without its first words.
    fn enumeration(&mut self, out: &mut String) -> Option<()> {
        let name = self.name()?;
        self.expect("{")?;
        out.push_str("pub enum ");
        out.push_str(name);
        if self.eat("}") {
            out.push_str(" {}\n");
            return Some(());
        }
        out.push_str(" {\n");
        while !self.eat("}") {
            self.attributes(out, "    ")?;
            let mut lines = Lines::default();
            lines.text(self.name()?);
            if self.eat("(") {
                lines.begin(INDENT);
                lines.text("(");
                lines.gap(0);
                self.ty(&mut lines)?;
                lines.last(0);
                self.expect(")")?;
                lines.text(")");
                lines.end();
            }
            self.expect(",")?;
            lines.text(",");
            lines.print(out, INDENT);
        }
        out.push_str("}\n");
        Some(())
    }

    /// `pub trait A: rt::Base { … }` of methods with a default, without its first words.
    fn service(&mut self, out: &mut String) -> Option<()> {
        let head = format!("pub trait {}: rt::Base {{\n", self.name()?);
        self.expect(": rt::Base {")?;
        if head.len() > 80 {
            return None;
        }
        out.push_str(&head);
        let mut is_first = true;
        while !self.eat("}") {
            if !std::mem::take(&mut is_first) {
                out.push('\n');
            }
            self.attributes(out, "    ")?;
            self.method(out)?;
        }
        out.push_str("}\n");
        Some(())
    }

    fn method(&mut self, out: &mut String) -> Option<()> {
        self.expect("fn ")?;
        let mut lines = Lines::default();
        lines.begin(INDENT);
        lines.text("fn ");
        lines.text(self.name()?);
        self.expect("(")?;
        lines.text("(");
        lines.never();
        lines.begin(0);
        lines.gap(0);
        self.expect("&self,")?;
        lines.text("&self");
        while self.peek()? != b')' {
            lines.text(",");
            lines.space(0);
            lines.text(self.name()?);
            self.expect(": ")?;
            lines.text(": ");
            self.ty(&mut lines)?;
            self.expect(",")?;
        }
        lines.last(0);
        lines.end();
        self.expect(") -> ")?;
        lines.text(")");
        lines.begin(-INDENT);
        lines.text(" -> ");
        self.ty(&mut lines)?;
        lines.end();
        self.expect("{")?;
        lines.text(" {");
        lines.line(0);
        self.expression(&mut lines)?;
        lines.line(-INDENT);
        lines.end();
        self.expect("}")?;
        lines.text("}");
        lines.print(out, INDENT);
        Some(())
    }

    /// `pub(super) fn table<H: A>() -> Vec<B> { Vec::from([…]) }`
    fn table(&mut self, out: &mut String) -> Option<()> {
        self.expect("pub(super) fn ")?;
        let name = self.name().filter(|name| matches!(*name, "table" | "templates"))?;
        let mut lines = Lines::default();
        lines.begin(INDENT);
        ["pub(super) fn ", name, "<"].into_iter().for_each(|text| lines.text(text));
        lines.begin(0);
        lines.gap(0);
        self.expect("<H: ")?;
        lines.text("H: ");
        lines.text(self.name()?);
        lines.last(0);
        lines.end();
        self.expect(">() -> ")?;
        lines.text(">(");
        lines.never();
        lines.text(")");
        lines.begin(-INDENT);
        lines.text(" -> ");
        self.ty(&mut lines)?;
        lines.end();
        self.expect("{")?;
        lines.text(" {");
        lines.line(0);
        self.expression(&mut lines)?;
        lines.line(-INDENT);
        lines.end();
        self.expect("}")?;
        lines.text("}");
        lines.print(out, 0);
        Some(())
    }
}

/// A line of documentation; `None` where a comment cannot say it.
fn documentation(out: &mut String, indent: &str, text: &str) -> Option<()> {
    if text.contains(['\n', '\r']) || text.starts_with('/') {
        return None;
    }
    out.push_str(indent);
    out.push_str("///");
    out.push_str(text.trim_end_matches(' '));
    out.push('\n');
    Some(())
}
