//! E01xx and W01xx: bytes, YAML, JSON, versions.

super::codes! {
    UNREADABLE = "E0101": "the document cannot be read",
        "The file is missing, is not a file, or the process may not read it.\n\nCheck the path; it is relative to the \
         folder in which the command runs.";
    TOO_LARGE = "E0102": "the document is too large",
        "A document may have 64 MiB. Documents of real APIs stay below 15 MB; a larger one is most often a mistake or \
         an attack.\n\nSplit the document, or remove embedded examples.";
    NOT_UTF8 = "E0103": "the document is not UTF-8",
        "Documents are read as UTF-8, with or without a byte order mark. The message names the first byte that is no \
         UTF-8.\n\nConvert the file, for example with `iconv -f latin1 -t utf-8`.";
    YAML_SYNTAX = "E0104": "the YAML cannot be parsed",
        "The text is not YAML 1.2. Common causes: a tab used for indentation, a value with `: ` or ` #` inside that \
         is not quoted, lines of one mapping that are indented differently, an unclosed quote or bracket.\n\n\
         Example:\n    description: Note: this fails\nRemedy:\n    description: \"Note: this works\"";
    JSON_SYNTAX = "E0105": "the JSON cannot be parsed",
        "A text that begins with `{` or `[` is read as JSON (RFC 8259): no comments, no trailing commas, names and \
         strings in double quotes.\n\nA YAML document in flow style is read too if its name ends in `.yaml` or `.yml`.";
    SEVERAL_DOCUMENTS = "E0106": "the file holds several YAML documents",
        "A line `---` begins another document. mcpgen reads one document from one file.\n\nRemove the separator, or \
         put each document into a file of its own.";
    ROOT_NOT_OBJECT = "E0107": "the document is not an object",
        "The top level of an OpenAPI document or of a server spec is an object (a mapping) with the key `openapi` or \
         `mcpgen`.";
    TOO_DEEP = "E0108": "the document is nested too deeply",
        "Objects and arrays may stand at most 128 levels inside one another, so that no stage can run out of stack. \
         Real documents stay below 40.";
    BUDGET = "E0109": "the document exceeds a limit of the reader",
        "A small YAML text can describe an enormous value through aliases (`*name`) and merge keys (`<<`). The reader \
         stops at 8 million nodes, 16 million events, 500,000 events repeated through aliases and 256 MB of text.\n\nReplace aliases of large nodes with `$ref`.";
    NO_VERSION = "E0110": "the kind of the document is unknown",
        "mcpgen reads OpenAPI documents (`openapi: 3.0.3`, `openapi: 3.1.0`, `swagger: \"2.0\"`) and its own server specs (`mcpgen: 1`). \
         The document has none of these keys at its top level.";
    UNSUPPORTED_VERSION = "E0111": "this version is not read",
        "mcpgen reads Swagger 2.0, OpenAPI 3.0, 3.1 and 3.2, and server specs of version 1. Swagger 1.x was never a \
         single document and cannot be read.";
    NOT_A_VALUE = "E0112": "a value that JSON cannot hold",
        "YAML has values that JSON has not: mappings as keys, sets, binary data. OpenAPI and server specs are JSON \
         documents in YAML clothes.\n\nWrite the key or the value as a string.";
    OVERLAY = "E0113": "an overlay cannot be applied",
        "An overlay (`--overlay FILE`) is a document of the Overlay Specification 1.0 or 1.1: the key `overlay`, and \
         `actions`, each with a `target`, a JSONPath (RFC 9535), and `update`, `remove: true` or `copy`.\n\nExample:\n    \
         overlay: 1.0.0\n    info: {title: Ours, version: 1.0.0}\n    actions:\n      - target: $.paths[*][?@['x-internal'] \
         == true]\n        remove: true";

    DUPLICATE_KEY = "W0101": "a key stands twice in one object",
        "The last one wins, as in most readers; the first one is lost. Two programs may read such a document \
         differently.\n\nRemove or rename one of the two.";
    NUMBER_ROUNDED = "W0102": "a number is beyond 64 bits",
        "The number is kept as the nearest double-precision value, so its last digits change. Limits such as \
         `maximum: 18446744073709551616` are usually meant as \"no limit\".\n\nRemove the keyword, or write a value \
         within 64 bits.";
    NOT_FINITE = "W0103": "a number is not finite",
        "JSON has no infinities and no NaN. The value is kept as the string that stands in the document.";
    VERSION_NUMBER = "W0105": "the version is written as a number",
        "`openapi: 3.0` is the number 3, not a version. It is read as the version that it looks like.\n\nQuote it and \
         give all three parts: `openapi: \"3.0.3\"`.";
    OVERLAY_UNUSED = "W0106": "an action of an overlay matched nothing",
        "The target of the action selects nothing in the document, so the action has no effect: most often a path or a \
         name has changed since the overlay was written.\n\nCorrect the target, or take the action out.";
}
