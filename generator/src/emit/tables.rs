//! Items of which a large crate has thousands, formatted without a syntax tree.
//!
//! Definitions of tools, tables of operations, structs: their templates know few forms, and nearly all of the text of a
//! large crate is in them. A reader of just these forms formats them as `prettyplease` does; whatever it does not know to
//! the last token goes through `syn` and `prettyplease` as ever. A test holds the two ways to the same bytes.

use super::lines::{INDENT, Lines};

/// The items of a file, each with what stands before it. Braces that do not match end the last one.
pub(super) fn items(text: &str) -> Vec<&str> {
    let (mut items, mut begin, mut depth, mut at) = (Vec::new(), 0, 0_usize, 0);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        let length = match byte {
            b'"' | b'r' => literal(text.get(at..).unwrap_or_default()).map_or(1, str::len),
            b'/' if bytes.get(at + 1) == Some(&b'/') => line_length(text, at),
            b'\'' => character_length(text.get(at..).unwrap_or_default()),
            // A name that ends in `r` begins no literal.
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => {
                bytes.iter().skip(at).take_while(|byte| is_name(**byte)).count()
            }
            _ => 1,
        };
        at += length;
        let ends = match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                false
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                *byte == b'}' && depth == 0 && !text.get(at..).unwrap_or_default().trim_start().starts_with(';')
            }
            b';' => depth == 0,
            _ => false,
        };
        if ends {
            items.extend(text.get(begin..at));
            begin = at;
        }
    }
    if let Some(rest) = text.get(begin..).filter(|rest| !rest.trim().is_empty()) {
        items.push(rest);
    }
    items
}

fn line_length(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of `'a'`, or 1 for the apostrophe of a lifetime.
fn character_length(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match (characters.next(), characters.next()) {
        (Some((_, '\\')), _) => text.get(3..).and_then(|rest| rest.find('\'')).map_or(1, |end| end + 4),
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1,
    }
}

/// The string literal that a text begins with, raw or not.
fn literal(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'"') {
        let mut at = 1;
        loop {
            at += bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            if bytes.get(at) == Some(&b'"') {
                return text.get(..=at);
            }
            at += 2;
        }
    }
    let fence = text.strip_prefix('r')?;
    let hashes = fence.len() - fence.trim_start_matches('#').len();
    let mut at = 1 + hashes;
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    loop {
        at += 1;
        at += bytes.get(at..)?.iter().position(|byte| *byte == b'"')?;
        let closing = bytes.get(at + 1..at + 1 + hashes)?;
        if closing.iter().all(|byte| *byte == b'#') {
            return text.get(..=at + hashes);
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The text that a string literal without escapes of numbers means; `None`: there are others.
pub(super) fn unescaped(literal: &str) -> Option<String> {
    let inside = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at_checked(at)?;
        out.push_str(before);
        out.push(match escape.as_bytes().get(1)? {
            b'n' => '\n',
            b't' => '\t',
            b'"' => '"',
            b'\\' => '\\',
            _ => return None,
        });
        rest = escape.get(2..)?;
    }
    out.push_str(rest);
    Some(out)
}

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

/// What matters of an expression to the one around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An array of only these is filled, line by line.
    Simple,
    Other,
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n']);
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip();
        self.rest.as_bytes().first().copied()
    }

    fn eat(&mut self, word: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, word: &str) -> Option<()> {
        self.eat(word).then_some(())
    }

    /// The next so many bytes.
    fn take(&mut self, length: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken).filter(|taken| !taken.is_empty())
    }

    /// A name, raw or not.
    fn name(&mut self) -> Option<&'a str> {
        self.skip();
        let raw = if self.rest.starts_with("r#") { 2 } else { 0 };
        let length = self.rest.bytes().skip(raw).take_while(|byte| is_name(*byte)).count();
        self.take(if length == 0 { 0 } else { raw + length })
    }

    /// Names with `::` between them.
    fn path(&mut self) -> Option<&'a str> {
        self.skip();
        let start = self.rest;
        self.name()?;
        while self.rest.starts_with("::") && !self.rest.starts_with("::<") {
            self.take(2)?;
            self.name()?;
        }
        start.get(..start.len() - self.rest.len())
    }

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

    /// A type: a path with arguments, a reference, `impl A + B`.
    fn ty(&mut self, lines: &mut Lines<'a>) -> Option<()> {
        match self.peek()? {
            b'&' => {
                self.take(1)?;
                lines.text("&");
                if self.eat("'static ") {
                    lines.text("'static ");
                }
                return self.ty(lines);
            }
            b'(' => {
                self.expect("()")?;
                lines.text("()");
                return Some(());
            }
            _ => {}
        }
        if self.eat("impl ") {
            lines.text("impl ");
            self.ty(lines)?;
            while self.eat("+ ") {
                lines.text(" + ");
                self.ty(lines)?;
            }
            return Some(());
        }
        lines.text(self.path()?);
        if self.rest.starts_with('<') {
            self.arguments(lines)?;
        }
        Some(())
    }

    /// `<A, B>`
    fn arguments(&mut self, lines: &mut Lines<'a>) -> Option<()> {
        self.expect("<")?;
        lines.text("<");
        lines.begin(INDENT);
        lines.gap(0);
        loop {
            if self.eat("Output = ") {
                lines.text("Output = ");
            }
            self.ty(lines)?;
            if self.eat(">") {
                break;
            }
            self.expect(",")?;
            lines.text(",");
            lines.space(0);
        }
        lines.last(0);
        lines.end();
        lines.text(">");
        Some(())
    }

    fn expression(&mut self, lines: &mut Lines<'a>) -> Option<Kind> {
        match self.peek()? {
            b'"' => self.string(lines),
            b'r' if literal(self.rest).is_some() => self.string(lines),
            b'0'..=b'9' => {
                let length = self.rest.bytes().take_while(|byte| is_name(*byte)).count();
                lines.text(self.take(length)?);
                // `1.5` has more to it.
                (!self.rest.starts_with('.')).then_some(Kind::Simple)
            }
            b'&' => {
                self.take(1)?;
                lines.text("&");
                self.expression(lines)?;
                Some(Kind::Other)
            }
            b'[' => self.array(lines),
            b'(' => self.tuple(lines),
            b'|' => self.closure(lines),
            b'<' => {
                let length = self.rest.find('>')? + 1;
                let of = self.take(length)?;
                let is_plain = |byte: u8| is_name(byte) || matches!(byte, b'<' | b'>' | b':' | b' ');
                if !of.bytes().all(is_plain) || !self.rest.starts_with("::") {
                    return None;
                }
                lines.text(of);
                self.take(2)?;
                lines.text("::");
                lines.text(self.path()?);
                Some(Kind::Other)
            }
            _ => self.path_expression(lines),
        }
    }

    fn string(&mut self, lines: &mut Lines<'a>) -> Option<Kind> {
        let length = literal(self.rest)?.len();
        lines.text(self.take(length)?);
        Some(Kind::Other)
    }

    /// A path, and what follows it: a struct, a call, a field or a call of a method.
    fn path_expression(&mut self, lines: &mut Lines<'a>) -> Option<Kind> {
        let path = self.path()?;
        if matches!(path, "true" | "false") {
            lines.text(path);
            return Some(Kind::Simple);
        }
        if self.rest.starts_with("::<") {
            lines.text(path);
            self.take(2)?;
            lines.text("::");
            self.arguments(lines)?;
            self.call(lines)?;
            return Some(Kind::Other);
        }
        if self.rest.starts_with('.') {
            self.take(1)?;
            lines.begin(INDENT);
            lines.text(path);
            lines.gap(0);
            lines.text(".");
            lines.text(self.name()?);
            if self.rest.starts_with('(') {
                lines.begin(0);
                self.call(lines)?;
                lines.end();
            }
            lines.end();
            // One call after another is laid out differently.
            return (!self.rest.starts_with('.')).then_some(Kind::Other);
        }
        match self.rest.as_bytes().first()? {
            b'(' => {
                lines.text(path);
                self.call(lines)?;
                (!self.rest.starts_with('.')).then_some(Kind::Other)
            }
            b' ' if self.peek()? == b'{' => self.fields(path, lines),
            b'!' | b'[' | b'?' => None,
            _ => {
                lines.text(path);
                Some(Kind::Other)
            }
        }
    }

    /// `A { b: c, ..D }` after its path.
    fn fields(&mut self, path: &'a str, lines: &mut Lines<'a>) -> Option<Kind> {
        /// Longer ones have a line for each field.
        const MOST: isize = 34;
        self.expect("{")?;
        lines.begin(INDENT);
        lines.text(path);
        lines.text(" {");
        lines.space(0);
        loop {
            if self.eat("..") {
                lines.text("..");
                self.expression(lines)?;
                lines.space(-INDENT);
                break;
            }
            lines.text(self.name()?);
            self.expect(": ")?;
            lines.text(": ");
            self.expression(lines)?;
            let comma = self.eat(",");
            if self.peek()? == b'}' {
                lines.last(1);
                break;
            }
            if !comma {
                return None;
            }
            lines.text(",");
            lines.space(0);
        }
        self.expect("}")?;
        lines.end_within(MOST);
        lines.text("}");
        Some(Kind::Other)
    }

    fn array(&mut self, lines: &mut Lines<'a>) -> Option<Kind> {
        self.expect("[")?;
        lines.text("[");
        if !self.eat("]") {
            lines.begin(INDENT);
            lines.gap(0);
            if self.list(lines, "]")?.1 {
                return None;
            }
            lines.end();
        }
        lines.text("]");
        Some(Kind::Other)
    }

    fn tuple(&mut self, lines: &mut Lines<'a>) -> Option<Kind> {
        self.expect("(")?;
        lines.text("(");
        lines.begin(INDENT);
        lines.gap(0);
        if self.list(lines, ")")?.0 < 2 {
            return None;
        }
        lines.end();
        lines.text(")");
        Some(Kind::Other)
    }

    /// The elements up to the closing bracket: how many, and whether all are simple.
    fn list(&mut self, lines: &mut Lines<'a>, close: &str) -> Option<(usize, bool)> {
        let (mut count, mut simple) = (0, true);
        loop {
            simple &= self.expression(lines)? == Kind::Simple;
            count += 1;
            let comma = self.eat(",");
            if self.eat(close) {
                lines.last(0);
                return Some((count, simple));
            }
            if !comma {
                return None;
            }
            lines.text(",");
            lines.space(0);
        }
    }

    /// `(a, b)` after what is called. One array, tuple, struct or closure shares the lines of the brackets.
    fn call(&mut self, lines: &mut Lines<'a>) -> Option<()> {
        self.expect("(")?;
        lines.text("(");
        if self.eat(")") {
            lines.measure();
        } else if self.is_block() {
            self.expression(lines)?;
            self.eat(",");
            self.expect(")")?;
        } else {
            lines.begin(INDENT);
            lines.gap(0);
            self.list(lines, ")")?;
            lines.end();
        }
        lines.text(")");
        Some(())
    }

    /// Whether an array, tuple, struct or closure is next.
    fn is_block(&mut self) -> bool {
        match self.peek() {
            Some(b'[' | b'(' | b'|') => true,
            Some(_) => {
                let mut ahead = Reader { rest: self.rest };
                ahead.path().is_some() && ahead.rest.starts_with(" {")
            }
            None => false,
        }
    }

    /// `|h: &H, cx, args| a(…)`
    fn closure(&mut self, lines: &mut Lines<'a>) -> Option<Kind> {
        const FORMS: [&str; 2] = ["|h: &H, cx, args| ", "|h: &H, cx, _| "];
        lines.text(FORMS.into_iter().find(|form| self.eat(form))?);
        lines.never();
        let path = self.path()?;
        lines.text(path);
        self.call(lines)?;
        (!self.rest.starts_with('.')).then_some(Kind::Other)
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
