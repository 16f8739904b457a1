"""Arguments made from an inputSchema alone, deterministic, valid, and with something in every property."""

import base64

# The values that a reader could mistake for something else. No slash, which a path segment refuses (SECURITY.md O1), no
# comma or pipe, which separate items in styles that cannot escape them, and nothing beyond ASCII, which headers refuse.
TEXTS = ["a b&c=d?e", "blue", "x+y", "x;y"]


def value(schema, root, number=0, depth=0):
    """A value that the schema accepts: required and optional properties down to a depth of four."""
    if not isinstance(schema, dict):
        return "text"
    if "$ref" in schema:
        target = root
        for token in schema["$ref"].lstrip("#/").split("/"):
            target = target[token.replace("~1", "/").replace("~0", "~")]
        return value({**target, **{k: v for k, v in schema.items() if k != "$ref"}}, root, number, depth)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("examples"):
        return schema["examples"][0]
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema:
            rest = {k: v for k, v in schema.items() if k != keyword}
            chosen = value(schema[keyword][0], root, number, depth)
            if isinstance(chosen, dict) and rest.get("properties"):
                return {**value(rest, root, number, depth), **chosen}
            return chosen
    if "allOf" in schema:
        parts = [value(part, root, number, depth) for part in schema["allOf"]]
        rest = {k: v for k, v in schema.items() if k != "allOf"}
        if rest.get("properties"):
            parts.append(value(rest, root, number, depth))
        if all(isinstance(part, dict) for part in parts):
            return {k: v for part in parts for k, v in part.items()}
        return parts[0]
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind == "object" or (kind is None and "properties" in schema):
        return members(schema, root, number, depth)
    if kind == "array":
        least = max(schema.get("minItems", 0), min(2, schema.get("maxItems", 2)))
        return [value(schema.get("items", {}), root, number + at, depth + 1) for at in range(least)]
    if kind in ("integer", "number"):
        return numeral(schema, kind)
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    return text(schema, number)


def members(schema, root, number, depth):
    out = {}
    required = schema.get("required", [])
    for at, (name, sub) in enumerate(schema.get("properties", {}).items()):
        if name in required or depth < 4:
            out[name] = value(sub, root, number + at, depth + 1)
    extra = schema.get("additionalProperties")
    if not out and isinstance(extra, dict):
        out["key"] = value(extra, root, number, depth + 1)
    return out


def numeral(schema, kind):
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + 1
    if "exclusiveMaximum" in schema:
        high = schema["exclusiveMaximum"] - 1
    step = schema.get("multipleOf")
    out = 7 if kind == "integer" else 1.5
    if low is not None and out < low:
        out = low
    if high is not None and out > high:
        out = high
    return out - out % step + (step if low is not None and out - out % step < low else 0) if step else out


FORMATS = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:34:56Z",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "email": "ann@example.com",
    "uri": "https://example.com/a?b=c",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
    "byte": "AAEC",
}


def text(schema, number):
    if schema.get("contentEncoding") == "base64":
        return base64.b64encode(bytes([0, 255, 13, 10, 45, 45])).decode()
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    if "pattern" in schema:
        for candidate in ("a", "1", "A1", "aa", "10", "abc-1", "00000000", "a.b", "text/plain"):
            import re

            if re.search(schema["pattern"], candidate) and len(candidate) >= schema.get("minLength", 0):
                return candidate
    media_type = schema.get("contentMediaType", "")
    if "xml" in media_type:
        return "<a>1</a>"
    out = TEXTS[number % len(TEXTS)]
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    out += "x" * (least - len(out))
    return out if most is None else out[:most]
