use url::Url;

use super::*;
use crate::upstream::encode::Escape;

/// What a request does with one path parameter of style `simple`.
fn fill(template: &str, value: &str) -> Result<Option<String>, &'static str> {
    Template::parse(template).fill(|_| match problem(value, false) {
        Some(problem) => Err(problem),
        None => Ok(Expansion { text: Escape::All.apply(value), spans_segments: false, tabs: false }),
    })
}

fn filled(template: &str, value: &str) -> String {
    fill(template, value).unwrap().unwrap()
}

#[test]
fn templates_are_filled_in_and_literals_encoded() {
    assert_eq!(filled("/pets/{petId}", "a b"), "/pets/a%20b");
    assert_eq!(filled("/pets/{petId}.json/x", "7"), "/pets/7.json/x");
    assert_eq!(filled("/users({id})/é x", "7"), "/users(7)/%C3%A9%20x");
    assert_eq!(filled("pets/{petId}", "7"), "/pets/7");
    assert_eq!(filled("/a/{b}/", "7"), "/a/7/");
    assert_eq!(filled("/a%20b/{c}", "7"), "/a%20b/7");
    assert_eq!(filled("/a/{b}#fragment", "7"), "/a/7");
    assert_eq!(filled("/a/{b}", "%"), "/a/%25");
    assert_eq!(filled("/open{brace", "7"), "/open%7Bbrace");
    assert_eq!(filled("/{b}{c}", "7"), "/77");
    assert_eq!(Template::parse("/a?x=y&z#f").query, Some("x=y&z"));
}

#[test]
fn o1_values_that_could_change_the_path_are_refused() {
    for value in [
        "", ".", "..", "...", ". .", " ", "/", "a/b", "../x", "..\\x", "\\", "a\\b", "\0", "a\nb", "a\tb", "\u{7f}",
        "\u{85}",
    ] {
        for level in 0..4 {
            let mut encoded = value.to_owned();
            for _ in 0..level {
                encoded = encoded.bytes().map(|byte| format!("%{byte:02x}")).collect();
            }
            assert!(fill("/p/{v}", &encoded).is_err(), "{encoded:?}");
        }
    }
    for value in [
        "%2e%2e",
        "%2E.",
        ".%2e",
        "%252e%252e%252f",
        "..;",
        "..;a=b",
        "%2e%2e%3b",
        "%c0%ae%c0%ae",
        "%ff",
        "%00",
        "x%2fy",
        "x%5Cy",
    ] {
        assert!(fill("/p/{v}", value).is_err(), "{value:?}");
    }
    let mut nested = "..".to_owned();
    for _ in 0..40 {
        nested = nested.replace('.', "%2e").replace('%', "%25");
        if nested.len() > 1 << 20 {
            break;
        }
        assert!(fill("/p/{v}", &nested).is_err());
    }
}

#[test]
fn ordinary_values_are_not_refused() {
    for value in [
        "a",
        "a.b",
        "v1.2",
        ".hidden",
        "..a",
        "a..",
        "100%",
        "50%25",
        "a;b",
        ";",
        "~",
        "é",
        "你好",
        "a@b",
        "http:",
        "$metadata",
        "-1.5",
    ] {
        assert!(fill("/p/{v}", value).unwrap().is_some(), "{value}");
    }
}

#[test]
fn o1_segments_made_of_several_variables_cannot_become_dots() {
    let parts = |template: &'static str, texts: [&'static str; 2]| {
        let mut texts = texts.into_iter();
        let fill = Template::parse(template).fill(|_| {
            Ok::<_, ()>(Expansion { text: texts.next().unwrap().to_owned(), spans_segments: false, tabs: false })
        });
        fill.unwrap()
    };
    assert_eq!(parts("/{a}{b}", ["x", "y"]).as_deref(), Some("/xy"));
    for (template, texts) in [
        ("/{a}{b}", [".", "."]),
        ("/{a}.{b}", ["", ""]),
        ("/{a}/{b}", ["x", ""]),
        ("/{a}/{b}", ["x/y", "z"]),
        ("/{a}-{b}", ["x", "/"]),
        ("/{a}/{b}", ["%2e%2e", "z"]),
    ] {
        assert_eq!(parts(template, texts), None, "{template} {texts:?}");
    }
}

#[test]
fn o1_a_variable_that_may_span_segments_keeps_the_literals_around_it() {
    let fill = |value: &str| match problem(value, true) {
        Some(_) => None,
        None => Template::parse("/files/{path}/raw")
            .fill(|_| {
                Ok::<_, ()>(Expansion { text: Escape::ReservedInPath.apply(value), spans_segments: true, tabs: false })
            })
            .unwrap(),
    };
    assert_eq!(fill("src/a b.rs").as_deref(), Some("/files/src/a%20b.rs/raw"));
    for value in ["../x", "a/../../x", "a//b", "/a", "a/", "a/%2e%2e/b", "a\\b", "./a", "a/..;/b", "a%2f..%2fb"] {
        assert_eq!(fill(value), None, "{value}");
    }
    // would end the path
    assert_eq!(fill("a?b#c").as_deref(), Some("/files/a%3Fb%23c/raw"));
}

/// A generator of values around everything that path handling is known to trip over.
struct Fuzz(u64);

impl Fuzz {
    const PIECES: [&'static str; 44] = [
        ".",
        "..",
        "...",
        "/",
        "\\",
        "//",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "%252e",
        "%252f",
        "%25",
        "%",
        "%c0%ae",
        "%00",
        ";",
        "..;",
        "?",
        "#",
        "@",
        ":",
        "&",
        "=",
        "+",
        " ",
        "\t",
        "\n",
        "\r",
        "\0",
        "\u{7f}",
        "\u{a0}",
        "\u{200b}",
        "\u{2024}",
        "\u{ff0e}",
        "\u{ff0f}",
        "é",
        "a",
        "B",
        "7",
        "http://evil.example",
        "[::1]",
        "~",
        "{v}",
    ];

    fn next(&mut self) -> u64 {
        // xorshift64*, Vigna 2014
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    fn value(&mut self) -> String {
        let mut value = String::new();
        for _ in 0..self.below(6) + usize::from(self.below(16) != 0) {
            if self.below(8) == 0 {
                value.extend(char::from_u32(self.below(0x3000) as u32));
            } else {
                value.push_str(Self::PIECES[self.below(Self::PIECES.len())]);
            }
        }
        value
    }
}

/// The segments of a path as the laxest server reads it: everything decoded until nothing changes, backslashes are
/// slashes, path parameters dropped, dot segments applied.
fn lax_segments(path: &str) -> Vec<String> {
    let mut text = path.to_owned();
    loop {
        let decoded = percent_decode(text.as_bytes()).decode_utf8_lossy().into_owned();
        if decoded == text {
            break;
        }
        text = decoded;
    }
    let mut segments: Vec<String> = Vec::new();
    for segment in text.replace('\\', "/").split('/') {
        match segment.split(';').next().unwrap_or_default().trim() {
            ".." => drop(segments.pop()),
            "." => {}
            _ => segments.push(segment.to_owned()),
        }
    }
    segments
}

/// 200,000 values; `MCPGEN_FUZZ=1000000` for more.
#[test]
fn o1_o2_the_route_never_changes() {
    let count = std::env::var("MCPGEN_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(200_000);
    let mut fuzz = Fuzz(0x9E37_79B9_7F4A_7C15);
    let mut accepted = 0;
    for _ in 0..count {
        let value = fuzz.value();
        let Ok(Some(path)) = fill("/v1/pets/{v}/toys", &value) else { continue };
        accepted += 1;
        let url = Url::parse(&format!("https://api.example{path}")).unwrap();
        assert_eq!(url.host_str(), Some("api.example"), "{value:?}");
        assert_eq!(url.path(), path, "{value:?}");
        assert!(url.query().is_none() && url.fragment().is_none(), "{value:?}");
        let segments = lax_segments(url.path());
        assert_eq!(segments.len(), 5, "{value:?} {segments:?}");
        assert_eq!((&*segments[1], &*segments[2], &*segments[4]), ("v1", "pets", "toys"), "{value:?}");
    }
    // neither everything nor nothing got through
    assert!(accepted > count / 20 && accepted < count * 19 / 20, "{accepted} of {count}");
}
