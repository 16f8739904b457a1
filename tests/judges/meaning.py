#!/usr/bin/env python3
"""Does an advertised input schema mean what the document says? Judged by validators that are not ours.

usage: meaning.py [options] DOCUMENT|FOLDER ...

For every operation, instances are made from the schemas of the original document: valid ones, and for each keyword of each
schema one that breaks it there. Three judges answer for each: `openapi-schema-validator` on the original document (parameter
by parameter, and the body as it would be sent), `jsonschema` on the advertised `inputSchema`, and the validator of the
runtime on the same. They must agree. Exit status 1 if they do not, 0 otherwise. See README.md.
"""

import argparse
import collections
import json
import multiprocessing
import os
import random
import subprocess
import sys
import time

import arguments
from instances import OTHERS, Maker, Stuck, nodes, placed, sites, taken
from original import DEPARTURES, PLAIN, Document, Intended, Unreadable, essence

FILE = {"data": "AAEC"}
SAID = 5  # how many differences of a tool are kept
# RecursionError: a schema that refers to itself without an end; the rest: schemas that are none.
BROKEN = (Unreadable, RecursionError, TypeError, ValueError, KeyError, AttributeError, IndexError)


class Place:
    """A part of a request and its schema in the original document."""

    def __init__(self, document, schema, base, required):
        self.document, self.schema, self.base, self.required = document, schema, base, required
        self.readings = {}

    def accepts(self, value):
        """By the letter; `None`: the validator cannot read the schema."""
        if "letter" not in self.readings:
            self.readings["letter"] = self.document.validator(self.schema, self.base)
        try:
            return self.readings["letter"].is_valid(value)
        except Exception:  # whatever a validator raises on a schema that is none
            return None

    def intended(self, value, departures):
        if departures not in self.readings:
            self.readings[departures] = Intended(self.document, departures).validator(self.schema, self.base)
        try:
            return self.readings[departures].is_valid(value)
        except Exception:
            return None


class Parameter(Place):
    def __init__(self, document, schema, base, required, argument):
        super().__init__(document, schema, base, required)
        self.argument = argument

    def given(self, value):
        return {self.argument: value}


class Body(Place):
    """A request body: one argument, or its properties beside the parameters."""

    def __init__(self, document, schema, base, required, whole, properties, files, multipart):
        super().__init__(document, schema, base, required)
        self.whole, self.properties, self.files, self.multipart = whole, properties, files, multipart
        # Headers of parts that callers give, by property; of each property, whether all its items are one part.
        self.headers, self.as_one = {}, set()

    def given(self, value):
        """The arguments; `None`: the tool has none for such a body."""
        if self.whole is not None:
            # Parts of a multipart body have names.
            return None if self.multipart and not isinstance(value, dict) else {self.whole: value}
        if not isinstance(value, dict) or not all(name in self.properties for name in value):
            return None
        out = {}
        for name, item in value.items():
            if name in self.files:
                if isinstance(item, list) and all(isinstance(one, str) for one in item):
                    item = [FILE for _ in item]
                elif isinstance(item, str):
                    item = FILE
                else:
                    return None
            out[self.properties[name]] = self.with_headers(name, item, self.least(name))
        return out

    def least(self, name):
        """Values of the headers that every part of a property must have."""
        return {header.name: header.sample for header in self.headers.get(name, ()) if header.must}

    def with_headers(self, name, item, given):
        """A part with its headers, or each item of an array, which is a part of its own."""
        if name not in self.headers:
            return item
        if isinstance(item, list) and name not in self.as_one:
            return [self.part(name, one, given) for one in item]
        return self.part(name, item, given)

    def part(self, name, item, given):
        more = {"headers": given} if given else {}
        return {**item, **more} if name in self.files else {"value": item, **more}


class Header(Place):
    """A header of the parts of one property of a multipart body (OpenAPI 3.1.1 §4.8.15.1.1, `headers`)."""

    def __init__(self, document, schema, base, body, property, name, must):
        super().__init__(document, schema, base, False)
        self.body, self.property, self.name, self.must = body, property, name, must
        # A value of it, and of the part that has it, once they are made.
        self.sample = self.part = None

    def given(self, value):
        return self.among({**self.body.least(self.property), self.name: value})

    def left_out(self):
        headers = self.body.least(self.property)
        del headers[self.name]
        return self.among(headers)

    def among(self, headers):
        part = [FILE] if isinstance(self.part, list) else FILE
        part = part if self.property in self.body.files else self.part
        return {self.body.properties[self.property]: self.body.with_headers(self.property, part, headers)}


class Tool:
    """A tool beside the operation that it was made from."""

    def __init__(self, document, tool, operation):
        self.document, self.tool = document, tool
        _, _, item, operation, base = operation
        declared = document.parameters(item, operation, base)
        self.places, self.headers, self.notes, opaque = [], [], [], {}
        body_arguments, whole, files = {}, None, set()
        for argument in tool["arguments"]:
            place = argument.get("place") or {}
            where, name = place.get("in"), place.get("name")
            if where == "body":
                if name is None:
                    whole = argument["name"]
                else:
                    body_arguments[name] = argument["name"]
                    if place.get("file"):
                        files.add(name)
                continue
            parameter = declared.pop((where, name), None)
            if parameter is None:
                if where != "path":
                    self.notes.append(f"the argument {argument['name']} has no parameter")
                parameter = ({"schema": {"type": "string"}, "type": "string"}, base)
                required = True
            else:
                required = where == "path" or parameter[0].get("required") is True
            schema, at = document.parameter_schema(*parameter)
            if schema is None:
                opaque[argument["name"]] = argument["required"]
            else:
                self.places.append(Parameter(document, schema, at, required, argument["name"]))
        media_type = (tool["route"] or {}).get("request_media_type")
        if media_type is not None:
            self.body(declared, operation, base, media_type, whole, body_arguments, files, opaque)
        self.left = sorted(f"{where} {name}" for where, name in declared if where not in ("body", "formData"))
        advertised = tool["input_schema"]
        self.emitted = PLAIN(advertised)
        # What the document does not describe as a JSON value: given as the tool asks for it, and not judged.
        self.fixed = {
            name: arguments.value(advertised["properties"][name], advertised) for name, required in opaque.items() if required
        }
        self.opaque = sorted(opaque)

    def body(self, declared, operation, base, media_type, whole, properties, files, opaque):
        document, kind = self.document, essence(media_type)
        judged = kind.endswith(("/json", "+json")) or kind in ("application/x-www-form-urlencoded", "multipart/form-data")
        # XML that is made from arguments: they are the properties of the object that the schema describes.
        judged = judged or (kind.endswith(("/xml", "+xml")) and bool(properties))
        if document.version == "2.0":
            bodies = [(key, value) for key, value in declared.items() if key[0] == "body"]
            if not bodies:
                for (where, name), (parameter, at) in list(declared.items()):
                    if where == "formData" and name in properties:
                        declared.pop((where, name))
                        if name in files or parameter.get("type") == "file":
                            opaque[properties[name]] = parameter.get("required") is True
                            continue
                        schema, at = document.parameter_schema(parameter, at)
                        self.places.append(Parameter(document, schema, at, parameter.get("required") is True, properties[name]))
                return
            parameter, at = bodies[0][1]
            found = (*document.parameter_schema(parameter, at), parameter.get("required") is True)
        else:
            found = document.body(operation, base, media_type)
        if found is not None and kind == "multipart/form-data":
            # Parts have names: a schema that is no object is repaired, with a warning.
            schema = document.follow(*found[:2])[0]
            judged = not isinstance(schema, dict) or "type" not in schema or "object" in str(schema["type"])
        if found is None or not judged or not isinstance(found[0], (dict, bool)):
            required = set(self.tool["input_schema"].get("required", ()))
            for name in [*properties.values(), *([whole] if whole else [])]:
                opaque[name] = name in required
            return
        if whole is None and not properties:
            return
        schema, at, required = found
        body = Body(document, schema, at, required, whole, properties, files, kind == "multipart/form-data")
        if body.multipart and whole is None:
            self.part_headers(body, *document.encodings(operation, base, media_type))
        # Required headers stand in every instance of the body.
        self.headers = [header for of in body.headers.values() for header in of]
        self.places.extend([body, *self.headers])

    def part_headers(self, body, encodings, base):
        for property, encoding in encodings.items():
            headers = encoding.get("headers") if isinstance(encoding, dict) else None
            if property not in body.properties or not isinstance(headers, dict):
                continue
            if any(key in encoding for key in ("style", "explode", "allowReserved")):
                body.as_one.add(property)
            for name, header in headers.items():
                header, at = self.document.follow(header, base)
                # Those that say how the part is to be read belong to the form.
                if name.lower().startswith("content-") or not isinstance(header, dict):
                    continue
                schema = header.get("schema", {"type": "string"})
                read, _ = self.document.follow(schema, at)
                read = read if isinstance(read, dict) else {}
                # One value, which nobody has to give.
                if "const" in read or len(read.get("enum") or ()) == 1:
                    continue
                must = header.get("required") is True and "default" not in read
                body.headers.setdefault(property, []).append(Header(self.document, schema, at, body, property, name, must))


class Judgement:
    """Instances of one tool and what the judges say."""

    def __init__(self, tool, seed, most_nodes, seconds):
        self.tool = tool
        self.maker = Maker(tool.document, random.Random(f"{seed} {tool.tool['name']}"))
        self.most_nodes, self.until = most_nodes, time.monotonic() + seconds
        self.seen, self.texts, self.emitted = set(), [], []
        self.counts = collections.Counter()
        self.departures, self.samples, self.keywords = collections.Counter(), {}, {}
        self.differences, self.missed, self.whole = [], [], True

    def run(self):
        base = {}
        if not self.parts():
            return
        for place in self.tool.places:
            found = self.valid(place)
            if found is None:
                if place.required or isinstance(place, Body) and place.accepts({}) is False and place.required:
                    self.counts["without a valid instance"] += 1
                    return
            elif place.required:
                base[place] = found
        self.base = base
        self.ask(None, None, True)
        for place in self.tool.places:
            if place.required:
                self.omit(place)
            if isinstance(place, Header) and place.must:
                self.compare(self.arguments({**self.base, place: None}, place.left_out()), False, None, None)
            self.site_by_site(place)
        self.fill()

    def parts(self):
        """Makes a value of each header and of the part that has it."""
        for header in self.tool.headers:
            for mode in ("least", "full", "random", "random", "random"):
                try:
                    value = self.maker.build(header.schema, header.base, mode=mode)[0]
                except (Stuck, *BROKEN):
                    continue
                if self.original(header, value):
                    header.sample = value
                    break
            else:
                self.counts["without a valid instance"] += 1
                return False
        for header in self.tool.headers:
            body = header.body
            for mode in ("full", "least", "full", "random", "random", "random", "random"):
                try:
                    value = self.maker.build(body.schema, body.base, mode=mode)[0]
                except (Stuck, *BROKEN):
                    continue
                if isinstance(value, dict) and value.get(header.property) not in (None, []) and self.original(body, value):
                    header.part = value[header.property]
                    break
            else:
                self.tool.notes.append(f"no part {header.property} was made to have the header {header.name}")
                self.counts["without a valid instance"] += 1
                return False
        return True

    def valid(self, place, modes=("least", "full", "random", "random", "random", "random", "random", "random")):
        for mode in modes:
            try:
                value = self.maker.build(place.schema, place.base, mode=mode)[0]
            except (Stuck, *BROKEN):
                continue
            if place.given(value) is not None and self.original(place, value):
                return value
        return None

    def original(self, place, value):
        verdict = place.accepts(value)
        return place.intended(value, DEPARTURES) if verdict is None else verdict

    def site_by_site(self, place):
        found, whole = nodes(self.tool.document, place.schema, place.base, self.most_nodes)
        self.whole &= whole
        built = {}
        for node in found:
            if time.monotonic() > self.until:
                self.whole = False
                return
            if node.plan not in built:
                built[node.plan] = self.reach(place, node)
            reached = built[node.plan]
            for keyword in sites(node):
                seen = self.keywords.setdefault(keyword, [0, 0])
                seen[0] += 1
                if reached is not None and self.breaks(place, node, keyword, *reached):
                    seen[1] += 1
                else:
                    self.missed.append(f"{keyword} at {'/'.join(str(step[-1]) for step in node.plan) or 'the root'}")
            if reached is not None:
                # Where documents and readers disagree most: null, and a value of any type where none is named.
                for value in (None, "zz") if "type" not in node.schema else (None,):
                    self.ask(place, placed(*reached, value))

    def reach(self, place, node):
        """A valid instance with a value where the node is; else one that is not, which serves as well to compare."""
        last = None
        for mode in ("least", "full", "random", "random"):
            try:
                value, path = self.maker.build(place.schema, place.base, node.plan, mode)
            except (Stuck, *BROKEN):
                continue
            last = (value, path)
            if self.ask(place, value) is True:
                return last
        return last

    def breaks(self, place, node, keyword, value, path):
        try:
            here = taken(value, path)
        except (KeyError, IndexError, TypeError):
            return False
        for tried, bad in enumerate(self.maker.broken(node, keyword, here)):
            if tried > 24:
                break
            if self.ask(place, placed(value, path, bad)) is False:
                return True
        return False

    def omit(self, place):
        kept = {one: value for one, value in self.base.items() if one is not place}
        expected = False
        if isinstance(place, Body) and place.whole is None:
            # Without an argument of it, a required body is sent as an empty object.
            expected = self.original(place, {})
        self.compare(self.arguments(kept), expected, None, None)

    def fill(self):
        """Until there are five of each, if there can be."""
        for attempt in range(24):
            if self.counts["valid"] >= 5 or time.monotonic() > self.until:
                break
            values = {}
            for place in self.tool.places:
                try:
                    if place.required or self.maker.random.random() < 0.7:
                        value = self.maker.build(place.schema, place.base, mode="full" if attempt % 2 else "random")[0]
                        if place.given(value) is not None and self.original(place, value):
                            values[place] = value
                except (Stuck, *BROKEN):
                    pass
            self.compare(self.arguments({**self.base, **values}), True, None, None)
        for place in self.tool.places:
            for other in OTHERS:
                if self.counts["invalid"] >= 5 or time.monotonic() > self.until:
                    return
                self.ask(place, other)
            value = self.valid(place, ("full", "random", "least"))
            for name in value if isinstance(value, dict) else ():
                for other in OTHERS:
                    if self.counts["invalid"] >= 5 or time.monotonic() > self.until:
                        return
                    self.ask(place, {**value, name: other})

    def arguments(self, values, instead=None):
        out = dict(self.tool.fixed)
        # A header comes with a part of its own, which takes the place of that of the body.
        for place, value in sorted(values.items(), key=lambda one: isinstance(one[0], Header)):
            out.update(place.given(value) or {})
        return {**out, **(instead or {})}

    def ask(self, place, value, expected=None):
        """What the original says of the base with another value in one place; compares."""
        if place is None:
            return self.compare(self.arguments(self.base), expected, None, None)
        if place.given(value) is None:
            self.counts["not expressible"] += 1
            return None
        if isinstance(place, Body) and place.whole is None and value == {} and not place.required:
            return None  # No body is sent at all.
        expected = place.accepts(value)
        if expected is None:
            self.counts["unreadable by the letter"] += 1
            expected = place.intended(value, DEPARTURES)
            if expected is None:
                return None
        return self.compare(self.arguments({**self.base, place: value}), expected, place, value)

    def compare(self, given, expected, place, value):
        text = json.dumps(given, sort_keys=True)
        if text in self.seen:
            return expected
        self.seen.add(text)
        try:
            accepts = self.tool.emitted.is_valid(given)
        except Exception as error:
            accepts = f"{type(error).__name__}: {error}"[:200]
        self.texts.append(text)
        self.emitted.append(accepts)
        self.counts["valid" if expected else "invalid"] += 1
        if accepts == expected:
            return expected
        if place is not None:
            for departures in ((), *((one,) for one in DEPARTURES), DEPARTURES):
                if place.intended(value, departures) == accepts:
                    name = " and ".join(departures) or "repair"
                    self.departures[name] += 1
                    self.samples.setdefault(name, f"{place.argument if isinstance(place, Parameter) else 'body'} = {json.dumps(value)[:200]}")
                    return expected
        self.differ("document", text, expected, accepts)
        return expected

    def differ(self, judge, text, expected, accepts):
        self.counts[f"differences: {judge}"] += 1
        if sum(one["judge"] == judge for one in self.differences) < SAID:
            errors = []
            if accepts is False and judge == "document":
                errors = [error.message[:200] for error in list(self.tool.emitted.iter_errors(json.loads(text)))[:2]]
            self.differences.append({"judge": judge, "arguments": text[:600], "expected": expected, "accepts": accepts, "why": errors})

    def runtime(self, program):
        """Asks the runtime's validator the same."""
        if program is None or not self.texts:
            return
        answer = program.ask(self.tool.tool["input_schema"], self.texts)
        for text, emitted, ours in zip(self.texts, self.emitted, answer):
            self.counts["asked the runtime"] += 1
            if emitted != ours:
                self.differ("runtime", text, emitted, ours)


class Program:
    """The runtime's validator in a process of its own: a line in, a line out."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, schema, texts):
        self.process.stdin.write(json.dumps({"schema": schema, "instances": texts}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["accepts"] if "accepts" in answer else [answer["error"]] * len(texts)


def judge(task):
    path, options = task
    started = time.monotonic()
    shown = subprocess.run([options.mcpgen, "inspect", "--all", "--json", "--schemas", path], capture_output=True, text=True, timeout=900)
    if shown.returncode != 0:
        # A file of another document says no version.
        if "error[E0110]" in shown.stderr:
            return {"document": path, "part": True, "tools": []}
        return {"document": path, "refused": [line for line in shown.stderr.splitlines() if line.startswith("error")][:3], "tools": []}
    surface = json.loads(shown.stdout)
    document = Document(path)
    program = Program(options.accepts) if options.accepts else None
    by_route = {}
    for operation in document.operations():
        by_route.setdefault((operation[0].upper(), operation[1]), operation)
    tools, chosen = [], surface["tools"]
    if options.operations and len(chosen) > options.operations:
        chosen = random.Random(options.seed).sample(chosen, options.operations)
    for number, tool in enumerate(chosen):
        if sys.stderr.isatty() and options.jobs == 1:
            print(f"\r{os.path.basename(path)[:40]} {number}/{len(chosen)}", end="\x1b[K", file=sys.stderr)
        began = time.monotonic()
        record = {"tool": tool["name"]}
        tools.append(record)
        route = tool["route"]
        operation = by_route.get((route["method"].upper(), route["path"]))
        if operation is None:
            record["problem"] = f"no operation {route['method']} {route['path']}"
            continue
        try:
            one = Judgement(Tool(document, tool, operation), options.seed, options.nodes, options.seconds)
            one.run()
            one.runtime(program)
        except BROKEN as error:
            record["problem"] = f"{type(error).__name__}: {error}"[:300]
            continue
        record.update(
            counts=dict(one.counts), keywords=one.keywords, missed=len(one.missed), misses=one.missed[:8], whole=one.whole,
            departures=dict(one.departures), samples=one.samples, differences=one.differences, opaque=one.tool.opaque, left=one.tool.left,
            notes=one.tool.notes, arguments=len(tool["arguments"]), seconds=round(time.monotonic() - began, 2),
        )
    if program:
        program.process.kill()
    return {"document": path, "version": document.version, "tools": tools, "seconds": round(time.monotonic() - started, 1)}


def report(records, out):
    """The totals; whether there is a difference."""
    counts, departures, keywords = collections.Counter(), collections.Counter(), {}
    operations = enough = every = 0
    few, problems, differing = [], [], []
    for record in records:
        if "refused" in record:
            print(f"REFUSED  {record['document']}: {record['refused']}", file=out)
        for tool in record["tools"]:
            operations += 1
            where = f"{os.path.basename(record['document'])} {tool['tool']}"
            if "problem" in tool:
                problems.append(f"{where}: {tool['problem']}")
                continue
            problems.extend(f"{where}: {note}" for note in tool["notes"])
            counts.update(tool["counts"])
            departures.update(tool["departures"])
            for keyword, (seen, broken) in tool["keywords"].items():
                both = keywords.setdefault(keyword, [0, 0])
                both[0] += seen
                both[1] += broken
            valid, invalid = tool["counts"].get("valid", 0), tool["counts"].get("invalid", 0)
            if valid >= 5 and invalid >= 5:
                enough += 1
            else:
                few.append((tool["arguments"], where, valid, invalid))
            every += tool["missed"] == 0 and tool["whole"]
            for difference in tool["differences"]:
                differing.append((where, difference))
    for where, one in differing:
        print(f"DIFFERS  {where} ({one['judge']}): expected {one['expected']}, schema says {one['accepts']} {one['why']}\n           {one['arguments']}", file=out)
    for problem in problems:
        print(f"PROBLEM  {problem}", file=out)
    bare = [one for one in few if one[0] == 0]
    print(f"\noperations with fewer than five valid or five invalid instances: {len(few)}, {len(bare)} of them have no argument", file=out)
    for _, where, valid, invalid in [one for one in few if one[0]][:60]:
        print(f"  {where}: {valid} valid, {invalid} invalid", file=out)
    print("\nkeyword               places  violated", file=out)
    for keyword, (seen, broken) in sorted(keywords.items(), key=lambda item: -item[1][0]):
        print(f"{keyword:22}{seen:6}{broken:10}", file=out)
    print(f"\ndepartures: {dict(departures) or 'none'}", file=out)
    for record in records:
        for tool in record["tools"]:
            for name, sample in tool.get("samples", {}).items():
                print(f"  {name}: {os.path.basename(record['document'])} {tool['tool']} {sample}", file=out)
    print(f"{operations} operations: {enough} with at least five of each, {every} with every keyword violated at every place", file=out)
    print(f"{counts['valid']} valid and {counts['invalid']} invalid instances; {counts['asked the runtime']} asked of the runtime too", file=out)
    print(f"differences: {counts['differences: document']} with the document, {counts['differences: runtime']} of the runtime; problems: {len(problems)}", file=out)
    return bool(differing or problems or not operations)


def documents(paths):
    for path in paths:
        if os.path.isdir(path):
            for folder, _, names in sorted(os.walk(path)):
                for name in sorted(names):
                    if name.endswith((".json", ".yaml", ".yml")):
                        yield os.path.join(folder, name)
        else:
            yield path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", nargs="+", metavar="DOCUMENT|FOLDER")
    parser.add_argument("--mcpgen", required=True, help="the command line of mcpgen")
    parser.add_argument("--accepts", help="the program mcpgen-judge-accepts; without it the runtime is not asked")
    parser.add_argument("--out", help="JSON lines, one for each document; what stands there is not judged again")
    parser.add_argument("--operations", type=int, default=0, help="at most so many of a document, chosen at random (0: all)")
    parser.add_argument("--nodes", type=int, default=150, help="at most so many schema objects of a part of a request")
    parser.add_argument("--seconds", type=float, default=20, help="at most so long for one operation")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    sys.setrecursionlimit(3000)
    records = []
    if options.out and os.path.exists(options.out):
        with open(options.out, encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
    done = {record["document"] for record in records}
    found = list(documents(options.documents))
    todo = sorted((path for path in found if path not in done), key=os.path.getsize)
    print(f"seed {options.seed}, {len(todo)} of {len(found)} documents to judge", file=sys.stderr)
    with multiprocessing.Pool(options.jobs) if options.jobs > 1 else None or Serial() as pool:
        for number, record in enumerate(pool.imap_unordered(judge, [(path, options) for path in todo])):
            records.append(record)
            differences = sum(len(tool.get("differences", ())) for tool in record["tools"])
            print(f"\r[{number + 1}/{len(todo)}] {os.path.basename(record['document'])}: {len(record['tools'])} operations, "
                  f"{differences} differences, {record.get('seconds', 0)} s\x1b[K", file=sys.stderr)
            if options.out:
                with open(options.out, "a", encoding="utf-8") as file:
                    file.write(json.dumps(record) + "\n")
    sys.exit(1 if report(records, sys.stdout) else 0)


class Serial:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    imap_unordered = staticmethod(map)


if __name__ == "__main__":
    main()
