//! The catalogue of search mode: one line of JSON for each operation.
//!
//! Printed as `src/catalog.jsonl`, where a person reviews a change line by line, and embedded in the binary, which reads a
//! line when somebody asks for its operation (`runtime/src/catalog.rs`). It holds what the constant tables of a typed tool
//! hold. They were measured as constants too: rustc spends more on a thousand of them than on the rest of a small server.

use serde_json::{Map, Value, json};

use crate::model::{
    Annotations, BodyLayout, Encoding, ErrorVariant, Fixed, FixedValue, HttpBinding, Location, Parameter, RequestBody,
    Server, Style, Tool, XmlContent, XmlKind, XmlNode,
};
use crate::rust::{declared, outline, plain_json, printed};

/// The text of the file; `None`: the server has no search mode. `header`: what its first line says.
pub(crate) fn print(server: &Server, header: &str) -> Option<String> {
    let search = server.search.as_ref()?;
    let mut out = format!("{}\n", json!({ "//": header }));
    for tool in &search.operations {
        if let Some(binding) = &tool.binding {
            out.push_str(&format!("{}\n", line(tool, binding, server)));
        }
    }
    // Line feeds within texts are escaped in JSON, so that each line stays one (SECURITY.md G3).
    Some(plain_json(&out))
}

/// Members in this order, the name first: the runtime finds a line by its beginning.
fn line(tool: &Tool, binding: &HttpBinding, server: &Server) -> Value {
    let mut line = Members::default();
    line.set("name", json!(tool.name));
    line.set("method", json!(binding.method));
    line.set("path", json!(binding.path));
    line.some("title", tool.title.as_ref().map(|title| json!(title)));
    line.set("description", json!(tool.description));
    line.list("tags", tool.tags.iter().map(|tag| json!(tag)));
    line.some("deprecated", tool.deprecated.then(|| json!(true)));
    line.set("input", printed(&tool.input.value, server));
    line.some("returns", outline(&tool.output, server).map(Value::from));
    line.list("errors", errors(&tool.errors).into_iter());
    line.some("hints", hints(tool.annotations));
    line.some("deadline_ms", tool.deadline_ms.map(Value::from));
    line.set("request", request(binding, &tool.fixed));
    line.done()
}

/// An object without what is usual.
#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn some(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    fn list(&mut self, name: &str, values: impl Iterator<Item = Value>) {
        let values: Vec<Value> = values.collect();
        self.some(name, (!values.is_empty()).then_some(Value::Array(values)));
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// In the order in which a status is looked for.
fn errors(errors: &[ErrorVariant]) -> Vec<Value> {
    let row =
        |(status, name, message): (String, String, String)| json!({"status": status, "type": name, "message": message});
    declared(errors).into_iter().map(row).collect()
}

fn hints(annotations: Annotations) -> Option<Value> {
    let mut hints = Members::default();
    hints.some("readOnly", annotations.read_only.map(Value::from));
    hints.some("destructive", annotations.destructive.map(Value::from));
    hints.some("idempotent", annotations.idempotent.map(Value::from));
    (!hints.0.is_empty()).then(|| hints.done())
}

fn request(binding: &HttpBinding, fixed: &[Fixed]) -> Value {
    let mut request = Members::default();
    request.some("base_url", binding.base_url.as_ref().map(|url| json!(url)));
    request.list("parameters", binding.parameters.iter().map(parameter));
    request.some("body", binding.body.as_ref().map(body));
    request.list("security", binding.security.iter().map(|together| json!(together)));
    request.set("accept", json!(binding.accept));
    request.list("fixed", fixed.iter().map(fixed_argument));
    request.done()
}

fn parameter(parameter: &Parameter) -> Value {
    let mut line = Members::default();
    line.set("argument", json!(parameter.argument));
    line.some("name", (parameter.name != parameter.argument).then(|| json!(parameter.name)));
    line.set("in", json!(location(parameter.location)));
    line.some("style", (parameter.style != Style::Form).then(|| json!(style(parameter.style))));
    line.some("explode", (!parameter.explode).then(|| json!(false)));
    line.some("allow_reserved", parameter.allow_reserved.then(|| json!(true)));
    line.some("content_type", parameter.content_type.as_ref().map(|media_type| json!(media_type)));
    line.done()
}

fn location(location: Location) -> &'static str {
    match location {
        Location::Path => "path",
        Location::Query => "query",
        Location::Header => "header",
        Location::Cookie => "cookie",
        Location::QueryString => "querystring",
    }
}

fn style(style: Style) -> &'static str {
    match style {
        Style::Matrix => "matrix",
        Style::Label => "label",
        Style::Simple => "simple",
        Style::Form => "form",
        Style::SpaceDelimited => "spaceDelimited",
        Style::PipeDelimited => "pipeDelimited",
        Style::DeepObject => "deepObject",
        Style::Cookie => "cookie",
        Style::TabDelimited => "tabDelimited",
    }
}

fn body(body: &RequestBody) -> Value {
    let mut line = Members::default();
    line.set("media_type", json!(body.media_type));
    match &body.layout {
        BodyLayout::Whole { argument } => line.set("whole", json!(argument)),
        BodyLayout::Flattened(pairs) => line.list("properties", pairs.iter().map(|pair| json!(pair))),
    }
    line.some("required", (!body.required).then(|| json!(false)));
    let encodings = body.encodings.iter().map(|(property, how)| json!([property, encoding(how)]));
    line.list("encodings", encodings);
    line.list("part_headers", body.part_headers.iter().map(|header| json!(header)));
    line.list("given_headers", body.given_headers.iter().map(|header| json!(header)));
    line.list("xml", body.xml.iter().map(xml));
    line.done()
}

fn xml(node: &XmlNode) -> Value {
    let mut line = Members::default();
    let kind = match node.kind {
        XmlKind::Element => None,
        XmlKind::Attribute => Some("attribute"),
        XmlKind::Text => Some("text"),
        XmlKind::Cdata => Some("cdata"),
        XmlKind::Nothing => Some("none"),
    };
    line.some("kind", kind.map(Value::from));
    line.some("name", (!node.name.is_empty()).then(|| json!(node.name)));
    line.some("namespace", node.namespace.as_ref().map(|uri| json!(uri)));
    match &node.holds {
        XmlContent::Scalar => {}
        XmlContent::Members(members) => line.set("members", json!(members)),
        XmlContent::Items(item) => line.set("items", json!(item)),
    }
    line.done()
}

fn encoding(encoding: &Encoding) -> Value {
    match encoding {
        Encoding::Style { style, explode, allow_reserved } => {
            json!({"style": {"style": self::style(*style), "explode": explode, "allow_reserved": allow_reserved}})
        }
        Encoding::Content(media_type) => json!({"content": media_type}),
        Encoding::File(media_type) => json!({"file": media_type}),
    }
}

fn fixed_argument(fixed: &Fixed) -> Value {
    let mut line = Members::default();
    line.set("argument", json!(fixed.argument));
    match &fixed.value {
        FixedValue::Constant(value) => line.set("value", value.clone()),
        FixedValue::Env { env, json: is_json } => {
            line.set("env", json!(env));
            line.some("json", is_json.then(|| json!(true)));
        }
    }
    line.done()
}
