//! The lists of tools, resources, templates and prompts: written once for each class of revisions, then shared.

use std::borrow::Cow;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::def::{Annotations, PromptDef, ResourceDef, TemplateDef, ToolDef};
use crate::json::compact;
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
    let class = Class::of(revision);
    let items: Vec<(&str, String)> = match kind {
        Kind::Tools => server.tools().map(|def| (def.name, tool(def, class))).collect(),
        Kind::Resources => server.resources().map(|def| (def.uri, resource(def, class))).collect(),
        Kind::Templates => server.templates().map(|def| (def.uri_template, template(def, class))).collect(),
        Kind::Prompts => server.prompts().map(|def| (def.name, prompt(def, class))).collect(),
    };
    let mut chunks = items.chunks(paging.size.max(1)).peekable();
    let mut pages = Vec::new();
    let mut cursor = None;
    loop {
        // A list without items is one page.
        let page = chunks.next().unwrap_or_default();
        let next = chunks.peek().and_then(|chunk| chunk.first()).map(|(key, _)| cursor_of(kind, key));
        let mut out = String::with_capacity(page.iter().map(|(_, item)| item.len() + 1).sum::<usize>() + 256);
        let mut result = ResultWriter::begin(&mut out, revision, paging.server_info);
        result.member(kind.member(), |out| {
            out.push('[');
            let mut separate = Separator::default();
            for (_, item) in page {
                separate.next(out);
                out.push_str(item);
            }
            out.push(']');
        });
        if let Some(next) = &next {
            result.member("nextCursor", |out| push_string(out, next));
        }
        result.cache(paging.cache).end(&[]);
        // SECURITY.md I12: in JSON text the escapes are the same value.
        let out = match neutralise::text(&out) {
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

/// An object that grows member by member.
struct Item(String);

impl Item {
    fn new(name: &str, value: &str) -> Self {
        let mut item = Self(String::from("{"));
        item.text(name, Some(value));
        item
    }

    fn raw(&mut self, name: &str, json: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        push_string(&mut self.0, name);
        self.0.push(':');
        self.0.push_str(json);
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            let mut json = String::new();
            push_string(&mut json, value);
            self.raw(name, &json);
        }
    }

    /// `title`, where the class has it.
    fn title(&mut self, class: Class, title: Option<&str>) {
        if matches!(class, Class::Titled | Class::Modern) {
            self.text("title", title);
        }
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn tool(def: &ToolDef, class: Class) -> String {
    let mut item = Item::new("name", def.name);
    item.title(class, def.title);
    item.text("description", Some(def.description));
    let adapt = |schema: &str| if class == Class::Modern { compact(schema) } else { schema::legacy(schema) };
    item.raw("inputSchema", &adapt(def.input_schema));
    if let Some(output) = def.output_schema
        && (class == Class::Modern || (class == Class::Titled && schema::is_object(output)))
    {
        item.raw("outputSchema", &adapt(output));
    }
    if class != Class::Plain {
        // Revision 2025-03-26 has a title among the annotations alone.
        let title = def.title.filter(|_| class == Class::Annotated);
        let annotations = annotations(def.annotations, title);
        if annotations != "{}" {
            item.raw("annotations", &annotations);
        }
    }
    item.end()
}

fn annotations(hints: Annotations, title: Option<&str>) -> String {
    let mut item = Item(String::from("{"));
    item.text("title", title);
    for (name, hint) in [
        ("readOnlyHint", hints.read_only),
        ("destructiveHint", hints.destructive),
        ("idempotentHint", hints.idempotent),
        ("openWorldHint", hints.open_world),
    ] {
        if let Some(hint) = hint {
            item.raw(name, if hint { "true" } else { "false" });
        }
    }
    item.end()
}

fn resource(def: &ResourceDef, class: Class) -> String {
    let mut item = Item::new("uri", def.uri);
    item.text("name", Some(def.name));
    item.title(class, def.title);
    item.text("description", def.description);
    item.text("mimeType", def.mime_type);
    item.end()
}

fn template(def: &TemplateDef, class: Class) -> String {
    let mut item = Item::new("uriTemplate", def.uri_template);
    item.text("name", Some(def.name));
    item.title(class, def.title);
    item.text("description", def.description);
    item.text("mimeType", def.mime_type);
    item.end()
}

fn prompt(def: &PromptDef, class: Class) -> String {
    let mut item = Item::new("name", def.name);
    item.title(class, def.title);
    item.text("description", Some(def.description));
    if !def.arguments.is_empty() {
        let mut arguments = String::from("[");
        let mut separate = Separator::default();
        for def in def.arguments {
            separate.next(&mut arguments);
            let mut argument = Item::new("name", def.name);
            argument.title(class, def.title);
            argument.text("description", def.description);
            argument.raw("required", if def.required { "true" } else { "false" });
            arguments.push_str(&argument.end());
        }
        arguments.push(']');
        item.raw("arguments", &arguments);
    }
    item.end()
}
