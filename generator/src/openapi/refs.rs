//! References within the document: OpenAPI 3.0.4 §4.8.23 "Reference Object", 3.1.1 §4.8.23; JSON Schema's `$ref` with
//! a JSON pointer, an anchor or an `$id`.

use std::cell::{Cell, OnceCell};

use serde_json::Value;

use crate::diag::codes::openapi as codes;
use crate::diag::{Diagnostic, Report};
use crate::load::{Document, FILES_KEY, Kind, Version, join, tokens};

mod resources;

use resources::Resources;

/// Longer chains of references are cycles, or as good as.
const MAX_HOPS: usize = 64;

/// A value and the canonical pointer at which it stands.
pub(super) struct Target<'a> {
    pub pointer: String,
    pub value: &'a Value,
}

/// Resolves references and reports those that lead nowhere.
pub(super) struct Refs<'a> {
    document: &'a Document,
    /// Anchors and identifiers of schemas, gathered when the first reference is followed.
    resources: OnceCell<Resources>,
    /// How many names may still be suggested: each is searched among all of its siblings.
    suggestions: Cell<usize>,
}

impl<'a> Refs<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self { document, resources: OnceCell::new(), suggestions: Cell::new(100) }
    }

    /// See [`Document::size`].
    pub(super) fn size(&self) -> usize {
        self.document.size()
    }

    /// Whether XML Objects are those of OpenAPI 3.2, in which references are no nodes.
    pub(super) fn has_xml_node_types(&self) -> bool {
        matches!(self.document.kind, Kind::OpenApi(version) if version >= Version::V3_2)
    }

    /// The value at a canonical pointer.
    pub(super) fn at(&self, pointer: &str) -> Option<&'a Value> {
        self.document.value.pointer(pointer)
    }

    /// Follows a chain of Reference Objects to the value at its end; the value itself where it is no reference.
    /// `None`: reported.
    pub(super) fn follow(&self, pointer: &str, value: &'a Value, report: &mut Report) -> Option<Target<'a>> {
        let mut target = Target { pointer: pointer.to_owned(), value };
        for _ in 0..MAX_HOPS {
            let Some(reference) = reference_of(target.value) else { return Some(target) };
            target = self.resolve(reference, &target.pointer, report)?;
        }
        let at = self.document.index.span(&join(pointer, "$ref"));
        let message = "the references lead in a circle and never to a value";
        let problem = if is_path_item(pointer) {
            Diagnostic::error(codes::REF_CYCLE, at, message)
        } else {
            Diagnostic::warning(codes::ENDLESS_REF, at, format!("{message}; they are left out"))
        };
        report.push(problem.help("let one of them name what is meant"));
        None
    }

    /// As [`Self::follow`], without reporting.
    pub(super) fn follow_quietly(&self, pointer: &str, value: &'a Value) -> Option<Target<'a>> {
        let mut target = Target { pointer: pointer.to_owned(), value };
        for _ in 0..MAX_HOPS {
            let Some(reference) = reference_of(target.value) else { return Some(target) };
            target = self.find(reference, &target.pointer).ok()?;
        }
        None
    }

    /// One step: what a reference in the object at `pointer` names.
    pub(super) fn resolve(&self, reference: &str, pointer: &str, report: &mut Report) -> Option<Target<'a>> {
        match self.find(reference, pointer) {
            Ok(target) => Some(target),
            Err(problem) => {
                let at = self.document.index.span(&join(pointer, "$ref"));
                report.push(problem.diagnostic(reference, at));
                None
            }
        }
    }

    /// The place that a reference in the object at `from` names, without a word where there is none.
    pub(super) fn pointer(&self, reference: &str, from: &str) -> Option<String> {
        Some(self.find(reference, from).ok()?.pointer)
    }

    /// The anchors that are dynamic in the resource around a pointer.
    pub(super) fn dynamic_anchors(&self, pointer: &str) -> Vec<(String, String)> {
        let resources = self.resources();
        let scope = resources::scope_of(resources.around(pointer), pointer);
        resources.dynamic_anchors(&scope).map(|(name, target)| (name.clone(), target.clone())).collect()
    }

    pub(super) fn has_dynamic_anchors(&self) -> bool {
        self.resources().is_dynamic()
    }

    fn resources(&self) -> &Resources {
        self.resources.get_or_init(|| Resources::of(&self.document.value))
    }

    /// What a reference in the object at `from` names.
    fn find(&self, reference: &str, from: &str) -> Result<Target<'a>, Problem> {
        // OpenAPI 3.2.0 §4.1: the document's own URI is one more name of it.
        let own = self.document.value.get("$self").and_then(Value::as_str).filter(|own| !own.is_empty());
        let reference =
            own.and_then(|own| reference.strip_prefix(own)).filter(|rest| rest.starts_with('#')).unwrap_or(reference);
        let resources = self.resources();
        let around = resources.around(from);
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if uri.is_empty() && reference.starts_with('#') {
            return self.within(around, fragment);
        }
        match resources.named(uri, around) {
            Some(resource) => self.within(resource, fragment),
            None if is_url(reference) => Err(Problem::Remote),
            None => Err(Problem::File),
        }
    }

    /// What a fragment names in a resource: a JSON pointer or an anchor.
    fn within(&self, resource: &str, fragment: &str) -> Result<Target<'a>, Problem> {
        // An anchor of another file: its pointer, then the anchor.
        let (resource, fragment) = match fragment.split_once('#') {
            Some((file, anchor)) if file.starts_with('/') => (file, anchor),
            _ => (resource, fragment),
        };
        if !fragment.is_empty() && !fragment.starts_with('/') {
            let name = self.resources().anchor(resource, fragment);
            let target =
                name.and_then(|pointer| Some(Target { pointer: pointer.to_owned(), value: self.at(pointer)? }));
            return target.ok_or(Problem::Broken { known: String::new(), near: None });
        }
        let walk = |fragment: &str| {
            // Pointers are relative to the resource; documents with identifiers write them from their root as well.
            let left = self.suggestions.replace(0);
            let inside = (!resource.is_empty()).then(|| self.walk(&format!("{resource}{fragment}")));
            self.suggestions.set(left);
            inside.and_then(Result::ok).map_or_else(|| self.walk(fragment), Ok)
        };
        walk(fragment).or_else(|problem| match percent_decoded(fragment) {
            Some(decoded) => walk(&decoded),
            None => Err(problem),
        })
    }

    /// Walks a pointer from the root, through references on its way.
    fn walk(&self, fragment: &str) -> Result<Target<'a>, Problem> {
        let mut pointer = String::new();
        let mut value = &self.document.value;
        for token in tokens(fragment) {
            let mut hops = 0;
            loop {
                if let Some(child) = child(value, &token) {
                    pointer = join(&pointer, &token);
                    value = child;
                    break;
                }
                let Some(reference) = reference_of(value).filter(|_| hops < MAX_HOPS) else {
                    return Err(Problem::Broken { near: self.suggest(value, &token), known: pointer });
                };
                hops += 1;
                // One more reference on the way; its own pointer is shorter than the document is deep.
                let Some(inner) =
                    reference.strip_prefix('#').filter(|inner| inner.starts_with('/') && *inner != fragment)
                else {
                    return Err(Problem::Broken { near: None, known: pointer });
                };
                pointer = inner.to_owned();
                value = self.at(inner).ok_or(Problem::Broken { near: None, known: String::new() })?;
            }
        }
        Ok(Target { pointer, value })
    }

    fn suggest(&self, value: &Value, token: &str) -> Option<String> {
        let left = self.suggestions.get().checked_sub(1)?;
        self.suggestions.set(left);
        near(value, token)
    }
}

/// The reference of a Reference Object, or of a schema with `$ref`.
pub(super) fn reference_of(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}

/// Whether a Path Item Object stands at a pointer.
fn is_path_item(pointer: &str) -> bool {
    pointer.starts_with("/paths/") && tokens(pointer).count() == 2
}

fn child<'a>(value: &'a Value, token: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(token),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    }
}

/// The nearest name beside a missing one.
fn near(value: &Value, token: &str) -> Option<String> {
    let fields = value.as_object()?;
    let wanted = token.to_lowercase();
    fields
        .keys()
        .map(|key| (strsim::damerau_levenshtein(&key.to_lowercase(), &wanted), key))
        .filter(|(distance, _)| *distance <= 1 + token.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key.clone())
}

fn is_url(reference: &str) -> bool {
    reference.starts_with("//") || reference.split(['/', '#']).next().is_some_and(|scheme| scheme.contains(':'))
}

/// RFC 6901 §6: the fragment form of a pointer is percent-encoded. `None`: nothing to decode.
fn percent_decoded(fragment: &str) -> Option<String> {
    if !fragment.contains('%') {
        return None;
    }
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = if *first == b'%' { tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()) } else { None };
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// Why a reference has no target.
enum Problem {
    /// The longest part that exists, and the nearest name to the next token.
    Broken {
        known: String,
        near: Option<String>,
    },
    Remote,
    File,
}

impl Problem {
    fn diagnostic(self, reference: &str, at: crate::source::Span) -> Diagnostic {
        let reference = &as_written(reference);
        match self {
            Self::Broken { known, near } => {
                let message = format!("the reference `{reference}` leads nowhere and is left out");
                let problem = Diagnostic::warning(codes::BROKEN_REF, at, message);
                match near {
                    Some(near) => {
                        let meant = as_written(&format!("#{}", join(&known, &near)));
                        problem.label(format!("did you mean `{meant}`?")).help(format!("write `$ref: '{meant}'`"))
                    }
                    None if known.is_empty() => problem
                        .label("nothing of this name is in the document")
                        .help("correct the reference, or add what it names"),
                    None => problem
                        .label(format!("`{}` exists, but has no such part", as_written(&format!("#{known}"))))
                        .help("correct the reference, or add what it names"),
                }
            }
            Self::Remote => {
                Diagnostic::error(codes::REMOTE_REF, at, format!("the reference `{reference}` leads to another host"))
                    .help("save the file beside the document and refer to it by its relative path")
            }
            Self::File => Diagnostic::error(
                codes::FILE_REF,
                at,
                format!("the file of the reference `{reference}` cannot be read"),
            )
            .help("the path is relative to the file with the reference, and must stay in the folder of the document"),
        }
    }
}

/// A reference as it stands in its file: other files stand under a key of ours.
fn as_written(reference: &str) -> String {
    let inner = reference.strip_prefix("#/").and_then(|rest| rest.strip_prefix(FILES_KEY));
    match inner.and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) => format!("#{}", rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()),
        None => reference.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;

    const TEXT: &str = "\
openapi: 3.0.3
components:
  schemas:
    Pet: {type: object, $anchor: pet, properties: {a/b: {type: string}}}
    Alias: {$ref: '#/components/schemas/Pet'}
    Loop: {$ref: '#/components/schemas/Pool'}
    Pool: {$ref: '#/components/schemas/Loop'}
    Self: {$ref: '#/components/schemas/Self'}
";

    fn follow(reference: &str) -> Result<String, String> {
        let mut report = Report::default();
        let document =
            load::from_text("api.yaml", &format!("{TEXT}x: {{$ref: '{reference}'}}\n"), &mut report).unwrap();
        let refs = Refs::new(&document);
        match refs.follow("/x", document.value.get("x").unwrap(), &mut report) {
            Some(target) => Ok(target.pointer),
            None => Err(report.render(false)),
        }
    }

    #[test]
    fn follows_chains_escapes_and_anchors() {
        assert_eq!(follow("#/components/schemas/Alias").unwrap(), "/components/schemas/Pet");
        let slash = "/components/schemas/Pet/properties/a~1b";
        assert_eq!(follow(&format!("#{slash}")).unwrap(), slash);
        assert_eq!(follow("#/components/schemas/Alias/properties/a~1b").unwrap(), slash);
        assert_eq!(follow("#/components/schemas/%50et").unwrap(), "/components/schemas/Pet");
        assert_eq!(follow("#pet").unwrap(), "/components/schemas/Pet");
    }

    #[test]
    fn a_broken_reference_names_the_nearest() {
        let shown = follow("#/components/schemas/Pets").unwrap_err();
        assert!(
            shown.starts_with(
                "warning[W0204]: the reference `#/components/schemas/Pets` leads nowhere and is left out\n"
            ),
            "{shown}"
        );
        assert!(
            shown.contains("api.yaml:9:11") && shown.contains("did you mean `#/components/schemas/Pet`?"),
            "{shown}"
        );
        let shown = follow("#/components/responses/X").unwrap_err();
        assert!(shown.contains("`#/components` exists"), "{shown}");
    }

    #[test]
    fn references_in_other_files_are_shown_as_they_are_written() {
        assert_eq!(as_written("#/x-mcpgen-files/1-pet/Pet/a~1b"), "#/Pet/a~1b");
        assert_eq!(as_written("#/x-mcpgen-files/1-pet"), "#");
        assert_eq!(as_written("#/components/schemas/Pet"), "#/components/schemas/Pet");
    }

    #[test]
    fn cycles_end() {
        for name in ["Loop", "Self"] {
            assert!(follow(&format!("#/components/schemas/{name}")).unwrap_err().starts_with("warning[W0205]"));
            assert!(follow(&format!("#/components/schemas/{name}/properties/x")).is_err());
        }
    }

    /// JSON Schema 2020-12 Core §8.2: an `$id` is the base of what stands inside it.
    #[test]
    fn references_are_relative_to_the_identifier_around_them() {
        const TEXT: &str = "\
openapi: 3.1.0
components:
  schemas:
    Tree:
      $id: https://a.test/tree
      properties:
        own: {$ref: '#/$defs/Leaf'}
        beside: {$ref: leaf}
        anchored: {$ref: 'leaf#top'}
        document: {$ref: '#/components/schemas/Other'}
      $defs:
        Leaf: {type: string}
    Leaf: {$id: 'https://a.test/leaf', $anchor: top}
    Other: {properties: {tree: {$ref: 'https://a.test/tree#/$defs/Leaf'}}}
";
        let mut report = Report::default();
        let document = load::from_text("api.yaml", TEXT, &mut report).unwrap();
        let refs = Refs::new(&document);
        for (at, expected) in [
            ("/components/schemas/Tree/properties/own", "/components/schemas/Tree/$defs/Leaf"),
            ("/components/schemas/Tree/properties/beside", "/components/schemas/Leaf"),
            ("/components/schemas/Tree/properties/anchored", "/components/schemas/Leaf"),
            ("/components/schemas/Tree/properties/document", "/components/schemas/Other"),
            ("/components/schemas/Other/properties/tree", "/components/schemas/Tree/$defs/Leaf"),
        ] {
            let target = refs.follow(at, refs.at(at).unwrap(), &mut report).map(|target| target.pointer);
            assert_eq!(target.as_deref(), Some(expected), "{}", report.render(false));
        }
    }

    #[test]
    fn g7_references_elsewhere_are_refused() {
        for (reference, code) in [
            ("https://example.com/a.yaml#/x", "E0203"),
            ("//example.com/a", "E0203"),
            ("file:///etc/passwd", "E0203"),
            ("../secret.yaml", "E0204"),
            ("", "E0204"),
        ] {
            assert!(follow(reference).unwrap_err().starts_with(&format!("error[{code}]")), "{reference}");
        }
    }
}
