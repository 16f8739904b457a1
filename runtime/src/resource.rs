//! What a resource handler answers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::content::{Block, Body, ResourceContents};
use crate::error::{Error, ErrorKind};
use crate::tool::{Answer, IntoAnswer, Outcome};

/// The contents of one resource: text or bytes, with a media type where it differs from the declared one.
///
/// Deliberately not `Serialize`: as a handler's answer it means contents, never JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    data: Data,
    mime_type: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Data {
    Text(String),
    Bytes(Vec<u8>),
}

impl Contents {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { data: Data::Text(text.into()), mime_type: None }
    }

    /// Bytes; they travel as base64.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self { data: Data::Bytes(bytes.into()), mime_type: None }
    }

    /// The media type of these contents, instead of the one that the resource declares.
    #[must_use]
    pub fn with_mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// The contents as `resources/read` answers them.
    pub(crate) fn at(self, uri: &str, declared: Option<&str>) -> ResourceContents {
        let body = match self.data {
            Data::Text(text) => Body::Text(text),
            Data::Bytes(bytes) => Body::Blob(STANDARD.encode(bytes)),
        };
        ResourceContents {
            uri: uri.to_owned(),
            mime_type: self.mime_type.or_else(|| declared.map(str::to_owned)),
            body,
        }
    }

    /// The contents as the block of a tool's answer: text, image or sound by media type, else an embedded resource.
    pub(crate) fn into_block(self, uri: &str) -> Block {
        let bytes = match self.data {
            Data::Text(text) => return Block::Text { text },
            Data::Bytes(bytes) => STANDARD.encode(bytes),
        };
        let mime_type = self.mime_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        if mime_type.starts_with("image/") {
            Block::Image { data: bytes, mime_type }
        } else if mime_type.starts_with("audio/") {
            Block::Audio { data: bytes, mime_type }
        } else {
            let body = Body::Blob(bytes);
            Block::Resource { resource: ResourceContents { uri: uri.to_owned(), mime_type: Some(mime_type), body } }
        }
    }
}

impl From<String> for Contents {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Contents {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<Vec<u8>> for Contents {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}

impl IntoAnswer for Contents {
    fn into_answer(self) -> Outcome {
        Ok(Answer::Contents(self))
    }
}

/// Any answer of a handler as the contents of the resource that was read.
///
/// A JSON value is its own text, `application/json` unless the resource declares another type; a JSON string under a
/// type that is not JSON is the string itself, so that a handler of Markdown may return a `String`.
///
/// # Errors
/// `Internal`, for content blocks that hold nothing readable.
pub(crate) fn contents(uri: &str, declared: Option<&str>, answer: Answer) -> Result<Vec<ResourceContents>, Error> {
    match answer {
        Answer::Contents(contents) => Ok(vec![contents.at(uri, declared)]),
        Answer::Json(json) => {
            let plain = match declared {
                Some(declared) if !is_json(declared) => json.decode::<String>().ok(),
                _ => None,
            };
            let contents = Contents::text(plain.unwrap_or_else(|| json.as_str().to_owned()));
            Ok(vec![contents.at(uri, declared.or(Some("application/json")))])
        }
        Answer::Content(content) => content
            .blocks
            .into_iter()
            .map(|block| match block {
                Block::Text { text } => Ok(Contents::text(text).at(uri, declared)),
                Block::Image { data, mime_type } | Block::Audio { data, mime_type } => {
                    Ok(ResourceContents { uri: uri.to_owned(), mime_type: Some(mime_type), body: Body::Blob(data) })
                }
                Block::Resource { resource } => Ok(resource),
                Block::ResourceLink { .. } => {
                    Err(Error::new(ErrorKind::Internal, "A resource answered a link instead of its contents."))
                }
            })
            .collect(),
    }
}

/// `application/json`, `application/problem+json; charset=utf-8` and their like (RFC 6838 §4.2.8).
fn is_json(mime_type: &str) -> bool {
    let essence = mime_type.split(';').next().unwrap_or_default().trim();
    essence.ends_with("/json") || essence.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Content;
    use crate::json::RawJson;

    fn json(contents: &[ResourceContents]) -> String {
        serde_json::to_string(contents).unwrap()
    }

    #[test]
    fn text_bytes_and_media_types() {
        let text = contents("a://b", Some("text/markdown"), Answer::Contents("# Hi".into())).unwrap();
        assert_eq!(json(&text), r##"[{"uri":"a://b","mimeType":"text/markdown","text":"# Hi"}]"##);
        let own = Contents::from(vec![0xff_u8, 0xfe]).with_mime_type("image/png");
        let bytes = contents("a://b", Some("text/plain"), Answer::Contents(own)).unwrap();
        // RFC 4648 §4: 0xFF 0xFE is "//4=".
        assert_eq!(json(&bytes), r#"[{"uri":"a://b","mimeType":"image/png","blob":"//4="}]"#);
    }

    #[test]
    fn json_answers_keep_their_spelling_and_strings_become_text_only_under_a_text_type() {
        let number = RawJson::parse(r#"{ "n": 1.50 }"#).unwrap();
        let read = contents("a://b", None, Answer::Json(number)).unwrap();
        assert_eq!(json(&read), r#"[{"uri":"a://b","mimeType":"application/json","text":"{\"n\":1.50}"}]"#);
        let string = RawJson::parse(r#""hi""#).unwrap();
        let read = contents("a://b", Some("text/plain"), Answer::Json(string.clone())).unwrap();
        assert_eq!(json(&read), r#"[{"uri":"a://b","mimeType":"text/plain","text":"hi"}]"#);
        let read = contents("a://b", Some("application/problem+json"), Answer::Json(string)).unwrap();
        assert_eq!(json(&read), r#"[{"uri":"a://b","mimeType":"application/problem+json","text":"\"hi\""}]"#);
    }

    #[test]
    fn a_link_is_no_contents() {
        let link = Block::ResourceLink { uri: "a://c".into(), name: "c".into(), mime_type: None };
        assert!(contents("a://b", None, Answer::Content(Content::new().with(link))).is_err());
    }
}
