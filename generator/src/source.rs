//! Source texts and places in them.

/// A place: a byte range of a source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    /// Which file; 0 is the document itself.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A source file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The path as messages show it: relative to where the command runs, forward slashes.
    pub name: String,
    pub text: String,
    /// Byte offset of the start of each line.
    lines: Vec<u32>,
    /// The number of characters before each multiple of [`STEP`]: generated JSON is often one line of megabytes, and
    /// every part of it has a column.
    characters: Vec<u32>,
}

/// In bytes.
const STEP: usize = 4096;

/// In a line of more bytes the number of the line does not lead anywhere.
const LONG_LINE: usize = 2000;

impl Source {
    pub(crate) fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1))
            .collect();
        let mut before = 0;
        let mut characters = vec![0];
        characters.extend(text.as_bytes().chunks(STEP).map(|chunk| {
            before += starts(chunk) as u32;
            before
        }));
        Self { name: name.into(), text, lines, characters }
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub(crate) fn position(&self, offset: u32) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0) as usize;
        let end = (offset as usize).min(self.text.len());
        (line as u32, self.characters_before(end) - self.characters_before(start) + 1)
    }

    /// Line and column of a byte offset as texts name them: `41`; in a line that nobody scrolls through `1:80123`,
    /// because generated JSON is often one line of megabytes.
    pub(crate) fn named_position(&self, offset: u32) -> String {
        let (line, column) = self.position(offset);
        let at = line as usize;
        let start = self.lines.get(at.saturating_sub(1)).copied().unwrap_or(0) as usize;
        let end = self.lines.get(at).map_or(self.text.len(), |next| *next as usize);
        if end.saturating_sub(start) > LONG_LINE { format!("{line}:{column}") } else { line.to_string() }
    }

    /// How many characters begin before a byte offset.
    fn characters_before(&self, offset: usize) -> u32 {
        let step = offset / STEP;
        let rest = self.text.as_bytes().get(step * STEP..offset).unwrap_or_default();
        self.characters.get(step).copied().unwrap_or_default() + starts(rest) as u32
    }
}

/// How many characters begin in a part of UTF-8.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

/// All files that were read for one document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file and returns its number.
    pub(crate) fn add(&mut self, source: Source) -> u32 {
        self.files.push(source);
        self.files.len() as u32 - 1
    }

    /// Puts another text in the place of a file, once it is known.
    pub(crate) fn replace(&mut self, file: u32, source: Source) {
        if let Some(slot) = self.files.get_mut(file as usize) {
            *slot = source;
        }
    }

    pub(crate) fn get(&self, file: u32) -> Option<&Source> {
        self.files.get(file as usize)
    }

    /// All files, the document first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Source> {
        self.files.iter()
    }

    /// `name:line` of a span.
    #[cfg(test)]
    pub(crate) fn name_and_line(&self, span: Span) -> String {
        self.get(span.file)
            .map(|source| format!("{}:{}", source.name, source.position(span.start).0))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_long_line_has_a_column() {
        let source = Source::new("a", format!("short\n{}\nshort", "é".repeat(2000)));
        assert_eq!(source.named_position(3), "1");
        assert_eq!(source.named_position(6), "2:1");
        assert_eq!(source.named_position(6 + 2 * 1500), "2:1501");
        assert_eq!(source.named_position(6 + 2 * 2000 + 1), "3");
    }

    #[test]
    fn columns_of_long_lines_count_characters() {
        let text = format!("a\n{}", "é日x".repeat(5000));
        let source = Source::new("a", text.as_str());
        for (offset, _) in text.char_indices().step_by(997).chain([(text.len(), ' ')]) {
            let line = text[..offset].matches('\n').count() + 1;
            let begin = text[..offset].rfind('\n').map_or(0, |at| at + 1);
            let column = text[begin..offset].chars().count() + 1;
            assert_eq!(source.position(offset as u32), (line as u32, column as u32), "{offset}");
        }
        assert_eq!(source.position(u32::MAX), (2, 15_001));
    }
}
