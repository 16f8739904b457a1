//! Types and expressions of the tables.

use super::super::lines::{INDENT, Lines};
use super::source::{Reader, is_name, literal};

/// What matters of an expression to the one around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An array of only these is filled, line by line.
    Simple,
    Other,
}

impl<'a> Reader<'a> {
    /// A type: a path with arguments, a reference, `impl A + B`.
    pub fn ty(&mut self, lines: &mut Lines<'a>) -> Option<()> {
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

    pub fn expression(&mut self, lines: &mut Lines<'a>) -> Option<Kind> {
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
