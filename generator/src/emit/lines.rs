//! Pieces of a line → lines: where groups that do not fit are broken.
//!
//! The algorithm is D. C. Oppen's ("Prettyprinting", ACM TOPLAS 2 (4), 1980), with the measures of `prettyplease`, because
//! what comes out must be what that would have made of the same item.

/// How much of a line may be used.
const MARGIN: isize = 89;

/// How much of it each line may use, however far it is indented.
const LEAST: isize = 60;

/// One level of indentation.
pub(super) const INDENT: isize = 4;

/// Longer than any line.
const ENDLESS: isize = 0xffff;

/// A piece of an item.
#[derive(Clone, Copy, Debug)]
enum Piece<'a> {
    Text(&'a str),
    Gap(Gap),
    Begin(Begin),
    End,
}

/// A place where a line may end.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// The spaces where it does not end.
    spaces: isize,
    /// Added to the indentation of the next line.
    offset: isize,
    /// Whether the line has a comma at its end.
    comma: bool,
    /// A place where no line ends: what stands before it is measured up to here.
    never: bool,
}

/// A group of which all lines end, or none.
#[derive(Clone, Copy, Debug)]
struct Begin {
    /// Added to the indentation of its lines.
    offset: isize,
}

/// An item in pieces, each measured up to the next place where a line may end.
#[derive(Debug, Default)]
pub(super) struct Lines<'a> {
    pieces: Vec<(Piece<'a>, isize)>,
    /// The pieces that are not measured yet.
    open: Vec<usize>,
    length: isize,
}

impl<'a> Lines<'a> {
    pub fn text(&mut self, text: &'a str) {
        self.pieces.push((Piece::Text(text), 0));
        self.length += isize::try_from(text.len()).unwrap_or(ENDLESS);
    }

    pub fn begin(&mut self, offset: isize) {
        self.open(Piece::Begin(Begin { offset }));
    }

    pub fn end(&mut self) {
        self.open(Piece::End);
    }

    /// The end of a group of which all lines end where it is longer than `most`.
    pub fn end_within(&mut self, most: isize) {
        let mut depth = 1;
        for at in self.open.iter().rev() {
            match self.pieces.get(*at) {
                Some((Piece::Begin(_), size)) => {
                    depth -= 1;
                    if depth == 0 {
                        self.length += if size + self.length > most { ENDLESS } else { 0 };
                        break;
                    }
                }
                Some((Piece::End, _)) => depth += 1,
                _ => {}
            }
        }
        self.end();
    }

    /// Nothing, or a line's end.
    pub fn gap(&mut self, offset: isize) {
        self.push_gap(Gap { spaces: 0, offset, comma: false, never: false });
    }

    /// A space, or a line's end.
    pub fn space(&mut self, offset: isize) {
        self.push_gap(Gap { spaces: 1, offset, comma: false, never: false });
    }

    /// What follows the last of a list: nothing, or a comma and a line's end.
    pub fn last(&mut self, spaces: isize) {
        self.push_gap(Gap { spaces, offset: -INDENT, comma: true, never: false });
    }

    /// A line's end.
    pub fn line(&mut self, offset: isize) {
        self.push_gap(Gap { spaces: ENDLESS, offset, comma: false, never: false });
    }

    /// A place where no line ends.
    pub fn never(&mut self) {
        self.push_gap(Gap { spaces: 0, offset: 0, comma: false, never: true });
    }

    /// What stands before is measured up to here.
    pub fn measure(&mut self) {
        let mut depth = 0;
        while let Some(at) = self.open.last() {
            let Some((piece, size)) = self.pieces.get_mut(*at) else { break };
            match piece {
                Piece::Begin(_) if depth == 0 => break,
                Piece::Begin(_) => {
                    *size += self.length;
                    depth -= 1;
                }
                Piece::End => depth += 1,
                Piece::Gap(_) => {
                    *size += self.length;
                    if depth == 0 {
                        self.open.pop();
                        break;
                    }
                }
                Piece::Text(_) => {}
            }
            self.open.pop();
        }
    }

    fn push_gap(&mut self, gap: Gap) {
        self.measure();
        self.open(Piece::Gap(gap));
        self.length += gap.spaces;
    }

    fn open(&mut self, piece: Piece<'a>) {
        self.open.push(self.pieces.len());
        self.pieces.push((piece, -self.length));
    }

    /// Adds the lines to `out`, the first at this indentation.
    pub fn print(mut self, out: &mut String, indent: isize) {
        self.push_gap(Gap { spaces: ENDLESS, offset: 0, comma: false, never: true });
        let mut left = (MARGIN - indent).max(LEAST);
        let (mut indent, mut pending) = (indent, indent);
        // For each group the indentation around it, where its lines end.
        let mut groups: Vec<Option<isize>> = Vec::new();
        for (piece, size) in &self.pieces {
            match piece {
                Piece::Text(text) => {
                    spaces(out, std::mem::take(&mut pending));
                    out.push_str(text);
                    left -= isize::try_from(text.len()).unwrap_or(ENDLESS);
                }
                Piece::Begin(begin) => {
                    let is_broken = *size > left;
                    groups.push(is_broken.then_some(indent));
                    if is_broken {
                        indent += begin.offset;
                    }
                }
                Piece::End => {
                    if let Some(Some(around)) = groups.pop() {
                        indent = around;
                    }
                }
                Piece::Gap(gap) if gap.never => {}
                Piece::Gap(gap) if matches!(groups.last(), Some(Some(_))) => {
                    if gap.comma {
                        spaces(out, std::mem::take(&mut pending));
                        out.push(',');
                    }
                    out.push('\n');
                    pending = indent + gap.offset;
                    left = (MARGIN - pending).max(LEAST);
                }
                Piece::Gap(gap) => {
                    pending += gap.spaces;
                    left -= gap.spaces;
                }
            }
        }
        out.push('\n');
    }
}

fn spaces(out: &mut String, count: isize) {
    out.extend(std::iter::repeat_n(' ', usize::try_from(count).unwrap_or(0)));
}
