//! Server specs, text templates and URI templates. The format is described in `specs/README.md`.

super::codes! {
    UNKNOWN_KEY = "E0501": "unknown key",
"A server spec, or a JSON Schema in it, has a key that means nothing there. Such a key would be ignored, and what it was
meant to say would be lost, so it is refused.

    tools:
      get_temperature:
        descripton: Get the temperature.     # did you mean `description`?

Correct the spelling, or look the key up in specs/README.md. In schemas, keys of your own begin with `x-`.";

    WRONG_TYPE = "E0502": "wrong type",
"A value has another type than its key takes. YAML decides the type by the spelling: `1.0` is a number, `true` a boolean,
and only quotes make a string of them.

    server: { name: weather, version: 1.0 }      # expected a string: version: \"1.0\"";

    MISSING_KEY = "E0503": "missing key",
"A part of the server spec lacks a key that it cannot do without: a tool needs a `description` (a model chooses tools by
it), a resource a `uri`, an error a `kind` and a `message`. Add it.";

    EMPTY = "E0504": "empty",
"A text, list or map is there but says nothing: a blank `description`, an `enum` without members, a server that offers no
tool, resource or prompt. Fill it in, or leave the key out where it is optional.";

    BAD_NAME = "E0505": "unusable name",
"A name has characters that clients, URIs or environments do not take, or is too long.

    tools, resources, prompts      1 to 64 of  A-Z a-z 0-9 _ - .
    types, errors                  CamelCase:  Temperature, NotFound
    properties of an input         1 to 64 of  A-Z a-z 0-9 _ - .
    variables, prompt arguments    letters, digits and _
    settings                       an environment variable: WEATHER_API_KEY, not ending in _FILE
    server                         kebab case: weather-server";

    SAME_NAME = "E0506": "two handlers of the same name",
"Every tool, resource and prompt with a handler becomes a method of one Rust trait, and every completion a method
`complete_NAME`. Names that differ only in case or separators would become the same method.

    tools:
      get-forecast: { … }
      get_forecast: { … }      # the method get_forecast again

Rename one of them.";

    BAD_WORD = "E0507": "not one of the known words",
"Some keys take one of a closed set of words: the `kind` of an error, the `role` of a message, `complete: handler`,
`task: optional`. The
message lists them.";

    BAD_VERSION = "E0508": "not a version number",
"The `version` of the server is a semantic version, three numbers with points: `1.0.0`, `1.2.0-beta.1`.";

    BAD_DURATION = "E0509": "not a duration",
"A duration is a whole number and its unit, `ms`, `s` or `m`: `500ms`, `10s`, `2m`. A deadline is at least 1 ms and at most
60 minutes.";

    UNKNOWN_TYPE = "E0510": "reference to a type that is not declared",
"A `$ref` names a type of the section `types`: `$ref: Temperature`. References into other files or to URLs are not read.
Declare the type, or correct the name. A schema given as `inputSchema` or `outputSchema` refers to its own `$defs` and
anchors only.";

    UNKNOWN_ERROR = "E0511": "an error that is not declared",
"The list `errors` of a tool, resource or prompt names errors of the section `errors`, or one of the two built-in errors,
`InvalidParams` and `RateLimited`. Declare the error, or correct the name.";

    ENDLESS_TYPE = "E0512": "a type without end",
"Every value of this type would have to contain another value of it, without end, or the type is defined by itself alone.

    types:
      Node: { type: object, properties: { next: { $ref: Node } } }      # `next` is required

Make one link of the circle optional (`next: { $ref: Node, optional: true }`), or a list of any length.";

    BAD_SCHEMA = "E0513": "a schema that cannot be meant",
"A JSON Schema keyword has a value that the keyword does not take, or two keywords exclude each other: `minimum` above
`maximum`, `type: strng`, an `enum` with the same member twice.";

    UNKNOWN_PROPERTY = "E0514": "a property that does not exist",
"`required` lists a name that is not in `properties`, or `retryAfter` names a field that is not in `data`. Declare it, or
correct the name.";

    BAD_DEFAULT = "E0515": "a default that its own schema refuses",
"A `default` is what a call has when it leaves the property out, so it has to be a value that the call could have given.

    days: { type: integer, minimum: 1, maximum: 14, default: 30 }      # above `maximum`";

    CONTRADICTION = "E0516": "keys that exclude each other",
"Two keys, each fine by itself, cannot both hold: `input` and `inputSchema`, a `text` without an `output`, `readOnly` and
`destructive`, a secret with a `default`, a `default` for a variable that every URI has. Keep the one that is meant.";

    UNSUPPORTED_TYPE = "E0517": "a type that cannot stand here",
"Text is all that a URI or an argument of a prompt can carry, so a variable of a resource is a string, a number, an integer
or a boolean; in a query also a list of these. `retryAfter` names a number, the seconds to wait. The root of an
`inputSchema` is `type: object`.";

    TWICE = "E0518": "listed twice",
"A list of names has the same name twice. Remove one.";

    TEMPLATE_SYNTAX = "E0520": "a text template that cannot be read",
"    {field}  {a.b}                           a value
    {price:.2}                               rounded to two decimals
    {unit:celsius=°C|fahrenheit=°F}          a text for each member of an enumeration
    {#days}{date}: {high:.0} {/days}         once for each item of an array
    {#tags}{.} {/tags}                       the item itself
    {{  }}                                   braces";

    TEMPLATE_FIELD = "E0521": "a text template names a field that does not exist",
"The template is checked against the schema of what it renders: a tool's `text` against its `output`, the `message` of an
error against its `data`, the text of a prompt's message against its `arguments`. Correct the name, or declare the field.";

    TEMPLATE_FORMAT = "E0522": "a format that does not fit the field",
"Decimals (`{price:.2}`) are for numbers, texts for members (`{unit:celsius=°C|…}`) for enumerations and booleans, sections
(`{#days}…{/days}`) for arrays.";

    TEMPLATE_MEMBERS = "E0523": "members without text, or text without member",
"`{unit:celsius=°C|fahrenheit=°F}` gives each member of an enumeration its text. Every member needs one, so that a member
that is added later cannot be forgotten here, and every text belongs to a member.";

    URI_SYNTAX = "E0530": "a URI template that cannot be read",
"A `uri` is an absolute URI, or a URI template (RFC 6570) with these expressions:

    {var}       one or more characters without /, ? and #
    {+var}      the rest of the path
    {/var}      a segment at the end of the path, or nothing
    {?a,b*}     query parameters, each optional; * repeats the name for each item of a list
    {&a}        further query parameters, after ?name=value or {?…}

Others are refused, because such a URI cannot be taken apart again in one way.";

    URI_VARIABLES = "E0531": "variables of a URI and their declarations differ",
"Every variable of a `uri` is declared in `variables`, and every variable declared stands in the `uri`:

    uri: weather://{city}/current
    variables:
      city: { type: string, minLength: 2 }";

    URI_AMBIGUOUS = "E0532": "two URI templates match the same URI",
"Of two templates that match one URI the more specific one reads it: a literal comes before a variable, segment by segment.
Here neither is more specific, as with `a://x/{id}` and `a://{kind}/y` for `a://x/y`, or they are the same but for the
names of their variables. Change one of them.";

    UNUSED_TYPE = "W0501": "a type that nothing refers to",
"No tool, resource or error uses this type, so it is not generated. Remove it, or refer to it.";

    UNUSED_ERROR = "W0502": "an error that nothing raises",
"No tool, resource or prompt lists this error under `errors`, so it is not generated. Remove it, or list it.";

    UNUSED_ARGUMENT = "W0503": "an argument that no message shows",
"The messages of this prompt never mention the argument, so what the person enters makes no difference.";

    BAD_EXAMPLE = "W0504": "an example that its own schema refuses",
"Models imitate the `examples` of a schema, and this one would be refused as an argument.";
}
