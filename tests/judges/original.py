"""The original document, read without any code of mcpgen: files, references, operations, and what each schema accepts.

A schema is judged by `openapi-schema-validator` (3.0, 3.1) on the document as it stands. Where the document or the
generator departs from the letter of the specification on purpose, `intended` is the same schema as JSON Schema 2020-12
under the named departures, each of which is listed in README.md.
"""

import os
import re
import urllib.parse

import yaml
from jsonschema import Draft202012Validator, _keywords
from jsonschema.validators import extend
from openapi_schema_validator import OAS30WriteValidator, OAS31Validator
from openapi_schema_validator import _keywords as oas_keywords
from referencing import Anchor, Registry, Resource, Specification

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

# YAML 1.2 core schema, and what YAML 1.1 would take for a date, an octal number or `yes` stays what it is.


class Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    yaml_implicit_resolvers = {}


for tag, pattern, first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:(?:0|[1-9][0-9]*)?\.[0-9]+|(?:0|[1-9][0-9]*)\.?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("merge", r"^<<$", "<"),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))
Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def keys_are_texts(value):
    if isinstance(value, dict):
        return {key if isinstance(key, str) else key_text(key): keys_are_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [keys_are_texts(item) for item in value]
    return value


def key_text(key):
    return {True: "true", False: "false", None: "null"}.get(key, str(key)) if not isinstance(key, (int, float)) or isinstance(key, bool) else str(key)


def read(path):
    with open(path, encoding="utf-8-sig") as file:
        text = file.read()
    if text.lstrip().startswith("{"):
        import json

        try:
            return json.loads(text)
        except ValueError:
            pass
    return keys_are_texts(yaml.load(text, Loader))


class Unreadable(Exception):
    """The judge cannot read this place of the document."""


class Document:
    def __init__(self, path):
        self.base = "file://" + urllib.parse.quote(os.path.abspath(path))
        self.files = {self.base: read(path)}
        root = self.files[self.base]
        self.root = root
        given = str(root.get("swagger") or root.get("openapi") or "")
        self.version = "2.0" if "swagger" in root else "3.0" if given.startswith(("3.0",)) or given == "3" else "3.1"
        anchored = lambda spec, contents: list(anchors(spec, contents))
        self.specification = Specification(
            name="document", id_of=lambda contents: None, subresources_of=lambda contents: (),
            anchors_in=anchored, maybe_in_subresource=lambda segments, resolver, subresource: resolver,
        )
        self.registry = Registry(retrieve=lambda uri: Resource(self.file(uri), self.specification))
        judge = OAS31Validator if self.version == "3.1" else OAS30WriteValidator
        # The discriminator is a hint that never changes what is valid (OpenAPI 3.1.1 §4.8.25, 3.0.4 §4.8.25), and
        # `required` does not ask a request for a property that is read-only (3.0.4 §4.8.24), behind references too.
        self.letter = extend(judge, {
            "oneOf": _keywords.oneOf, "anyOf": _keywords.anyOf, "allOf": _keywords.allOf, "readOnly": nothing,
            "required": self.required,
        })
        self.steps = 0

    def file(self, uri):
        if uri not in self.files:
            path = urllib.parse.unquote(urllib.parse.urlparse(uri).path)
            if not uri.startswith("file://") or not os.path.isfile(path):
                raise Unreadable(f"{uri} is not there")
            self.files[uri] = read(path)
        return self.files[uri]

    def required(self, validator, names, instance, schema):
        if isinstance(names, list) and isinstance(instance, dict):
            hidden = None
            for name in names:
                if name not in instance:
                    if hidden is None:
                        hidden = self.hidden(schema, getattr(validator._resolver, "_base_uri", self.base))
                    if name not in hidden:
                        yield from _keywords.required(validator, [name], instance, schema)

    def resolve(self, reference, base):
        """The value behind a reference and the base of what it refers to."""
        uri, _, fragment = urllib.parse.urljoin(base, reference).partition("#")
        value = self.file(uri)
        if fragment and not fragment.startswith("/"):
            for anchor in anchors(self.specification, value):
                if anchor.name == urllib.parse.unquote(fragment):
                    return anchor.resource.contents, uri
            raise Unreadable(f"no anchor {reference}")
        for token in urllib.parse.unquote(fragment).split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            try:
                value = value[int(token)] if isinstance(value, list) else value[token]
            except (KeyError, IndexError, ValueError, TypeError):
                raise Unreadable(f"{reference} leads nowhere") from None
        return value, uri

    def follow(self, value, base):
        """Behind references of objects that are no schemas."""
        for _ in range(32):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return value, base
            value, base = self.resolve(value["$ref"], base)
        raise Unreadable("references without end")

    def hidden(self, schema, base, looks=64):
        """The read-only properties of a schema and of the members of its `allOf`."""
        names = set()
        queue = [(schema, base)]
        while queue and looks:
            looks -= 1
            schema, base = queue.pop()
            if not isinstance(schema, dict):
                continue
            properties = schema.get("properties")
            for name, property_ in properties.items() if isinstance(properties, dict) else ():
                if self.is_read_only(property_, base):
                    names.add(name)
            parts = schema.get("allOf")
            for part in parts if isinstance(parts, list) else ():
                try:
                    queue.append(self.follow(part, base))
                except Unreadable:
                    pass
        return names

    def is_read_only(self, schema, base, looks=8):
        if not isinstance(schema, dict) or not looks:
            return False
        if schema.get("readOnly") is True:
            return True
        if isinstance(schema.get("$ref"), str):
            try:
                target, at = self.resolve(schema["$ref"], base)
            except Unreadable:
                return False
            if self.is_read_only(target, at, looks - 1):
                return True
            return False
        parts = schema.get("allOf")
        return any(self.is_read_only(part, base, looks - 1) for part in (parts if isinstance(parts, list) else ()))

    def validator(self, schema, base):
        return self.letter(schema, registry=self.registry, _resolver=self.registry.resolver(base))

    # Operations

    def operations(self):
        """(method as in the document, path, path item, operation, base)"""
        for key in ("paths", "x-ms-paths"):
            paths = self.root.get(key)
            for path, item in paths.items() if isinstance(paths, dict) else ():
                try:
                    item, base = self.follow(item, self.base)
                except Unreadable:
                    continue
                if not isinstance(item, dict):
                    continue
                for method in METHODS:
                    if isinstance(item.get(method), dict):
                        yield method, path, item, item[method], base
                more = item.get("additionalOperations")
                for method, operation in more.items() if isinstance(more, dict) else ():
                    if isinstance(operation, dict):
                        yield method, path, item, operation, base

    def parameters(self, item, operation, base):
        """{(in, name): (Parameter Object, base)}; what stands first wins."""
        found = {}
        for holder in (operation, item):
            own = {}
            given = holder.get("parameters")
            for parameter in given if isinstance(given, list) else ():
                try:
                    parameter, at = self.follow(parameter, base)
                except Unreadable:
                    continue
                if isinstance(parameter, dict) and "name" in parameter:
                    own.setdefault((parameter.get("in"), str(parameter["name"])), (parameter, at))
            for key, value in own.items():
                found.setdefault(key, value)
        return found

    def parameter_schema(self, parameter, base):
        if self.version == "2.0":
            if parameter.get("in") == "body":
                return parameter.get("schema", {}), base
            asserting = ("type", "items", "enum", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
                         "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "multipleOf", "format", "x-nullable")
            return {key: parameter[key] for key in asserting if key in parameter}, base
        if "schema" in parameter:
            return parameter["schema"], base
        content = parameter.get("content")
        for name, media in content.items() if isinstance(content, dict) else ():
            media, at = self.follow(media, base)
            if is_json(name):
                return media.get("schema", {}), at
            return None, at
        return {}, base

    def body(self, operation, base, media_type):
        """(schema, base, required) of the request body in a media type."""
        found = self.media(operation, base, media_type)
        if found is None:
            return None
        media, at, required = found
        return media.get("schema", {}) if isinstance(media, dict) else {}, at, required

    def encodings(self, operation, base, media_type):
        """The Encoding Objects of the request body in a media type, by property, and their base."""
        found = self.media(operation, base, media_type)
        encodings = found[0].get("encoding") if found and isinstance(found[0], dict) else None
        return (encodings if isinstance(encodings, dict) else {}), found[1] if found else base

    def media(self, operation, base, media_type):
        """(Media Type Object, base, required)"""
        if self.version == "2.0":
            return None
        body = operation.get("requestBody")
        if not isinstance(body, dict):
            return None
        body, base = self.follow(body, base)
        content = body.get("content")
        wanted = essence(media_type)
        names = list(content) if isinstance(content, dict) else []
        names.sort(key=lambda name: essence(name) != wanted)
        for name in names:
            media = content[name]
            if essence(name) == wanted or (wanted == "application/json" and (essence(name) == "*/*" or "/" not in name)):
                return (*self.follow(media, base), body.get("required") is True)
        return None


def nothing(validator, value, instance, schema):
    yield from ()


def anchors(specification, contents):
    queue = [contents]
    while queue:
        value = queue.pop()
        if isinstance(value, dict):
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(value.get(keyword), str):
                    yield Anchor(name=value[keyword], resource=Resource(value, specification))
            queue.extend(value.values())
        elif isinstance(value, list):
            queue.extend(value)


def essence(media_type):
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type):
    name = essence(media_type)
    return name in ("*/*", "") or name.endswith(("/json", "+json"))


# Departures

TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}
WORDS = {
    **dict.fromkeys(("int", "int32", "int64", "long", "short"), "integer"),
    **dict.fromkeys(("float", "double", "decimal", "numeric"), "number"),
    "bool": "boolean",
    **dict.fromkeys(("str", "text", "date", "date-time", "datetime", "uuid", "file", "binary", "email", "uri", "url"), "string"),
    **dict.fromkeys(("map", "dict", "hash", "json"), "object"),
    **dict.fromkeys(("list", "set", "tuple"), "array"),
}
COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")


class Intended:
    """The schemas of a document as JSON Schema 2020-12, under departures; `names` collects those that were used."""

    def __init__(self, document, departures):
        self.document, self.departures = document, departures
        self.defs, self.used = {}, set()

    def validator(self, schema, base):
        root = self.schema(schema, base)
        return PLAIN({"allOf": [root], "$defs": self.defs})

    def name(self, schema, base):
        key = str(id(schema))
        if key not in self.defs:
            self.defs[key] = {}
            self.defs[key] = self.schema(schema, base)
        return f"#/$defs/{key}"

    def allows(self, departure):
        return departure in self.departures

    def schema(self, schema, base):
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            return {}
        document, out = self.document, {}
        is_31 = document.version == "3.1"
        hidden = document.hidden(schema, base)
        for key, value in schema.items():
            if value is None and key not in ("const",):
                continue
            if key == "$ref" and isinstance(value, str):
                try:
                    target, at = document.resolve(value, base)
                except Unreadable:
                    continue
                out["$ref"] = self.name(target, at)
            elif key == "type":
                names = value if isinstance(value, list) else [value]
                names = [str(name).lower() if name is not None else "null" for name in names]
                names = [name if name in TYPES else WORDS.get(name) for name in names]
                if None not in names:
                    out["type"] = names
            elif key in ("properties", "patternProperties", "dependentSchemas") and isinstance(value, dict):
                out[key] = {name: self.schema(item, base) for name, item in value.items() if key != "properties" or name not in hidden}
            elif key == "required" and isinstance(value, list):
                out[key] = [name for name in dict.fromkeys(value) if isinstance(name, str) and name not in hidden]
            elif key in ("allOf", "anyOf", "oneOf", "prefixItems") and isinstance(value, list):
                if value:
                    out[key] = [self.schema(item, base) for item in value if item is not None]
            elif key == "items" and isinstance(value, list):
                out["prefixItems"] = [self.schema(item, base) for item in value]
            elif key in ("items", "not", "additionalProperties", "if", "then", "else", "contains", "propertyNames",
                         "unevaluatedItems", "unevaluatedProperties") and isinstance(value, (dict, bool)):
                out[key] = self.schema(value, base)
            elif key in ("minimum", "maximum", "multipleOf"):
                number = as_number(value)
                if number is not None:
                    out[key] = number
            elif key in ("exclusiveMinimum", "exclusiveMaximum") and not isinstance(value, bool):
                number = as_number(value)
                if number is not None:
                    out[key] = number
            elif key in COUNTS + ("minContains", "maxContains"):
                number = as_number(value)
                if number is not None:
                    out[key] = int(number)
            elif key == "enum" and isinstance(value, list) and value:
                out[key] = value
            elif key == "pattern" and isinstance(value, str):
                out[key] = value
            elif key in ("const", "dependentRequired"):
                out[key] = value
            elif key == "uniqueItems" and value in (True, "true"):
                out[key] = True
        for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if schema.get(exclusive) is True and bound in out:
                out[exclusive] = out.pop(bound)
        if self.allows("inferred type") and not {"type", "$ref", "allOf", "anyOf", "oneOf", "not", "const"} & set(out):
            if "properties" in out or "additionalProperties" in out:
                out["type"] = "object"
            elif "items" in out or "prefixItems" in out:
                out["type"] = "array"
        if schema.get("x-nullable") is True and self.allows("x-nullable"):
            out = {"anyOf": [out, {"type": "null"}]}
        if schema.get("nullable") is True and (self.allows("nullable") or (not is_31 and "type" in out and "enum" not in out)):
            out = {"anyOf": [out, {"type": "null"}]}
        return out


DEPARTURES = ("nullable", "x-nullable", "inferred type")


def as_number(value):
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    try:
        return float(value) if "." in value else int(value)
    except (ValueError, TypeError):
        return None


# ECMA-262 patterns on both sides.
PLAIN = extend(Draft202012Validator, {"pattern": oas_keywords.pattern})
