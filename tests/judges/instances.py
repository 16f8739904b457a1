"""Instances of the schemas of an original document: valid ones, and ones that break one keyword at one place.

A place of a schema is reached by a plan: which alternative of `anyOf`/`oneOf` is taken and which property or item is
entered. An instance is built along the plan, with nothing but what is required beside it; then one keyword of the schema
that the plan leads to is broken in it. Whether an instance is valid is not decided here: judges say so.
"""

import copy
import re

import rstr

from original import Unreadable, as_number

ASSERTIONS = (
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required",
    "additionalProperties", "dependentRequired", "not", "propertyNames", "contains", "unevaluatedProperties",
    "oneOf", "anyOf",
)
EXTRA = "zz_extra"
DEPTH = 12


class Stuck(Exception):
    """No instance can be made here."""


class Node:
    """A schema and the plan that leads to it."""

    __slots__ = ("schema", "base", "plan")

    def __init__(self, schema, base, plan):
        self.schema, self.base, self.plan = schema, base, plan


def nodes(document, schema, base, most):
    """Every schema object that instances pass, each once, the near ones first; and whether that is all."""
    seen, out, queue, at = set(), [], [(schema, base, ())], 0
    while at < len(queue):
        schema, base, plan = queue[at]
        at += 1
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        if len(out) >= most:
            return out, False
        seen.add(id(schema))
        out.append(Node(schema, base, plan))
        if isinstance(schema.get("$ref"), str):
            try:
                queue.append((*document.resolve(schema["$ref"], base), plan))
            except Unreadable:
                pass
        for part in listed(schema, "allOf"):
            queue.append((part, base, plan))
        for keyword in ("oneOf", "anyOf"):
            for number, part in enumerate(listed(schema, keyword)):
                queue.append((part, base, (*plan, ("branch", id(schema), keyword, number))))
        properties = schema.get("properties")
        for name, part in properties.items() if isinstance(properties, dict) else ():
            if not document.is_read_only(part, base):
                queue.append((part, base, (*plan, ("property", name))))
        items = schema.get("items")
        if isinstance(items, dict):
            queue.append((items, base, (*plan, ("item", len(listed(schema, "prefixItems"))))))
        for number, part in enumerate(listed(schema, "prefixItems")):
            queue.append((part, base, (*plan, ("item", number))))
        if isinstance(schema.get("additionalProperties"), dict):
            queue.append((schema["additionalProperties"], base, (*plan, ("property", EXTRA))))
    return out, True


def listed(schema, keyword):
    value = schema.get(keyword)
    return value if isinstance(value, list) else []


def sites(node):
    """The keywords of a schema object that say what is valid."""
    schema = node.schema
    for keyword in ASSERTIONS:
        if keyword in schema:
            value = schema[keyword]
            if keyword == "additionalProperties" and value is not False:
                continue
            if keyword == "unevaluatedProperties" and value is not False:
                continue
            if keyword in ("required", "enum") and not (isinstance(value, list) and value):
                continue
            if keyword == "uniqueItems" and value is not True:
                continue
            if keyword in ("exclusiveMinimum", "exclusiveMaximum") and value is False:
                continue
            if keyword in ("minLength", "minItems", "minProperties", "minimum") and value == 0 and keyword != "minimum":
                continue
            yield keyword


class Maker:
    """Builds instances; the same seed, the same instances."""

    def __init__(self, document, random):
        self.document, self.random = document, random
        self.xeger = rstr.Rstr(random)
        self.uses = {}

    # Building

    def build(self, schema, base, plan=(), mode="least"):
        """An instance and the path to the value that the plan leads to."""
        self.budget = 400
        return self.value([(schema, base)], plan, mode, 0)

    def value(self, parts, plan, mode, depth):
        self.budget -= 1
        if depth > DEPTH or self.budget < 0:
            raise Stuck("too deep")
        if mode == "full" and depth > 3:
            mode = "least"
        flat, plan = self.flatten(parts, plan, mode)
        step, rest = (plan[0], plan[1:]) if plan else (None, ())
        if step is None:
            fixed = self.fixed(flat, mode)
            if fixed is not None:
                return fixed[0], ()
        kind = self.kind(flat, step, mode)
        if kind == "object":
            return self.object(flat, step, rest, mode, depth)
        if kind == "array":
            return self.array(flat, step, rest, mode, depth)
        if kind == "string":
            return self.text(flat), ()
        if kind in ("integer", "number"):
            return self.number(flat, kind), ()
        return (self.random.random() < 0.5 if kind == "boolean" else None), ()

    def flatten(self, parts, plan, mode):
        """All schemas that hold for a value, with alternatives chosen."""
        chosen = {}
        while plan and plan[0][0] == "branch":
            chosen[plan[0][1:3]] = plan[0][3]
            plan = plan[1:]
        flat, seen, queue = [], set(), list(parts)
        while queue:
            schema, base = queue.pop(0)
            if schema is False:
                raise Stuck("nothing is valid")
            if not isinstance(schema, dict) or id(schema) in seen:
                continue
            seen.add(id(schema))
            flat.append((schema, base))
            if isinstance(schema.get("$ref"), str):
                queue.append(self.document.resolve(schema["$ref"], base))
            queue.extend((part, base) for part in listed(schema, "allOf"))
            for keyword in ("oneOf", "anyOf"):
                branches = listed(schema, keyword)
                if branches:
                    number = chosen.get((id(schema), keyword))
                    if number is None:
                        number = self.least_used((id(schema), keyword), len(branches)) if mode != "least" else self.easiest(branches)
                    queue.append((branches[number], base))
        return flat, plan

    def easiest(self, branches):
        for number, branch in enumerate(branches):
            if isinstance(branch, dict) and branch.get("type") in ("string", "integer", "boolean", "number"):
                return number
        return 0

    def least_used(self, key, count):
        uses = self.uses.setdefault(key, [0] * count)
        low = min(uses)
        number = self.random.choice([at for at, used in enumerate(uses) if used == low])
        uses[number] += 1
        return number

    def fixed(self, flat, mode):
        for schema, _ in flat:
            if "const" in schema:
                return (schema["const"],)
        allowed = None
        for schema, _ in flat:
            values = schema.get("enum")
            if isinstance(values, list) and values:
                allowed = values if allowed is None else [value for value in allowed if value in values]
        if allowed:
            fitting = [value for value in allowed if all(fits_type(value, schema) for schema, _ in flat)] or allowed
            return (fitting[self.least_used(("enum", id(allowed)), len(fitting)) % len(fitting)] if mode != "least" else fitting[0],)
        return None

    def kind(self, flat, step, mode):
        if step is not None:
            return "object" if step[0] == "property" else "array"
        kinds = None
        for schema, _ in flat:
            given = schema.get("type")
            if given is None:
                continue
            names = [str(name).lower() for name in (given if isinstance(given, list) else [given])]
            if kinds is None:
                kinds = names
            else:
                both = [name for name in kinds if name in names]
                both += ["integer" for name in kinds if name == "number" and "integer" in names]
                both += ["integer" for name in kinds if name == "integer" and "number" in names]
                kinds = both
        if kinds:
            likely = [name for name in kinds if name != "null"] or kinds
            return likely[self.least_used(("type", id(flat[0][0])), len(likely)) if mode != "least" else 0]
        if kinds == []:
            raise Stuck("types contradict each other")
        keys = {key for schema, _ in flat for key in schema}
        if keys & {"properties", "required", "additionalProperties", "minProperties", "maxProperties", "patternProperties"}:
            return "object"
        if keys & {"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}:
            return "array"
        if keys & {"minimum", "maximum", "multipleOf"}:
            return "number"
        return "string"

    def object(self, flat, step, rest, mode, depth):
        declared, required, closed = {}, [], False
        for schema, base in flat:
            properties = schema.get("properties")
            for name, part in properties.items() if isinstance(properties, dict) else ():
                declared.setdefault(name, []).append((part, base))
            required.extend(name for name in listed(schema, "required") if isinstance(name, str))
            closed = closed or schema.get("additionalProperties") is False
        hidden = {name for name, parts in declared.items() if any(self.document.is_read_only(*part) for part in parts)}
        least = max((as_number(schema.get("minProperties")) or 0 for schema, _ in flat), default=0)
        most = min((as_number(schema.get("maxProperties")) if schema.get("maxProperties") is not None else 10**6 for schema, _ in flat), default=10**6)
        names = [name for name in dict.fromkeys(required) if name not in hidden]
        if step is not None and step[1] not in names:
            names.append(step[1])
        for name in declared:
            if name in names or name in hidden:
                continue
            wanted = mode == "full" or (mode == "random" and self.random.random() < 0.4)
            if (wanted or len(names) < least) and len(names) < most:
                names.append(name)
        number = 0
        while len(names) < min(least, 64) and not closed:
            names.append(f"key{number}")
            number += 1
        for schema, _ in flat:
            needed = schema.get("dependentRequired")
            for name, others in needed.items() if isinstance(needed, dict) else ():
                if name in names:
                    names.extend(other for other in others if other not in names)
        out, path = {}, ()
        for name in names:
            inside = rest if step is not None and name == step[1] else ()
            parts = self.member(name, declared, flat)
            try:
                out[name], at = self.value(parts, inside, mode, depth + 1)
            except Stuck:
                if name in required or (step is not None and name == step[1]):
                    raise
                continue
            if step is not None and name == step[1]:
                path = (name, *at)
        return out, path

    def member(self, name, declared, flat):
        parts = list(declared.get(name, ()))
        for schema, base in flat:
            patterns = schema.get("patternProperties")
            for pattern, part in patterns.items() if isinstance(patterns, dict) else ():
                try:
                    if re.search(pattern, name):
                        parts.append((part, base))
                except re.error:
                    pass
            own = schema.get("properties")
            if not (isinstance(own, dict) and name in own) and isinstance(schema.get("additionalProperties"), dict):
                parts.append((schema["additionalProperties"], base))
        return parts or [({"type": "string"}, self.document.base)]

    def array(self, flat, step, rest, mode, depth):
        least = int(max((as_number(schema.get("minItems")) or 0 for schema, _ in flat), default=0))
        most = int(min((as_number(schema.get("maxItems")) if as_number(schema.get("maxItems")) is not None else 10**6 for schema, _ in flat), default=10**6))
        unique = any(schema.get("uniqueItems") is True for schema, _ in flat)
        count = max(least, 1 if mode == "full" else 0)
        if mode == "random":
            count = max(least, self.random.randint(0, 2))
        if step is not None:
            count = max(count, step[1] + 1)
        count = min(count, max(most, least), 300)
        out, path = [], ()
        for number in range(count):
            parts = []
            for schema, base in flat:
                prefix = listed(schema, "prefixItems")
                if number < len(prefix):
                    parts.append((prefix[number], base))
                elif isinstance(schema.get("items"), dict):
                    parts.append((schema["items"], base))
            parts = parts or [({"type": "string"}, self.document.base)]
            here = step is not None and number == step[1]
            for _ in range(8):
                item, at = self.value(parts, rest if here else (), "random" if unique and not here else mode, depth + 1)
                if not unique or item not in out:
                    break
            if here:
                path = (number, *at)
            out.append(item)
        return out, path

    def text(self, flat):
        least = int(max((as_number(schema.get("minLength")) or 0 for schema, _ in flat), default=0))
        limits = [as_number(schema.get("maxLength")) for schema, _ in flat if as_number(schema.get("maxLength")) is not None]
        most = int(min(limits, default=10**6))
        patterns = [schema["pattern"] for schema, _ in flat if isinstance(schema.get("pattern"), str)]
        if patterns:
            return self.matching(patterns, flat, least, most)
        if any(schema.get("contentEncoding") == "base64" for schema, _ in flat):
            return "AP8NCi0t"
        format_ = next((schema["format"] for schema, _ in flat if isinstance(schema.get("format"), str)), None)
        made = FORMATS.get(format_)
        if format_ in ("date", "date-time", "uuid", "uri", "email"):
            digits = f"{self.random.randint(10, 28)}"
            made = made.replace("29", digits) if format_.startswith("date") else made.replace("a", f"a{digits}", 1) if format_ != "uuid" else digits + made[2:]
        if made is None or not least <= len(made) <= most:
            made = self.random.choice(["blue", "a b&c=d", "x+y", "Zoë", "7", "true", "ruby", "opal"])
            made = (made + "x" * max(0, min(least, 100_000) - len(made)))[:most]
        return made

    def matching(self, patterns, flat, least, most):
        known = []
        for schema, _ in flat:
            known.extend(value for value in (schema.get("example"), schema.get("default"), *listed(schema, "examples")) if isinstance(value, str))
        for attempt in range(40):
            candidate = known[attempt] if attempt < len(known) else None
            if candidate is None:
                try:
                    candidate = self.xeger.xeger(patterns[attempt % len(patterns)].replace(r"\/", "/"))
                except Exception:
                    candidate = self.random.choice(CANDIDATES)
                if len(candidate) > most:
                    candidate = candidate[:most]
                elif len(candidate) < least and attempt % 2:
                    candidate += candidate[-1:] * (least - len(candidate)) or "a" * least
            if attempt < 20:  # Headers hold no control characters.
                candidate = "".join(c if c.isprintable() else "x" for c in candidate)
            try:
                if least <= len(candidate) <= most and all(re.search(pattern, candidate) for pattern in patterns):
                    return candidate
            except re.error:
                return candidate
        for candidate in CANDIDATES:
            try:
                if all(re.search(pattern, candidate) for pattern in patterns) and least <= len(candidate) <= most:
                    return candidate
            except re.error:
                pass
        raise Stuck(f"no text for {patterns}")

    def number(self, flat, kind):
        low, high, step = None, None, 1 if kind == "integer" else None
        for schema, _ in flat:
            for keyword, is_low in (("minimum", True), ("maximum", False)):
                bound = as_number(schema.get(keyword))
                exclusive = schema.get("exclusive" + keyword[0].upper() + keyword[1:])
                shift = 0
                if exclusive is True:
                    shift = 1 if kind == "integer" else 0.5
                elif as_number(exclusive) is not None:
                    bound, shift = as_number(exclusive), 1 if kind == "integer" else 0.5
                if bound is None:
                    continue
                if is_low:
                    low = bound + shift if low is None else max(low, bound + shift)
                else:
                    high = bound - shift if high is None else min(high, bound - shift)
            multiple = as_number(schema.get("multipleOf"))
            if multiple:
                step = multiple
        value = self.random.randint(1, 60) if kind == "integer" else self.random.choice([1.5, 7, 0.25, 12.75, 33])
        if low is not None and value < low:
            value = low
        if high is not None and value > high:
            value = high if low is None or high >= low else low
        if step and value % step:
            value = (value // step) * step
            if low is not None and value < low:
                value += step
        if kind == "integer" and isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        return value

    # Breaking

    def broken(self, node, keyword, value):
        """Values that break a keyword of a schema, from a value that keeps it; some may not."""
        schema = node.schema
        limit = schema[keyword]
        number = as_number(limit)
        if keyword in ("type", "oneOf", "anyOf"):
            yield from OTHERS
        elif keyword in ("enum", "const"):
            values = limit if keyword == "enum" else [limit]
            first = values[0] if values else None
            if isinstance(first, str):
                yield from (f"{first}_zz", "", "zz")
            elif isinstance(first, bool):
                yield not first
            elif isinstance(first, (int, float)):
                yield max((one for one in values if isinstance(one, (int, float))), default=0) + 1
            yield from OTHERS
        elif keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            sign = -1 if keyword in ("minimum", "exclusiveMinimum") else 1
            if limit is True:
                bound = as_number(schema.get(keyword[9].lower() + keyword[10:]))
                if bound is not None:
                    yield bound
            elif number is not None:
                if keyword.startswith("exclusive"):
                    yield number
                yield number + sign
                yield number + sign * 1000
        elif keyword == "multipleOf" and number:
            for shift in (number / 2, 1, 0.5, 0.001):
                yield (value if isinstance(value, (int, float)) else 0) + shift
        elif keyword == "minLength" and number:
            yield (value if isinstance(value, str) else "")[: int(number) - 1]
        elif keyword == "maxLength" and number is not None and number < 200_000:
            text = value if isinstance(value, str) and value else "x"
            yield text + text[-1] * (int(number) + 1 - len(text))
        elif keyword == "pattern":
            yield from CANDIDATES
        elif keyword == "minItems" and number and isinstance(value, list):
            yield value[: int(number) - 1]
        elif keyword == "maxItems" and number is not None and number < 3000 and isinstance(value, list):
            yield self.more(node, value, int(number) + 1)
        elif keyword == "uniqueItems" and isinstance(value, list):
            item = value[0] if value else self.more(node, [], 1)[0]
            yield [item, copy.deepcopy(item)]
            yield [*value, item, copy.deepcopy(item)]
        elif keyword == "required" and isinstance(value, dict):
            hidden = self.document.hidden(schema, node.base)
            for name in limit:
                if name in value and name not in hidden:
                    yield {key: item for key, item in value.items() if key != name}
        elif keyword in ("additionalProperties", "unevaluatedProperties", "propertyNames") and isinstance(value, dict):
            yield {**value, "zz_unknown": "x"}
            yield {**value, "": 1}
        elif keyword == "minProperties" and number and isinstance(value, dict):
            yield dict(list(value.items())[: int(number) - 1])
        elif keyword == "maxProperties" and number is not None and number < 1000 and isinstance(value, dict):
            yield {**value, **{f"key{at}": "x" for at in range(int(number) + 1)}}
        elif keyword == "dependentRequired" and isinstance(value, dict) and isinstance(limit, dict):
            for name, others in limit.items():
                for other in others:
                    yield {key: item for key, item in {**value, name: value.get(name, "x")}.items() if key != other}
        elif keyword == "not":
            try:
                yield self.build(limit, node.base)[0]
            except (Stuck, Unreadable):
                pass
            yield from OTHERS
        elif keyword == "contains" and isinstance(value, list):
            yield []
            yield [None]

    def more(self, node, value, count):
        items = node.schema.get("items")
        out = list(value)
        while len(out) < count:
            try:
                item = self.build(items, node.base, mode="random")[0] if isinstance(items, dict) else f"x{len(out)}"
            except (Stuck, Unreadable):
                item = f"x{len(out)}"
            out.append(item)
            if len(out) > 20:
                out.extend(copy.deepcopy(out[-1]) for _ in range(count - len(out)))
        return out


def fits_type(value, schema):
    names = schema.get("type")
    if names is None:
        return True
    names = names if isinstance(names, list) else [names]
    own = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null"}[type(value)]
    return own in names or (own == "integer" and "number" in names)


def placed(instance, path, value):
    """A copy of an instance with another value at a path."""
    if not path:
        return value
    out = dict(instance) if isinstance(instance, dict) else list(instance)
    out[path[0]] = placed(instance[path[0]], path[1:], value)
    return out


def taken(instance, path):
    for step in path:
        instance = instance[step]
    return instance


OTHERS = ["zz", 12.5, 3, True, None, ["zz", {"zz": [0.5]}], {"zz": ["zz"]}, [], {}]
CANDIDATES = [
    "", "!", "\n", "a b", "ä", "a", "1", "A", "-", "_", "/", "aa", "10", "abc-1", "00000000", "a.b", "text/plain",
    "2024-02-29", "2024-02-29T12:34:56Z", "123e4567-e89b-12d3-a456-426614174000", "https://example.com/a", "x" * 300,
    "ann@example.com", "+15550100", "#ffffff", "abcdefabcdefabcdefabcdef", "00:00", "12:34", "AB", "en", "en-US",
]
FORMATS = {
    "date": "2024-02-29", "date-time": "2024-02-29T12:34:56Z", "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "email": "ann@example.com", "uri": "https://example.com/a?b=c", "url": "https://example.com/a", "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1", "hostname": "example.com", "byte": "AAEC", "password": "secret", "time": "12:34:56Z",
}
