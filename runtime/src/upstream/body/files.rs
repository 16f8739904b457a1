//! Bytes in arguments: base64 text, or an object that says what the bytes are.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::value::RawValue;

use super::super::args::Node;
use super::super::header;

/// With or without padding: what is meant is the same.
const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);

/// A file of an argument.
#[derive(Debug)]
pub(super) struct File<'a> {
    pub(super) bytes: Vec<u8>,
    pub(super) filename: Option<String>,
    pub(super) media_type: Option<String>,
    /// Those of its part of a multipart body, unread.
    pub(super) headers: Option<&'a RawValue>,
}

impl<'a> File<'a> {
    /// Reads base64 text (RFC 4648 §4 or §5), or an object of `data`, `filename`, `mediaType` and `headers`.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence.
    pub(super) fn read(value: &'a RawValue) -> Result<Self, String> {
        let unreadable = |error: serde_json::Error| format!("cannot be read: {error}");
        match Node::read(value).map_err(unreadable)? {
            Node::Scalar(text) if value.get().starts_with('"') => {
                Ok(Self { bytes: bytes(&text)?, filename: None, media_type: None, headers: None })
            }
            Node::Object(members) => {
                let text = |key: &str| -> Result<Option<String>, String> {
                    let Some((_, value)) = members.iter().find(|(name, _)| name == key) else { return Ok(None) };
                    match Node::read(value).map_err(unreadable)? {
                        Node::Null => Ok(None),
                        Node::Scalar(text) if value.get().starts_with('"') => Ok(Some(text)),
                        _ => Err(format!("has a {key:?} that is no string")),
                    }
                };
                let data = text("data")?.ok_or("has no \"data\": give the content of the file, base64-encoded")?;
                let filename = text("filename")?;
                if let Some(name) = &filename {
                    check_filename(name)?;
                }
                let media_type = text("mediaType")?;
                if let Some(media_type) = &media_type {
                    check_media_type(media_type)?;
                }
                let headers = members.iter().find(|(name, _)| name == "headers").map(|(_, value)| *value);
                Ok(Self { bytes: bytes(&data)?, filename, media_type, headers })
            }
            _ => Err("is no file: give base64 text, or an object with \"data\"".to_owned()),
        }
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    STANDARD
        .decode(text)
        .or_else(|error| URL_SAFE.decode(text).map_err(|_| error))
        .map_err(|error| format!("is not base64: {error}"))
}

/// SECURITY.md O3: nothing is stripped. A path in a file name is for the client's machine (RFC 7578 §4.2), and a
/// backslash is read as an escape by some parsers.
fn check_filename(name: &str) -> Result<(), String> {
    if name.chars().any(char::is_control) {
        return Err("has a filename with a control character".to_owned());
    }
    if name.is_empty() || name.contains(['/', '\\']) || matches!(name, "." | "..") {
        return Err("has a filename that is no plain name: give it without a path".to_owned());
    }
    Ok(())
}

/// RFC 9110 §8.3.1: `type/subtype` and parameters.
fn check_media_type(text: &str) -> Result<(), String> {
    let essence = text.split(';').next().unwrap_or_default().trim();
    let fits = essence.split_once('/').is_some_and(|(kind, subtype)| {
        // The names of cookies are tokens too.
        header::is_cookie_name(kind) && header::is_cookie_name(subtype) && !essence.contains('*')
    });
    if fits && header::value(text).is_ok() { Ok(()) } else { Err("has a mediaType that is no media type".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<File<'_>, String> {
        File::read(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn base64_is_read_as_rfc_4648_writes_it() {
        // RFC 4648 §10, and §5 for 0xFB 0xEF 0xFF
        for (text, bytes) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zg", b"f"),
            ("Zm9vYmFy", b"foobar"),
            ("++//", b"\xfb\xef\xff"),
            ("--__", b"\xfb\xef\xff"),
        ] {
            assert_eq!(read(&format!("\"{text}\"")).unwrap().bytes, bytes, "{text}");
        }
        for text in ["Z", "Zm9v YmFy", "Zm9v!", "é"] {
            assert!(read(&format!("\"{text}\"")).is_err(), "{text}");
        }
    }

    #[test]
    fn an_object_says_what_the_bytes_are() {
        let file = read(r#"{"data":"Zg==","filename":"a.txt","mediaType":"text/plain; charset=utf-8"}"#).unwrap();
        assert_eq!(
            (file.filename.as_deref(), file.media_type.as_deref()),
            (Some("a.txt"), Some("text/plain; charset=utf-8"))
        );
        for text in ["1", "[]", "{}", r#"{"data":1}"#, r#"{"data":null}"#, "null"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn o3_names_and_media_types_that_could_write_headers_are_errors() {
        for name in ["a\\r\\nX: 1", "a\\u0000", "../a", "a/b", "a\\\\b", "", "..", "a\\u0085"] {
            let error = read(&format!(r#"{{"data":"","filename":"{name}"}}"#)).unwrap_err();
            assert!(error.contains("filename"), "{error}");
        }
        for media_type in ["", "text", "text/", "a/b\\r\\nX: 1", "image/*", "a b/c", "text/plain; x=\\u00e9"] {
            let error = read(&format!(r#"{{"data":"","mediaType":"{media_type}"}}"#)).unwrap_err();
            assert!(error.contains("mediaType"), "{media_type}: {error}");
        }
    }
}
