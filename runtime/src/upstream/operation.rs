//! The constant tables of an HTTP API: what the generator knows about each operation.

/// An HTTP API: where it is and how it is authenticated.
#[derive(Debug)]
pub struct Api {
    /// The environment variable that overrides the base URL: `PREFIX_BASE_URL`. The prefix is also that of the variables
    /// that say how the API is called (`PREFIX_TIMEOUT`, for example).
    pub base_url_env: &'static str,
    /// The base URL of the document; `None` where the document has none or a relative one.
    pub base_url: Option<&'static str>,
    /// The security schemes, by the names that [`Operation::security`] uses.
    pub security_schemes: &'static [SecurityScheme],
    /// Every operation that is a constant.
    pub operations: &'static [&'static Operation],
    /// What must be known at the start of the operations of the catalogue, which is read later.
    pub searched: &'static [Searched],
}

/// Operations of the catalogue that need the same of the environment.
#[derive(Debug)]
pub struct Searched {
    /// How many they are.
    pub count: usize,
    /// [`Operation::security`] of each.
    pub security: &'static [&'static [&'static str]],
    /// The arguments that one of them takes from the environment.
    pub fixed: &'static [Fixed],
}

/// A security scheme and the environment variable that holds its credential (`…_FILE` for a file).
#[derive(Debug)]
pub struct SecurityScheme {
    /// The name in the document.
    pub name: &'static str,
    /// How the credential is sent.
    pub kind: SecurityKind,
    /// The environment variable that holds the credential.
    pub env: &'static str,
}

/// How a credential is sent.
#[derive(Debug)]
pub enum SecurityKind {
    /// `apiKey`
    ApiKey {
        /// Header, query or cookie.
        location: Location,
        /// The name of the header, query parameter or cookie.
        name: &'static str,
    },
    /// `http` with `bearer`, `oauth2` and `openIdConnect` with a token supplied from outside: `Authorization: Bearer`.
    Bearer,
    /// `http` with `basic`: the variable holds `user:password`.
    Basic,
    /// `mutualTLS`: the variable holds the certificate with its chain, this one its key, both PEM.
    MutualTls {
        /// The environment variable of the private key.
        key: &'static str,
    },
    /// `oauth2` with `clientCredentials`: the scheme's variable may hold a token; otherwise these make one.
    ClientCredentials {
        /// The token URL of the document; a path stands at the origin of the API.
        token_url: &'static str,
        /// The scopes that the operations need, separated by spaces.
        scope: &'static str,
        /// The variables that hold the client.
        variables: &'static ClientVariables,
    },
}

/// The environment variables of a client of a token endpoint.
#[derive(Debug)]
pub struct ClientVariables {
    /// The client's id.
    pub client_id: &'static str,
    /// The client's secret.
    pub client_secret: &'static str,
    /// In place of the document's token URL.
    pub token_url: &'static str,
    /// In place of the scopes that the operations need.
    pub scope: &'static str,
}

/// One HTTP operation.
#[derive(Debug)]
pub struct Operation {
    /// The method, upper case.
    pub method: &'static str,
    /// The path template of the document: `/pets/{petId}`.
    pub path: &'static str,
    /// A base URL of the operation's own, where the document overrides the servers.
    pub base_url: Option<&'static str>,
    /// The parameters, in the order they are sent.
    pub parameters: &'static [Parameter],
    /// The request body.
    pub body: Option<RequestBody>,
    /// Alternatives of schemes that must be used together. Empty: none needed. An empty alternative: optional.
    pub security: &'static [&'static [&'static str]],
    /// `Accept`
    pub accept: &'static str,
    /// Arguments that clients do not see: every call has these values.
    pub fixed: &'static [Fixed],
}

impl Operation {
    /// The values that generated code leaves out.
    pub const DEFAULT: Self = Self {
        method: "GET",
        path: "/",
        base_url: None,
        parameters: &[],
        body: None,
        security: &[],
        accept: "application/json",
        fixed: &[],
    };
}

/// An argument whose value an option of the generator gives.
#[derive(Debug)]
pub struct Fixed {
    /// Its name.
    pub argument: &'static str,
    /// Its value.
    pub value: FixedValue,
}

/// Where the value of a fixed argument comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixedValue {
    /// JSON text.
    Json(&'static str),
    /// An environment variable; where it is not set, the argument is not sent.
    Env {
        /// The variable (`…_FILE` for a file).
        env: &'static str,
        /// Whether its value is JSON; otherwise it is the text of a string.
        json: bool,
    },
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// `in: path`
    Path,
    /// `in: query`
    Query,
    /// `in: header`
    Header,
    /// `in: cookie`
    Cookie,
    /// `in: querystring` (OpenAPI 3.2.0, "Parameter Locations"): the value is the whole query.
    QueryString,
}

/// OpenAPI 3.1.1 §4.8.12, "Style Values".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `matrix`
    Matrix,
    /// `label`
    Label,
    /// `simple`
    Simple,
    /// `form`
    Form,
    /// `spaceDelimited`
    SpaceDelimited,
    /// `pipeDelimited`
    PipeDelimited,
    /// `deepObject`
    DeepObject,
    /// `cookie` (OpenAPI 3.2.0): `form` in a cookie, nothing escaped.
    Cookie,
    /// `collectionFormat: tsv` of Swagger 2.0.
    TabDelimited,
}

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    /// The property of the tool's input that carries it.
    pub argument: &'static str,
    /// The name on the wire.
    pub name: &'static str,
    /// Where it goes.
    pub location: Location,
    /// How arrays and objects are written.
    pub style: Style,
    /// Whether each item or property is written apart.
    pub explode: bool,
    /// Whether reserved characters stay as they are (`allowReserved`). OpenAPI 3.0 and 3.1 have it for the query only;
    /// in a path (3.2) the value may then span segments.
    pub allow_reserved: bool,
    /// `content`-typed parameters: the media type that the value is serialised as before it is encoded.
    pub content_type: Option<&'static str>,
}

impl Parameter {
    /// The values that generated code leaves out.
    pub const DEFAULT: Self = Self {
        argument: "",
        name: "",
        location: Location::Query,
        style: Style::Form,
        explode: true,
        allow_reserved: false,
        content_type: None,
    };
}

/// The request body.
#[derive(Debug)]
pub struct RequestBody {
    /// `Content-Type`
    pub media_type: &'static str,
    /// Where the value comes from.
    pub layout: BodyLayout,
    /// Whether the operation must have a body. An optional one is left out where none of its arguments is given.
    pub required: bool,
    /// How properties of a form are written, where that is not what their JSON type says: by the name on the wire.
    pub encodings: &'static [(&'static str, Encoding)],
    /// Headers of the parts of a multipart body: the name on the wire of a property, a header, its value (OpenAPI 3.1.1
    /// §4.8.15.1.1, `headers`).
    pub part_headers: &'static [(&'static str, &'static str, &'static str)],
    /// Headers of parts whose values the caller gives: the name on the wire of a property, a header, `explode`. The value
    /// of such a property is an object with `headers` and `data` (a file) or `value` (anything else).
    pub given_headers: &'static [(&'static str, &'static str, bool)],
    /// How the body is written as XML; the first row is the root. Empty: the caller writes it.
    pub xml: &'static [XmlNode],
}

impl RequestBody {
    /// The values that generated code leaves out.
    pub const DEFAULT: Self = Self {
        media_type: "application/json",
        layout: BodyLayout::Flattened(&[]),
        required: true,
        encodings: &[],
        part_headers: &[],
        given_headers: &[],
        xml: &[],
    };
}

/// How values of one schema are written as XML (OpenAPI 3.1.1 and 3.2.0, "XML Object").
#[derive(Clone, Copy, Debug)]
pub struct XmlNode {
    /// What it is in the document.
    pub kind: XmlKind,
    /// The name of an element or an attribute, with its prefix.
    pub name: &'static str,
    /// The namespace of the prefix; of the element and what is in it, where the name has none.
    pub namespace: Option<&'static str>,
    /// What is in it.
    pub holds: XmlContent,
}

impl XmlNode {
    /// The values that generated code leaves out.
    pub const DEFAULT: Self = Self { kind: XmlKind::Element, name: "", namespace: None, holds: XmlContent::Scalar };
}

/// OpenAPI 3.2.0, "XML Node Types".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlKind {
    /// An element.
    Element,
    /// An attribute of the element around it.
    Attribute,
    /// Text of the element around it.
    Text,
    /// A CDATA section of the element around it.
    Cdata,
    /// Nothing of its own: what it holds stands in the element around it.
    Nothing,
}

/// What a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlContent {
    /// A text, a number or a boolean.
    Scalar,
    /// An object: its properties, each with the index of its row.
    Members(&'static [(&'static str, usize)]),
    /// An array: the row of each of its items.
    Items(usize),
}

/// How the arguments of the tool become the body.
#[derive(Debug)]
pub enum BodyLayout {
    /// One argument holds the whole body.
    Whole(&'static str),
    /// The properties of the body stand beside the parameters: (argument, property on the wire).
    Flattened(&'static [(&'static str, &'static str)]),
}

/// How one property of a form is written (OpenAPI 3.1.1 §4.8.15, Encoding Object).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `style`, `explode`, `allowReserved`: as a query parameter.
    Style {
        /// `style`
        style: Style,
        /// `explode`
        explode: bool,
        /// `allowReserved`
        allow_reserved: bool,
    },
    /// `contentType`: JSON types as JSON, others as text; each item of an array apart.
    Content(&'static str),
    /// A file; the media type where the caller names none.
    File(&'static str),
}
