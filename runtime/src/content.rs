//! Content blocks: what a tool answers beside or instead of structured content, what a resource holds, what a prompt
//! says.

use serde::Serialize;

use crate::def::Role;

/// The content of a tool result, in order.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub(crate) blocks: Vec<Block>,
}

/// One content block, by its `type` on the wire (MCP 2026-07-28, `ContentBlock`).
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Block {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// An image.
    Image {
        /// Base64.
        data: String,
        /// `image/png`, for example.
        #[serde(rename = "mimeType")]
        mime_type: String,
    },
    /// Sound.
    Audio {
        /// Base64.
        data: String,
        /// `audio/wav`, for example.
        #[serde(rename = "mimeType")]
        mime_type: String,
    },
    /// A resource whose contents are in the answer.
    Resource {
        /// The contents.
        resource: ResourceContents,
    },
    /// A pointer to a resource that the client can read.
    ResourceLink {
        /// The URI.
        uri: String,
        /// The name.
        name: String,
        /// The media type, where it is known.
        #[serde(rename = "mimeType", skip_serializing_if = "Option::is_none")]
        mime_type: Option<String>,
    },
}

impl Content {
    /// No content.
    pub fn new() -> Self {
        Self::default()
    }

    /// One text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new().with(Block::Text { text: text.into() })
    }

    /// Adds a block.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }
}

/// The contents of a resource at a URI.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceContents {
    /// The URI.
    pub uri: String,
    /// The media type, where it is known.
    #[serde(rename = "mimeType", skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Text or bytes.
    #[serde(flatten)]
    pub body: Body,
}

/// Text, or bytes as base64.
#[derive(Clone, Debug, Serialize)]
pub enum Body {
    /// `text`
    #[serde(rename = "text")]
    Text(String),
    /// `blob`, base64.
    #[serde(rename = "blob")]
    Blob(String),
}

/// A message of a prompt.
#[derive(Clone, Debug, Serialize)]
pub struct PromptMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Block,
}

impl PromptMessage {
    /// A text message of the user.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, content: Block::Text { text: text.into() } }
    }

    /// A text message of the assistant.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { role: Role::Assistant, content: Block::Text { text: text.into() } }
    }
}

impl Serialize for Role {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
