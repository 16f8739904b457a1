//! E02xx to E04xx and W02xx to W04xx: references, structure, schemas, operations.

super::codes! {
    REF_CYCLE = "E0202": "path items lead in a circle",
        "Each of the references of path items names the next, and none names a path item.\n\nExample:\n    paths:\n      \
         /a: {$ref: '#/paths/~1b'}\n      /b: {$ref: '#/paths/~1a'}\n\nLet one of them say what is meant.";
    REMOTE_REF = "E0203": "a reference leads to another host",
        "Generation works offline: a document that could fetch URLs could reach what only this machine reaches.\n\n\
         Save the file beside the document and refer to it by its relative path, or allow mcpgen to fetch it with \
         `--allow-remote-refs`.";
    FILE_REF = "E0204": "the file of a reference cannot be read",
        "References into files are relative to the file that they stand in, and must stay in the folder of the document \
         or below it, symbolic links included.";
    TOO_LARGE = "E0205": "the document is too large once references are resolved",
        "References to path items, parameters and responses are replaced by what they name. A few large path items \
         named by thousands of paths may add a million values to the document, and large schemas of parameters that \
         thousands of operations share four million.";
    REMOTE_FILE = "E0206": "a file on another host cannot be fetched",
        "With `--allow-remote-refs` the files of references are fetched by HTTP or HTTPS: from public addresses, without a \
         proxy, without following redirects, at most 64 MiB and 10 seconds for each.\n\nSave the file beside the document \
         and refer to it by its relative path.";
    INTERNAL = "E0299": "the document's structure was not understood",
        "mcpgen prepares the structure of a document before `openapiv3` reads it, and `openapiv3` refused the result. \
         That is a defect of mcpgen: please report it with the document.";

    REPAIRED = "W0201": "a small mistake was repaired",
        "The value is not what the specification asks for, and it is clear what was meant. The message says how it is \
         read.\n\nCorrect the document, so that every other reader understands it as well.";
    UNKNOWN_FIELD = "W0202": "an unknown field",
        "The object has no such field, so it has no effect. Most often it is a slip of another name, or what is left of a \
         text with a comma in a YAML flow mapping.\n\nExample:\n    {name: q, in: query, description: Words, or a \
         phrase}\nRemedy:\n    {name: q, in: query, description: \"Words, or a phrase\"}\n\nCorrect the spelling, quote the \
         text, or begin the name with `x-` if it is an extension.";
    SECURITY_SCHEME = "W0203": "a security scheme cannot be used",
        "Read are `apiKey` in header, query and cookie, `http` with `bearer` and `basic`, `oauth2` with client \
         credentials, and other flows of `oauth2` and `openIdConnect` with a token that is supplied from outside. Operations that need another scheme are called \
         without it.";

    BROKEN_REF = "W0204": "a reference leads nowhere",
        "The pointer of a `$ref` names nothing in the document. A schema in its place accepts any value; a parameter or a \
         response is left out. The message names the longest part that exists and the nearest name.\n\nExample:\n    \
         $ref: '#/components/schemas/Pets'   # the schema is called Pet\n\nCorrect the reference, or add what it names.";
    ENDLESS_REF = "W0205": "references lead in a circle",
        "Each of the references names the next, and none names a value. A schema in their place accepts any value.\n\n\
         Example:\n    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}\n\nA schema may contain \
         itself, in a property for example; it may not be itself.";
    WRONG_TYPE = "W0206": "a field has the wrong type and is left out",
        "The specification gives every field a type, and the value in the document has another one that cannot be \
         read as it.\n\nExample:\n    parameters: {limit: …}     # an object\nRemedy:\n    parameters: [{name: \
         limit, …}]";
    MISSING_FIELD = "W0207": "an object lacks a field that it needs, and is left out",
        "The specification requires the field, and nothing sensible can be put in its place.\n\nExample:\n    \
         parameters:\n      - in: query            # which parameter?\nRemedy:\n    parameters:\n      - {in: query, \
         name: limit}";
    LONG_TEXT = "W0209": "a text is longer than a model should read",
        "A model reads every description of a tool before each answer. One of more than 2,000 characters is cut at the end \
         of a sentence, and says so at its end.\n\nGive the tool or the argument a shorter text:\n    [tools.NAME]\n    \
         description = \"…\"";
    AUTHORIZATION = "W0208": "credentials that cannot be sent together",
        "A request has one `Authorization` header (RFC 9110 §11.6.2), and a security requirement that names two schemes \
         which both write it cannot be met. They are read as alternatives: one of them is sent, the first for which the \
         environment has a credential.\n\nExample:\n    security: [{basic: [], bearer: []}]\nRemedy:\n    security: \
         [{basic: []}, {bearer: []}]";

    SCHEMA_REPAIRED = "W0301": "a schema was repaired",
        "A keyword has a value of the wrong type, a type does not exist, or a default does not fit its own schema. The \
         message says what is read or left out. A keyword that is left out restricts nothing: more values are accepted \
         than the document meant.";

    UNKNOWN_KEYWORD = "W0302": "a key of a schema is no keyword",
        "JSON Schema and OpenAPI have no such keyword, so the key restricts nothing. A common cause is a comma in a YAML \
         flow mapping, which ends the value.\n\nExample:\n    {type: string, description: City, or its code}\nRemedy:\n    \
         {type: string, description: \"City, or its code\"}\n\nThe name of an extension begins with `x-`.";
    BAD_PATTERN = "W0303": "a pattern is no regular expression",
        "Patterns are regular expressions of ECMA-262 (JSON Schema 2020-12 Validation §6.3.3). The check is left out: more \
         values are accepted than the document meant.\n\nExample:\n    pattern: '[a-z'\nRemedy:\n    pattern: '[a-z]'";

    NO_OPERATION = "E0401": "no operation can become a tool",
        "The document declares no operation under `paths`, or every one of them was skipped; the warnings say why. \
         Webhooks are requests that the API sends: they cannot be called, so they are no tools.";

    BASE_URL = "W0401": "the base URL must come from the environment",
        "The document has no server, or one whose URL is relative, has a variable without a default, or is more than a \
         host and a path. The generated server then refuses to start without its base URL variable.\n\nExample:\n    \
         servers: [{url: /v1}]\nRemedy:\n    servers: [{url: 'https://api.example.com/v1'}]";
    NAME = "W0402": "a tool has another name than its operation",
        "Tool names are unique and at most 56 characters long, so that clients, which put a prefix before them, accept \
         them. A name is made in this way:\n\n1. What `mcpgen.lock` says: an operation that had a name keeps it.\n2. Else the \
         operationId in snake case: `repos/getContent` is `repos_get_content`.\n3. Where there is none, or none of its \
         letters is ASCII: method and path, `GET /pets/{petId}` is `get_pets_by_pet_id`.\n4. Longer than 56 characters: words \
         that stand twice are left out, then small words, then words from the middle.\n5. A name that is taken gets `_2`, \
         `_3` and so on; of two operations of a document the first one keeps the name.\n\nSo an operation that is added \
         never renames another one of a crate with a lock. Give every operation a short operationId of its own.";
    PARAMETER = "W0403": "a parameter is read differently or left out",
        "The message says which and why. Headers that belong to the connection (`Host`, `Content-Length`) or to other \
         parts of the document (`Accept`, `Content-Type`, `Authorization`) are never arguments, and neither is what a \
         security scheme sends.";
    BODY = "W0404": "a request body is left out",
        "GET, HEAD and TRACE requests have no content (RFC 9110 §9.3.1), and many servers and gateways drop it.";
    SKIPPED = "W0405": "an operation is skipped",
        "The operation cannot be called: its path is no path. The other operations become tools.";
    RESOURCE = "W0406": "an operation is not exposed as a resource",
        "Its URI would be the same as that of another resource. The tool is there all the same.";
    ARGUMENT = "W0408": "several places of an operation use one name",
        "The arguments of a tool stand in one object, so a name that is used in the path, the query, the headers, the \
         cookies or the body at once gets the prefix of its place: `path_id`, `query_id`, `header_id`, `cookie_id`, \
         `body_id`. Requests keep the name of the document.\n\nNothing has to be done. Another name in one of the places \
         makes the arguments shorter.";
    MEDIA_TYPE = "W0409": "a request body can be sent in several media types",
        "A tool sends one of them: JSON, else a form, multipart (before a form if there are files), JSON lines, text or \
         bytes. `--media-type TYPE` (`Options::media_types`) names the ones to prefer; an overlay that removes the others \
         decides for one operation.\n\nExample:\n    mcpgen generate api.yaml --out api-mcp --media-type application/xml";
    NOT_READ = "W0407": "a part of the document is not read",
        "The message names it.";
}
