"""Is everything that a document says of an operation's input still in the schema that a model sees?

Of the document: the parameters, the properties of the body (behind references and inside compositions, without read-only
ones), and of each schema the constraints, the values of enumerations and the words of descriptions. Each must stand
somewhere in the advertised `inputSchema` or the description of the tool. That the whole means the same is judged by
`meaning.py`; this looks for what a list loses while its instances stay the same, and for what a model reads.
"""

import collections
import html
import json
import re

from original import Unreadable, essence

CONSTRAINTS = ("minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
               "minProperties", "maxProperties", "pattern")
LISTS, MAPS, ONES = ("allOf", "anyOf", "oneOf", "prefixItems"), ("properties", "patternProperties"), ("items", "additionalProperties", "not")
IGNORED_HEADERS = ("accept", "content-type", "authorization")  # OpenAPI 3.1.1 §4.8.12.1
CUT = re.compile(r"… \[cut: \d+ of (\d+) characters\]")


class Count(collections.Counter):
    def __str__(self):
        return ", ".join(f"{number} {name}" for name, number in self.items())


def missing(document, tool, looked):
    """What is not there any more, a line each."""
    route = tool["route"]
    same = [one for one in document.operations() if one[0].upper() == route["method"].upper() and one[1].split("#")[0] == route["path"].split("#")[0]]
    if len(same) > 1:
        looked["operations that differ in a fragment, and were not looked at"] += 1
        return []
    for method, path, item, operation, base in same:
        break
    else:
        return [f"{tool['name']}: no operation {route['method']} {route['path']}"]
    facts, places = [], {(a["place"].get("in"), a["place"].get("name")) for a in tool["arguments"] if a.get("place")}
    out = []
    for (where, name), (parameter, at) in document.parameters(item, operation, base).items():
        if where == "header" and name.lower() in IGNORED_HEADERS:
            continue
        if where in ("body", "formData"):
            if where == "body":
                collect(document, parameter.get("schema"), at, facts, set())
            else:
                facts.append(("property", name))
            continue
        looked["parameters"] += 1
        if (where, name) not in places:
            out.append(f"{tool['name']}: the {where} parameter {name}")
            continue
        schema, at = document.parameter_schema(parameter, at)
        collect(document, schema, at, facts, set())
        if isinstance(parameter.get("description"), str):
            facts.append(("description", parameter["description"]))
    media_type = route.get("request_media_type")
    if media_type and document.version != "2.0":
        body = document.body(operation, base, media_type)
        if body and essence(media_type).endswith(("json", "x-www-form-urlencoded", "multipart/form-data")):
            collect(document, body[0], body[1], facts, set())
    for text in (operation.get("summary"), operation.get("description")):
        if isinstance(text, str):
            facts.append(("description", text))

    has, texts = ours(tool)
    words = set(words_of(" ".join(texts)))
    for kind, value in facts:
        looked["descriptions" if kind == "description" else "properties" if kind == "property" else "constraints"] += 1
        if kind == "description":
            gone = [word for word in words_of(value) if word not in words]
            if gone and not is_cut(value, texts):
                out.append(f"{tool['name']}: {gone[:6]} of {value[:60]!r}")
        elif (kind, value) not in has:
            out.append(f"{tool['name']}: {kind} {value}")
    return out


def is_cut(value, texts):
    """Whether a text that begins as this one, after a summary perhaps, says that it is cut."""
    start = " ".join(words_of(value)[:8])
    return any(CUT.search(text) and start in " ".join(words_of(text)) for text in texts)


def collect(document, schema, base, facts, seen):
    if not isinstance(schema, dict) or id(schema) in seen:
        return
    seen.add(id(schema))
    if isinstance(schema.get("$ref"), str):
        try:
            target, at = document.resolve(schema["$ref"], base)
        except Unreadable:
            target, at = None, base
        collect(document, target, at, facts, seen)
        if document.version != "3.1":
            return  # Siblings of a reference are ignored (OpenAPI 3.0.4 §4.8.23).
    for key in CONSTRAINTS:
        value = schema.get(key)
        if key in schema and value is not None and value is not False and not (key.startswith("min") and key != "minimum" and value == 0):
            if key in ("minimum", "maximum") and schema.get("exclusive" + key.capitalize()) is True:
                key = "exclusive" + key.capitalize()
            facts.append((key, canonical(value)))
    for value in schema["enum"] if isinstance(schema.get("enum"), list) else ():
        facts.append(("value", canonical(value)))
    if isinstance(schema.get("description"), str):
        facts.append(("description", schema["description"]))
    for key in MAPS:
        for name, part in schema[key].items() if isinstance(schema.get(key), dict) else ():
            if document.is_read_only(part, base):
                continue
            facts.append(("property", name))
            collect(document, part, base, facts, seen)
    for key in LISTS:
        for part in schema[key] if isinstance(schema.get(key), list) else ():
            collect(document, part, base, facts, seen)
    for key in ONES:
        collect(document, schema.get(key), base, facts, seen)


def ours(tool):
    """({(kind, value)}, [text]) of the advertised schema."""
    has, texts = set(), [tool.get("title") or "", tool["description"]]
    for argument in tool["arguments"]:
        if (argument.get("place") or {}).get("name"):
            has.add(("property", argument["place"]["name"]))
    queue = [tool["input_schema"]]
    while queue:
        schema = queue.pop()
        if not isinstance(schema, dict):
            continue
        for key in (*CONSTRAINTS, "exclusiveMinimum", "exclusiveMaximum"):
            if key in schema:
                has.add((key, canonical(schema[key])))
        for value in [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]:
            has.add(("value", canonical(value)))
        texts += [schema[key] for key in ("title", "description") if isinstance(schema.get(key), str)]
        for key in (*MAPS, "$defs", "dependentSchemas"):
            for name, part in schema.get(key, {}).items():
                if key != "$defs":
                    has.add(("property", name))
                queue.append(part)
        for key in LISTS:
            queue += schema.get(key, [])
        queue += [schema.get(key) for key in (*ONES, "if", "then", "else", "contains", "propertyNames", "unevaluatedProperties")]
    return has, texts


def canonical(value):
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True)


# A sentence that only sends its reader to a page, whose address a model does not get.
POINTER = re.compile(r"(?:^|(?<=[.!?][\"')*_ ])|(?<=\n))[ (*_\[]*(?:(?:please )?(?:for (?:additional information|details|further|more)|learn more|more (?:details|info)|refer to|"
                     r"see |read more|to learn more|you can (?:find|learn|read) more))[^\n]*?(?:\]\(|<a )[^\n]*?(?:\.(?=\s|\"|$|\))|$)", re.I | re.M)
LINK = re.compile(r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.S)


def words_of(text):
    """What a reader reads: without the addresses of links, markup and character references."""
    text = POINTER.sub(" ", text)
    text = LINK.sub("] ", html.unescape(TAG.sub(" ", text)))
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", text)
    return re.findall(r"[^\W_]+", text.casefold())
