//! Characters that make a reader see something else than a program does (SECURITY.md I12): terminal escapes,
//! bidirectional controls, zero-width and tag characters. They are replaced by JSON escapes, `\u202e`: in JSON text that
//! is the same value, in other text it shows what was there.
//!
//! What languages and emoji need stays: directional marks, joiners between the letters and pictures that they join,
//! variation selectors after a character, the tags of flags.

use std::borrow::Cow;

use crate::error::Error;

/// Tags of a flag at most: six letters of a subdivision (UTS #51, ED-14a).
const MOST_TAGS: usize = 6;

/// The text without them.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    // Most texts are ASCII without controls, and are looked at as bytes; without a branch, so that the compiler looks at
    // many at a time.
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    if text.bytes().fold(true, |all, byte| all & plain(byte)) {
        return Cow::Borrowed(text);
    }
    let mut out: Option<String> = None;
    let mut before = Before::default();
    for (at, character) in text.char_indices() {
        let stays = before.allows(character, &text[at..]);
        before.read(character, stays);
        match (&mut out, stays) {
            (None, true) => {}
            (Some(out), true) => out.push(character),
            (out, false) => {
                let out = out.get_or_insert_with(|| text[..at].to_owned());
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// As [`text`], for a JSON text, in whose strings the controls of ASCII are escapes already, but for DEL: a long one is
/// looked over in a fraction of the time.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && memchr::memchr(0x7f, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    self::text(text)
}

/// The error with every text of it so, its data as JSON of equal value.
pub(crate) fn error(error: Error) -> Error {
    error.reworded(|words| match text(words) {
        Cow::Borrowed(_) => None,
        Cow::Owned(shown) => Some(shown),
    })
}

/// What stands before a character.
#[derive(Default)]
struct Before {
    /// The character that joiners and selectors belong to.
    base: Option<char>,
    /// Whether a selector or a joiner stands between it and here.
    selected: bool,
    joined: bool,
    /// Tags of a flag that are still to come, the one that ends it among them.
    tags: usize,
}

impl Before {
    fn allows(&self, character: char, rest: &str) -> bool {
        let base = || self.base.is_some_and(|base| !base.is_ascii());
        match character {
            '\n' | '\r' | '\t' => true,
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => false,
            // Embeddings, overrides, isolates; line and paragraph separators.
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => false,
            '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' => false,
            '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => false,
            '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' => false,
            // Zero-width non-joiner and joiner.
            '\u{200c}' | '\u{200d}' => base() && !self.joined,
            // Keycaps and © ask for a picture, too.
            '\u{fe00}'..='\u{fe0f}' => self.base.is_some() && !self.selected,
            '\u{e0100}'..='\u{e01ef}' => self.base.is_some_and(is_ideograph) && !self.selected,
            '\u{e0000}'..='\u{e0fff}' => self.tags > 0 || self.base == Some('\u{1f3f4}') && flag(rest) > 0,
            _ => true,
        }
    }

    fn read(&mut self, character: char, stays: bool) {
        match character {
            _ if !stays => *self = Self::default(),
            '\u{200c}' | '\u{200d}' => self.joined = true,
            '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => self.selected = true,
            '\u{e0000}'..='\u{e0fff}' => {
                // The flag was looked at as a whole; what follows it begins anew.
                self.tags = if character == '\u{e007f}' { 0 } else { MOST_TAGS };
                self.base = None;
            }
            c if c.is_whitespace() => *self = Self::default(),
            c => *self = Self { base: Some(c), ..Self::default() },
        }
    }
}

/// How many tags the flag of a subdivision has that begins here; 0 where none does.
fn flag(rest: &str) -> usize {
    let tags = rest.chars().take_while(|c| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}')).count();
    let ended = rest.chars().nth(tags) == Some('\u{e007f}');
    if ended && (1..=MOST_TAGS).contains(&tags) { tags } else { 0 }
}

fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unicode 16, `Default_Ignorable_Code_Point`, `Bidi_Control` and `Cc`, without what the rules below name.
    fn is_smuggler(code: u32) -> bool {
        matches!(code, 0..=8 | 0xb | 0xc | 0xe..=0x1f | 0x7f..=0x9f
            | 0x34f | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200d | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
            | 0xfff0..=0xfffb | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
    }

    #[test]
    fn i12_every_code_point_stays_or_shows() {
        for character in (0..=0x10_ffff).filter_map(char::from_u32) {
            let given = format!(" {character}b");
            let shown = text(&given);
            assert_eq!(shown != given, is_smuggler(u32::from(character)), "{:x}", u32::from(character));
            // In JSON it is the same value.
            if shown != given {
                let value: String = serde_json::from_str(&format!("\"{shown}\"")).unwrap();
                assert_eq!(value, given);
            }
        }
    }

    #[test]
    fn i12_json_texts_are_told_the_same() {
        for character in (0x20..=0x2_ffff).filter_map(char::from_u32).filter(|c| !matches!(c, '"' | '\\')) {
            let given = format!("[\n\t\" {character}b\"]");
            assert_eq!(json(&given), text(&given), "{:x}", u32::from(character));
        }
    }

    #[test]
    fn i12_languages_and_emoji_survive() {
        for legitimate in [
            "שלום עולם (hello)",
            "مرحبا\u{200f} ABC\u{200e} 123",
            // Persian: "I go", with a non-joiner.
            "می\u{200c}روم",
            // Devanagari with a joiner.
            "क्\u{200d}ष",
            "👨\u{200d}👩\u{200d}👧\u{200d}👦 👩🏽\u{200d}🚀 ❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3} ©\u{fe0f}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} 🇩🇪",
            "葛\u{e0100}城市",
            "Soft\u{ad}hyphen, nbsp\u{a0}, é, e\u{301}, 漢字, ไทย",
            "line\nbreak\r\n\ttab",
        ] {
            assert_eq!(text(legitimate), legitimate);
        }
    }

    #[test]
    fn i12_hidden_text_shows() {
        for (given, shown) in [
            ("\u{1b}[31mred\u{1b}[0m", "\\u001b[31mred\\u001b[0m"),
            ("a\u{202e}txt.exe", "a\\u202etxt.exe"),
            ("ignore\u{200b}d", "ignore\\u200bd"),
            ("a\u{200d}b", "a\\u200db"),
            ("👨\u{200d}\u{200d}", "👨\u{200d}\\u200d"),
            // "hi" in tags, after nothing and after a flag that is none
            ("\u{e0068}\u{e0069}", "\\udb40\\udc68\\udb40\\udc69"),
            ("🏴\u{e0068}\u{e0069} x", "🏴\\udb40\\udc68\\udb40\\udc69 x"),
            // bytes in variation selectors
            ("😀\u{fe00}\u{fe01}", "😀\u{fe00}\\ufe01"),
            ("😀\u{e0101}", "😀\\udb40\\udd01"),
        ] {
            assert_eq!(text(given), shown);
        }
    }
}
