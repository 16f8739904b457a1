//! The fixed fields of OpenAPI's objects, as far as this stage reads them: OpenAPI 3.0.4 §4.8, 3.1.1 §4.8 and
//! 3.2.0 §4.
//!
//! What stands in no table is left out of the structure: examples, links, callbacks, response headers, vendor
//! extensions. Schemas are left out too; the structure keeps only where they stand.

/// What is expected at a place.
pub(super) enum Shape {
    Text,
    Flag,
    /// A Schema Object: kept as a reference to its place.
    Schema,
    /// An object, or a Reference Object in its place.
    Object(&'static Object),
    List(&'static Shape),
    /// Any keys but extensions.
    Map(&'static Shape),
    Paths,
    Responses,
}

/// An object with fixed fields.
pub(super) struct Object {
    /// The specification's name, without "Object".
    pub name: &'static str,
    pub fields: &'static [(&'static str, Shape)],
    /// Known fields that are not read: they need no warning.
    pub ignored: &'static [&'static str],
}

use Shape::{Flag, List, Map, Schema, Text};

pub(super) static DOCUMENT: Object = Object {
    name: "OpenAPI",
    fields: &[
        ("openapi", Text),
        ("info", Shape::Object(&INFO)),
        ("servers", List(&Shape::Object(&SERVER))),
        ("paths", Shape::Paths),
        ("components", Shape::Object(&COMPONENTS)),
        ("security", List(&REQUIREMENT)),
    ],
    ignored: &["tags", "externalDocs", "webhooks", "jsonSchemaDialect", "$schema", "$self"],
};

static INFO: Object = Object {
    name: "Info",
    fields: &[("title", Text), ("description", Text), ("version", Text)],
    ignored: &["summary", "termsOfService", "contact", "license"],
};

static SERVER: Object = Object {
    name: "Server",
    fields: &[("url", Text), ("description", Text), ("variables", Map(&Shape::Object(&SERVER_VARIABLE)))],
    ignored: &["name"],
};

static SERVER_VARIABLE: Object =
    Object { name: "Server Variable", fields: &[("default", Text), ("description", Text)], ignored: &["enum"] };

/// References are resolved where they stand, so that only the security schemes are needed by name.
static COMPONENTS: Object = Object {
    name: "Components",
    fields: &[("securitySchemes", Map(&Shape::Object(&SECURITY_SCHEME)))],
    ignored: &[
        "schemas",
        "responses",
        "parameters",
        "examples",
        "requestBodies",
        "headers",
        "links",
        "callbacks",
        "pathItems",
        "mediaTypes",
    ],
};

static REQUIREMENT: Shape = Map(&List(&Text));

static SECURITY_SCHEME: Object = Object {
    name: "Security Scheme",
    fields: &[
        ("type", Text),
        ("description", Text),
        ("name", Text),
        ("in", Text),
        ("scheme", Text),
        ("bearerFormat", Text),
        ("openIdConnectUrl", Text),
    ],
    ignored: &["flows"],
};

pub(super) static PATH_ITEM: Object = Object {
    name: "Path Item",
    fields: &[
        ("get", Shape::Object(&OPERATION)),
        ("put", Shape::Object(&OPERATION)),
        ("post", Shape::Object(&OPERATION)),
        ("delete", Shape::Object(&OPERATION)),
        ("options", Shape::Object(&OPERATION)),
        ("head", Shape::Object(&OPERATION)),
        ("patch", Shape::Object(&OPERATION)),
        ("trace", Shape::Object(&OPERATION)),
        ("query", Shape::Object(&OPERATION)),
        ("additionalOperations", Map(&Shape::Object(&OPERATION))),
        ("servers", List(&Shape::Object(&SERVER))),
        ("parameters", List(&Shape::Object(&PARAMETER))),
    ],
    ignored: &["$ref", "summary", "description"],
};

pub(super) static OPERATION: Object = Object {
    name: "Operation",
    fields: &[
        ("tags", List(&Text)),
        ("summary", Text),
        ("description", Text),
        ("operationId", Text),
        ("parameters", List(&Shape::Object(&PARAMETER))),
        ("requestBody", Shape::Object(&REQUEST_BODY)),
        ("responses", Shape::Responses),
        ("deprecated", Flag),
        ("security", List(&REQUIREMENT)),
        ("servers", List(&Shape::Object(&SERVER))),
    ],
    ignored: &["externalDocs", "callbacks"],
};

pub(super) static PARAMETER: Object = Object {
    name: "Parameter",
    fields: &[
        ("name", Text),
        ("in", Text),
        ("description", Text),
        ("required", Flag),
        ("deprecated", Flag),
        ("style", Text),
        ("explode", Flag),
        ("allowReserved", Flag),
        ("schema", Schema),
        ("content", Map(&Shape::Object(&MEDIA_TYPE))),
    ],
    ignored: &["allowEmptyValue", "example", "examples"],
};

static REQUEST_BODY: Object = Object {
    name: "Request Body",
    fields: &[("description", Text), ("content", Map(&Shape::Object(&MEDIA_TYPE))), ("required", Flag)],
    ignored: &[],
};

static MEDIA_TYPE: Object = Object {
    name: "Media Type",
    fields: &[("schema", Schema)],
    ignored: &["example", "examples", "encoding", "itemSchema", "prefixEncoding", "itemEncoding"],
};

pub(super) static RESPONSE: Object = Object {
    name: "Response",
    fields: &[("description", Text), ("content", Map(&Shape::Object(&MEDIA_TYPE)))],
    ignored: &["headers", "links", "summary"],
};
