"""Sends every example response of a document, and every declared error, through a generated server, and compares what a
client is answered with what was sent.

usage: answers.py [--report FILE] SERVER DOCUMENT INSPECTED

SERVER is mcpgen-judge-server with MCPGEN_JUDGED_CRATE set, or the binary of a generated crate; INSPECTED is what
`mcpgen inspect --json` prints. The document is read as it stands. Exit status 1 if anything differs.
"""

import argparse
import base64
import http
import http.server
import json
import os
import random
import re
import sys
import threading

from instances import Stuck
from judge import Client, base_path, credentials, given
from original import Document, Unreadable, essence, is_json

# The server cuts longer texts for models; that has tests of its own.
CAP = 200_000
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
# What a client is shown as an escape (SECURITY.md I12): the same value, another spelling.
HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0f\U000e0000-\U000e0fff\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufff0-\ufffb]")
# Names of statuses before RFC 9110 renamed them, and numbers that the IANA registry calls unused or obsolete.
RENAMED = {418: "Status418", 506: "Status506", 510: "Status510", 413: "PayloadTooLarge", 414: "UriTooLong", 416: "RangeNotSatisfiable", 422: "UnprocessableEntity"}


class Upstream(http.server.ThreadingHTTPServer):
    """Answers every request with what is set."""

    daemon_threads = True

    def __init__(self):
        self.answer, self.calls = (500, None, b""), 0
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.calls += 1
        status, media_type, body = self.server.answer
        self.send_response_only(status)
        if media_type:
            self.send_header("Content-Type", media_type)
        if status not in (204, 205, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 205, 304):
            self.wfile.write(body)

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def log_message(self, *_):
        pass


def spelled(value, chance):
    """JSON in a spelling that nobody would write twice: white space, escapes, zeros behind the point, exponents."""
    def space():
        return chance.choice(["", "", " ", "\n", "\t", "\r\n  "])

    def text(string):
        quoted = json.dumps(string, ensure_ascii=chance.random() < 0.5)
        return quoted.replace("/", "\\/") if chance.random() < 0.3 else quoted

    def number(number):
        if isinstance(number, float) and number == number and abs(number) != float("inf"):
            plain = repr(number)
            if "e" in plain:
                return plain.replace("e", "E")
            return plain + chance.choice(["", "0", "00", "e0"])
        return json.dumps(number)

    if isinstance(value, dict):
        members = [f"{space()}{text(str(key))}{space()}:{space()}{spelled(of, chance)}{space()}" for key, of in value.items()]
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(f"{space()}{spelled(of, chance)}{space()}" for of in value) + "]"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, (bool, int, float)) or value is None:
        return number(value)
    # A date of YAML.
    return text(str(value))


def tokens(text):
    return TOKEN.findall(text)


def same(sent, shown):
    """Equal token by token; where something hidden became an escape, in value."""
    if tokens(sent) == tokens(shown):
        return True
    return bool(HIDDEN.search(sent)) and json.loads(sent) == json.loads(shown)


class Case:
    def __init__(self, status, key, media_type, example, name):
        self.status, self.key, self.media_type, self.example, self.name = status, key, media_type, example, name


def concrete(key, declared):
    """A status that this key of the Responses Object means, and no other key."""
    key = str(key)
    if key.isdigit():
        return int(key)
    taken = {str(one) for one in declared}
    if key.lower() == "default":
        ranges = {one[0] for one in taken if one.lower().endswith("xx")}
        has_success = any(one.startswith("2") for one in taken)
        choices = [418, 507, 451, 508] if has_success else [200]
        return next((one for one in choices if str(one) not in taken and str(one)[0] not in ranges), None)
    hundreds = key[0]
    return next((one for one in (int(hundreds) * 100 + low for low in (18, 26, 51, 7, 8)) if str(one) not in taken), None)


def cases(document, operation, base):
    """Every example response, and of an error without one an empty body."""
    responses = operation.get("responses")
    out = []
    for key, response in responses.items() if isinstance(responses, dict) else ():
        status = concrete(key, responses) if re.fullmatch(r"\d{3}|[1-5][xX]{2}|default", str(key)) else None
        try:
            response, at = document.follow(response, base)
        except Unreadable:
            continue
        # Redirects are errors, and what is informational ends no request.
        if status is None or status < 200 or 300 <= status < 400 or not isinstance(response, dict):
            continue
        found = list(examples(document, response, at))
        for media_type, name, example in found:
            out.append(Case(status, str(key), media_type, example, name))
        if not found and (status >= 400 or status in (204, 205)):
            out.append(Case(status, str(key), None, None, "without a body"))
    return out


def examples(document, response, base):
    if document.version == "2.0":
        given = response.get("examples")
        for media_type, example in given.items() if isinstance(given, dict) else ():
            yield str(media_type), "examples", example
        return
    content = response.get("content")
    for media_type, media in content.items() if isinstance(content, dict) else ():
        try:
            media, at = document.follow(media, base)
        except Unreadable:
            continue
        if not isinstance(media, dict):
            continue
        if "example" in media:
            yield str(media_type), "example", media["example"]
        given = media.get("examples")
        for name, example in given.items() if isinstance(given, dict) else ():
            try:
                example, _ = document.follow(example, at)
            except Unreadable:
                continue
            if isinstance(example, dict) and "value" in example:
                yield str(media_type), str(name), example["value"]
        if "example" not in media and not given and isinstance(media.get("schema"), dict):
            try:
                schema, _ = document.follow(media["schema"], at)
            except Unreadable:
                continue
            if isinstance(schema, dict) and "example" in schema:
                yield str(media_type), "example of the schema", schema["example"]


def body(case, chance):
    """(media type, bytes, JSON text or None) that the API sends; `None`: no example that can be sent."""
    if case.media_type is None:
        return None, b"", None
    media_type = case.media_type if "*" not in case.media_type else "application/json"
    if is_json(media_type):
        text = case.example if isinstance(case.example, str) else None
        try:
            # Many documents write the example as the text of the JSON.
            if text is None or not text.lstrip().startswith(("{", "[")):
                raise ValueError
            json.loads(text, parse_constant=lambda _: [][0])
        except (ValueError, IndexError):
            text = spelled(case.example, chance)
        return media_type, text.encode("utf-8", "surrogatepass"), text
    if isinstance(case.example, str):
        return media_type, case.example.encode(), None
    return None


def expected_name(case):
    if not case.key.isdigit():
        return {"default": "Default"}.get(case.key.lower(), f"Status{case.key[0]}xx")
    try:
        phrase = http.HTTPStatus(int(case.key)).phrase
    except ValueError:
        return f"Status{case.key}"
    return RENAMED.get(int(case.key)) or "".join(word.capitalize() for word in re.split(r"[ -]", phrase.replace("'", "")))


def judge(case, media_type, sent, text, result, line):
    """What is wrong with the answer, or `None`."""
    content = result.get("content") or [{}]
    shown = content[0].get("text")
    error = result.get("_meta", {}).get("dev.mcpgen/error")
    if case.status >= 400:
        if not result.get("isError") or not error:
            return "an error status became a success"
        if error["status"] != case.status:
            return f"the status is {error['status']}"
        if error["type"] != expected_name(case):
            return f"the type is {error['type']} instead of {expected_name(case)}"
        if text is not None and tokens(text):
            data = shown.partition('"data":')[2].removesuffix("}}")
            if len(text) < CAP and not same(text, data):
                return f"the body of the error is another one: {data[:300]}"
        return None
    if result.get("isError"):
        return f"a success became an error: {shown}"
    if case.status in (204, 205) or not sent:
        return None if shown == "null" else f"nothing became {shown!r}"
    if len(sent) > CAP:
        return None if content[-1].get("type") == "resource_link" else "a long answer was not cut"
    if text is not None:
        if not same(text, shown or ""):
            return f"the text is another one: {(shown or '')[:300]}"
        value = json.loads(text)
        structured = result.get("structuredContent")
        if (structured is not None) != isinstance(value, dict):
            return "structured content, and the answer is no object" if structured is not None else "no structured content"
        if structured is not None:
            if structured != value and not (value != value):
                return "the structured content has another value"
            # Token by token, in the line as it came.
            raw = line[line.index('"structuredContent":') + len('"structuredContent":'):]
            wanted = tokens(text)
            if not HIDDEN.search(text) and tokens(raw)[:len(wanted)] != wanted:
                return "the structured content is spelled otherwise"
        return None
    if essence(media_type) in ("text/event-stream", "application/x-ndjson", "application/jsonl", "application/json-seq"):
        return None if isinstance(json.loads(shown), list) else "a stream is no list"
    encoded = base64.b64encode(sent).decode()
    block = content[0]
    blob = block.get("data") or block.get("resource", {}).get("blob")
    if blob is not None:
        return None if blob == encoded else "the bytes are other ones"
    plain = sent.decode()
    if shown == plain or HIDDEN.search(plain):
        return None
    # JSON under another label is handed on as JSON.
    try:
        return None if tokens(plain) == tokens(shown) and json.loads(plain) is not None else f"the text is {shown[:300]!r}"
    except ValueError:
        return f"the text is {shown[:300]!r}"


class Lines(Client):
    """Keeps the last line, in its spelling."""

    def read(self):
        for line in self.process.stdout:
            self.line = line
            self.lines.put(line)
        self.lines.put(None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--report")
    parser.add_argument("server")
    parser.add_argument("document")
    parser.add_argument("inspected")
    options = parser.parse_args()
    document = Document(options.document)
    name = os.path.basename(options.document)
    with open(options.inspected, encoding="utf-8") as file:
        inspected = json.load(file)
    routes = {}
    for tool in inspected["tools"]:
        if tool.get("route"):
            routes[(tool["route"]["method"].lower(), tool["route"]["path"])] = tool

    upstream = Upstream()
    origin = f"http://127.0.0.1:{upstream.server_address[1]}"
    base = origin + base_path(document)
    env = credentials(options.server, base, origin)
    # No word that an example could hold: the server takes its credentials out of answers.
    secret = "canary-of-the-judge-4711"
    env = {name: {"credential": secret, "user:password": f"user:{secret}"}.get(value, value) for name, value in env.items()}
    # Each example is one answer.
    env |= {name.replace("_BASE_URL", "_RETRIES"): "0" for name in env if name.endswith("_BASE_URL")}
    client = Lines(options.server, env)
    tools = {tool["name"]: tool for tool in client.tools()}
    counts = {"tools": len(tools), "successes": 0, "errors": 0, "variants": 0, "deviating": 0, "unsent": 0, "uncalled": 0}
    problems, uncalled = [], []
    for method, path, item, operation, at in document.operations():
        wire = path.partition("#")[0]
        route = routes.get((method.lower(), path)) or routes.get((method.lower(), wire))
        tool = tools.get(route["name"]) if route else None
        if tool is None:
            continue
        todo = cases(document, operation, at)
        if not todo:
            continue
        values = given(tool)
        if values is None:
            counts["uncalled"] += len(todo)
            uncalled.append(f"{tool['name']}: no arguments could be made")
            continue
        chance = random.Random(tool["name"])
        variants = {}
        for case in todo:
            made = body(case, chance)
            if made is None:
                counts["unsent"] += 1
                continue
            if method.lower() == "head":
                made = (made[0], b"", None)
            media_type, sent, text = made
            upstream.answer, upstream.calls = (case.status, media_type, sent), 0
            result = client.ask("tools/call", {"name": tool["name"], "arguments": values})
            line = client.line
            called = upstream.calls
            if case.status in (502, 503, 504):
                # Ten of them in a row, and the server leaves the API alone for a moment.
                upstream.answer = (204, None, b"")
                client.ask("tools/call", {"name": tool["name"], "arguments": values})
            if not called:
                counts["uncalled"] += 1
                uncalled.append(f"{tool['name']}: {result['content'][0].get('text', '')[:200]}")
                continue
            problem = judge(case, media_type, sent, text, result, line)
            if problem:
                problems.append({"tool": tool["name"], "status": case.status, "example": case.name, "problem": problem, "sent": sent.decode("utf-8", "replace")[:400]})
            counts["errors" if case.status >= 400 else "successes"] += 1
            counts["deviating"] += "dev.mcpgen/deviations" in result.get("_meta", {})
            if case.status >= 400 and not problem:
                variants.setdefault(result["_meta"]["dev.mcpgen/error"]["type"], set()).add(case.key)
        for variant, keys in variants.items():
            if len(keys) > 1:
                problems.append({"tool": tool["name"], "problem": f"{sorted(keys)} are all {variant}"})
        counts["variants"] += len(variants)
    print(f"{name}: " + ", ".join(f"{count} {what}" for what, count in counts.items()) + f", {len(problems)} problems")
    for one in problems[:20]:
        print("  " + json.dumps(one, ensure_ascii=False))
    for one in uncalled[:5]:
        print("  not called: " + one)
    if options.report:
        with open(options.report, "a", encoding="utf-8") as file:
            file.write(json.dumps({"document": name, **counts, "problems": problems}) + "\n")
    client.process.kill()
    if not counts["successes"] + counts["errors"]:
        print("  nothing was sent")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
