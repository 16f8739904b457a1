//! The lists of tools, resources, templates and prompts: written once for each class of revisions, then shared.

use std::borrow::Cow;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::def::{Annotations, PromptDef, ResourceDef, TemplateDef, ToolDef};
use crate::neutralise;
use crate::server::Server;

use super::Revision;
use super::error::{RpcError, push_string};
use super::result::{Cache, ResultWriter, Separator};
use super::schema;

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tools,
    Resources,
    Templates,
    Prompts,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Tools, Self::Resources, Self::Templates, Self::Prompts];

    /// The member of the result that holds the items.
    const fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
            Self::Prompts => "prompts",
        }
    }
}

/// The revisions whose lists are written alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// 2024-11-05
    Plain,
    /// 2025-03-26: tool annotations.
    Annotated,
    /// 2025-06-18 and 2025-11-25: titles and output schemas.
    Titled,
    /// 2026-07-28: output schemas of any type, caching.
    Modern,
}

impl Class {
    const COUNT: usize = 4;

    fn of(revision: Revision) -> Self {
        if revision.is_modern() {
            Self::Modern
        } else if revision.has_titles() {
            Self::Titled
        } else if revision.has_annotations() {
            Self::Annotated
        } else {
            Self::Plain
        }
    }
}

/// The result objects of all lists, page by page.
#[derive(Default)]
pub(super) struct Lists {
    pages: [[OnceLock<Vec<Page>>; Class::COUNT]; Kind::ALL.len()],
}

struct Page {
    /// What leads to this page; the first has none.
    cursor: Option<String>,
    result: Bytes,
}

impl Lists {
    /// The result of a list request. No cursor, and the empty one, which no page has, begin at the first page.
    pub(super) fn page(
        &self,
        server: &Server,
        kind: Kind,
        revision: Revision,
        cursor: Option<&str>,
        paging: &Paging<'_>,
    ) -> Result<Bytes, RpcError> {
        let class = Class::of(revision);
        let pages = self.pages[kind as usize][class as usize].get_or_init(|| write(server, kind, revision, paging));
        let cursor = cursor.filter(|cursor| !cursor.is_empty());
        let page = pages.iter().find(|page| page.cursor.as_deref() == cursor);
        page.map(|page| page.result.clone()).ok_or_else(|| RpcError::invalid_params("Invalid params: unknown cursor"))
    }
}

/// How lists are cut into pages and marked for caches.
pub(super) struct Paging<'a> {
    /// Items of a page, at least 1.
    pub(super) size: usize,
    pub(super) cache: Cache,
    pub(super) server_info: &'a str,
}

fn write(server: &Server, kind: Kind, revision: Revision, paging: &Paging<'_>) -> Vec<Page> {
    match kind {
        Kind::Tools => pages(&server.tools().collect::<Vec<_>>(), kind, revision, paging),
        Kind::Resources => pages(&server.resources().collect::<Vec<_>>(), kind, revision, paging),
        Kind::Templates => pages(&server.templates().collect::<Vec<_>>(), kind, revision, paging),
        Kind::Prompts => pages(&server.prompts().collect::<Vec<_>>(), kind, revision, paging),
    }
}

/// What a list lists.
trait Item {
    /// What tells it from the others of its kind.
    fn key(&self) -> &'static str;

    /// The length of its longest texts.
    fn size(&self) -> usize;

    /// Writes its members.
    fn write(&self, object: &mut Object<'_>, class: Class);
}

fn pages<T: Item>(items: &[&T], kind: Kind, revision: Revision, paging: &Paging<'_>) -> Vec<Page> {
    let class = Class::of(revision);
    let mut chunks = items.chunks(paging.size.max(1)).peekable();
    let mut pages = Vec::new();
    let mut cursor = None;
    loop {
        // A list without items is one page.
        let page = chunks.next().unwrap_or_default();
        let next = chunks.peek().and_then(|chunk| chunk.first()).map(|item| cursor_of(kind, item.key()));
        // Start-up waits for the first list: its memory is taken once, and what is written is written in its place.
        let mut out = String::with_capacity(page.iter().map(|item| item.size() + 256).sum::<usize>() + 256);
        let mut result = ResultWriter::begin(&mut out, revision, paging.server_info);
        result.member(kind.member(), |out| {
            out.push('[');
            let mut separate = Separator::default();
            for item in page {
                separate.next(out);
                let mut object = Object::begin(out);
                item.write(&mut object, class);
                object.end();
            }
            out.push(']');
        });
        if let Some(next) = &next {
            result.member("nextCursor", |out| push_string(out, next));
        }
        result.cache(paging.cache).end(&[]);
        // SECURITY.md I12: in JSON text the escapes are the same value.
        let out = match neutralise::json(&out) {
            Cow::Owned(shown) => shown,
            Cow::Borrowed(_) => out,
        };
        pages.push(Page { cursor, result: Bytes::from(out) });
        if next.is_none() {
            return pages;
        }
        cursor = next;
    }
}

/// The cursor of the page that begins with this item: it stays valid on every instance that serves the same tables.
/// It hides no secret; clients merely must not build on its form. FNV-1a, 64 bits.
fn cursor_of(kind: Kind, first: &str) -> String {
    let bytes = kind.member().bytes().chain([0]).chain(first.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

/// An object that grows member by member, at the end of a text.
struct Object<'a> {
    out: &'a mut String,
    separate: Separator,
}

impl<'a> Object<'a> {
    fn begin(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, separate: Separator::default() }
    }

    /// The place where the value of the next member is written. Names are constants without anything to escape.
    fn member(&mut self, name: &str) -> &mut String {
        self.separate.next(self.out);
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
        self.out
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            push_string(self.member(name), value);
        }
    }

    /// `title`, where the class has it.
    fn title(&mut self, class: Class, title: Option<&str>) {
        if matches!(class, Class::Titled | Class::Modern) {
            self.text("title", title);
        }
    }

    fn end(self) {
        self.out.push('}');
    }
}

impl Item for ToolDef {
    fn key(&self) -> &'static str {
        self.name
    }

    fn size(&self) -> usize {
        self.description.len() + self.input_schema.len() + self.output_schema.map_or(0, str::len)
    }

    fn write(&self, object: &mut Object<'_>, class: Class) {
        object.text("name", Some(self.name));
        object.title(class, self.title);
        object.text("description", Some(self.description));
        let unfold = if class == Class::Modern { schema::unfold } else { schema::unfold_legacy };
        unfold(self.input_schema, object.member("inputSchema"));
        if let Some(output) = self.output_schema
            && (class == Class::Modern || (class == Class::Titled && schema::is_object(output)))
        {
            unfold(output, object.member("outputSchema"));
        }
        // Revision 2025-03-26 has a title among the annotations alone.
        let title = self.title.filter(|_| class == Class::Annotated);
        if class != Class::Plain && (title.is_some() || self.annotations != Annotations::NONE) {
            annotations(object.member("annotations"), self.annotations, title);
        }
    }
}

fn annotations(out: &mut String, hints: Annotations, title: Option<&str>) {
    let mut object = Object::begin(out);
    object.text("title", title);
    for (name, hint) in [
        ("readOnlyHint", hints.read_only),
        ("destructiveHint", hints.destructive),
        ("idempotentHint", hints.idempotent),
        ("openWorldHint", hints.open_world),
    ] {
        if let Some(hint) = hint {
            object.member(name).push_str(if hint { "true" } else { "false" });
        }
    }
    object.end();
}

impl Item for ResourceDef {
    fn key(&self) -> &'static str {
        self.uri
    }

    fn size(&self) -> usize {
        self.uri.len() + self.description.map_or(0, str::len)
    }

    fn write(&self, object: &mut Object<'_>, class: Class) {
        object.text("uri", Some(self.uri));
        object.text("name", Some(self.name));
        object.title(class, self.title);
        object.text("description", self.description);
        object.text("mimeType", self.mime_type);
    }
}

impl Item for TemplateDef {
    fn key(&self) -> &'static str {
        self.uri_template
    }

    fn size(&self) -> usize {
        self.uri_template.len() + self.description.map_or(0, str::len)
    }

    fn write(&self, object: &mut Object<'_>, class: Class) {
        object.text("uriTemplate", Some(self.uri_template));
        object.text("name", Some(self.name));
        object.title(class, self.title);
        object.text("description", self.description);
        object.text("mimeType", self.mime_type);
    }
}

impl Item for PromptDef {
    fn key(&self) -> &'static str {
        self.name
    }

    fn size(&self) -> usize {
        let arguments = self.arguments.iter().map(|argument| argument.description.map_or(0, str::len) + 64);
        self.description.len() + arguments.sum::<usize>()
    }

    fn write(&self, object: &mut Object<'_>, class: Class) {
        object.text("name", Some(self.name));
        object.title(class, self.title);
        object.text("description", Some(self.description));
        if self.arguments.is_empty() {
            return;
        }
        let out = object.member("arguments");
        let mut open = '[';
        for argument in self.arguments {
            out.push(std::mem::replace(&mut open, ','));
            let mut object = Object::begin(out);
            object.text("name", Some(argument.name));
            object.title(class, argument.title);
            object.text("description", argument.description);
            object.member("required").push_str(if argument.required { "true" } else { "false" });
            object.end();
        }
        out.push(']');
    }
}
