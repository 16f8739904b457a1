"""Reads a request with parsers that know nothing of the document, and says whether it holds the arguments and nothing else.

For what openapi-core cannot read: nested values in brackets (`qs-codec`), parts of a multipart body (Werkzeug). The values
are those of the call, which the inputSchema accepts.
"""

import base64
import io
import json
from urllib.parse import unquote, urlencode

import qs_codec
from werkzeug.formparser import parse_form_data

OPTIONS = qs_codec.DecodeOptions(depth=30, parameter_limit=20_000, list_limit=10_000)


def text(value):
    """A primitive as a query spells it."""
    return value if isinstance(value, str) else json.dumps(value)


def plain(value):
    """A value as a reader of brackets sees it: texts, nothing for null and for what holds nothing, a list of one as its item."""
    if isinstance(value, dict):
        members = {key: plain(item) for key, item in value.items()}
        return {key: item for key, item in members.items() if item is not None} or None
    if isinstance(value, (list, tuple)):
        items = [item for item in map(plain, value) if item is not None]
        return items[0] if len(items) == 1 else items or None
    return None if value is None else text(value)


def same(read, given):
    """Whether what was read is the value that was given."""
    wanted = plain(given)
    if plain(read) == wanted or (wanted is None and read in ("", None)):
        return True
    if isinstance(read, str) and isinstance(given, (dict, list)):
        try:
            if json.loads(read) == given:
                return True
        except ValueError:
            pass
        if isinstance(given, list) and not any(isinstance(item, (dict, list)) for item in given):
            return any(read == by.join(map(text, given)) for by in (",", " ", "|", "\t"))
    if isinstance(given, list) and any(isinstance(item, (dict, list)) for item in given):
        # Items that are JSON texts, each a pair or a part of its own.
        read = read if isinstance(read, list) else [read]
        return len(read) == len(given) and all(same(one, item) for one, item in zip(read, given))
    return False


def files(given):
    """The bytes of a file or of several; `None`: the argument is no file."""
    many = given if isinstance(given, list) else [given]
    if not many or not all(isinstance(one, dict) and isinstance(one.get("data"), str) for one in many):
        return None
    return [base64.b64decode(one["data"]) for one in many]


def encoded(text):
    """The bytes of base64; `None`: it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def holds(request, values):
    """`None` if the request holds the values and nothing else; else what is wrong."""
    method, target, headers, body = request
    path, _, query = target.partition("?")
    names = {name.lower(): value for name, value in headers}
    media_type = names.get("content-type", "")
    given = {}
    for name, value in values.items():
        given.update(value if name == "body" and isinstance(value, dict) else {name: value})
    empty = {name: value for name, value in given.items() if plain(value) is None}
    given = {name: value for name, value in given.items() if name not in empty}
    pairs, uploaded = query, {}
    if media_type.startswith("application/x-www-form-urlencoded"):
        pairs = "&".join(filter(None, [query, body.decode()]))
    elif media_type.startswith("multipart/"):
        environ = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": media_type, "REQUEST_METHOD": "POST"}
        _, form, parts = parse_form_data(environ, silent=False)
        pairs = "&".join(filter(None, [query, urlencode([(name, value) for name in form for value in form.getlist(name)])]))
        uploaded = {name: [part.read() for part in parts.getlist(name)] for name in parts}
    elif isinstance(values.get("body"), str) and body in (encoded(values["body"]), values["body"].encode()):
        given.pop("body")
    elif body and body != b"{}":
        return f"a body of {media_type} is not read here"
    read = qs_codec.decode(pairs, OPTIONS)

    for name, contents in uploaded.items():
        if files(given.pop(name.removesuffix("[]"), None) or given.pop(name, None)) != contents:
            return f"the file {name!r} is not the argument"
    for name in list(given):
        value = given[name]
        if name in read and same(read[name], value):
            read.pop(name)
        elif isinstance(value, dict) and all(key in read and same(read[key], item) for key, item in value.items() if plain(item) is not None):
            for key in value:
                read.pop(key, None)
        elif not isinstance(value, (dict, list)) and (
            text(value) in unquote(path) or text(value) in names.values() or f"={text(value)}" in unquote(names.get("cookie", ""))
        ):
            pass
        else:
            return f"{name!r} is {read.get(name)!r} and was {value!r}"[:600]
        given.pop(name)
    # An object without members, as JSON or as nothing at all.
    left_empty = lambda name, value: name in empty and value in ("", "{}", "[]")
    rest = {name: value for name, value in read.items() if value != "credential" and not left_empty(name, value)}
    return f"{rest!r} was no argument"[:600] if rest else None
