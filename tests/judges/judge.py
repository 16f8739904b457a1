"""Calls every tool of a generated server, records the requests, and lets judges read them.

usage: judge.py [--judge openapi-core|prism|both] [--known FILE] [--report FILE] [--sample] SERVER DOCUMENT

SERVER is the binary of a generated crate, or mcpgen-judge-server with MCPGEN_JUDGED_CRATE set. Judges read the document
as it stands. Exit status 1 if a request is refused for a reason that FILE does not name.
"""

import argparse
import copy
import http.client
import http.server
import json
import os
import queue
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

import arguments
import readback
from instances import Maker, Stuck
from original import PLAIN, Document, Unreadable

SHARED = "one of several operations of this URL, perhaps not the one that was called"
PRISM = "@stoplight/prism-cli@5.16.0"


class Recorder(http.server.ThreadingHTTPServer):
    """An upstream that keeps the last request and answers 200 with an empty object."""

    daemon_threads = True

    def __init__(self):
        self.last = None
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        length = int(self.headers.get("content-length") or 0)
        self.server.last = (self.command, self.path, list(self.headers.items()), self.rfile.read(length))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"{}")

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def log_message(self, *_):
        pass


class Client:
    """MCP over standard input and output, one request at a time."""

    def __init__(self, server, env):
        self.process = subprocess.Popen(
            [server, "--rate-limit", "1000000"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **env}, text=True,
        )
        self.id, self.lines = 0, queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "judge", "version": "1"}})
        self.say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def say(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def ask(self, method, params):
        self.id += 1
        self.say({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params})
        while True:
            line = self.lines.get(timeout=60)
            if line is None:
                raise SystemExit("the server ended")
            answer = json.loads(line)
            if answer.get("id") == self.id:
                return answer["result"]

    def tools(self):
        """All pages of the list."""
        tools, cursor = [], None
        while True:
            page = self.ask("tools/list", {"cursor": cursor} if cursor else {})
            tools.extend(page["tools"])
            cursor = page.get("nextCursor")
            if not cursor:
                return tools


class Advertised:
    """An inputSchema as what `Maker` reads."""

    base = ""

    def __init__(self, schema):
        self.root = schema

    def resolve(self, reference, base):
        value = self.root
        for token in reference.removeprefix("#/").split("/"):
            value = value[token.replace("~1", "/").replace("~0", "~")]
        return value, base

    def is_read_only(self, schema, base):
        return False

    def hidden(self, schema, base):
        return set()


def given(tool):
    """Arguments that the inputSchema accepts, with as much in them as possible."""
    schema = tool["inputSchema"]
    accepts = PLAIN(schema).is_valid
    made = []
    try:
        made.append(arguments.value(schema, schema))
        if accepts(made[0]):
            return made[0]
    except (RecursionError, TypeError, ValueError, KeyError):
        pass
    maker = Maker(Advertised(schema), random.Random(tool["name"]))
    for mode in ("full", "random", "random", "least", "random", "random", "random"):
        try:
            value = maker.build(schema, "", mode=mode)[0]
        except (Stuck, Unreadable, RecursionError, TypeError, ValueError, KeyError):
            continue
        if accepts(value):
            return value
    return None


class OpenApiCore:
    """Reads requests with openapi-core, which knows OpenAPI 3.x."""

    def __init__(self, document, origin, prefix):
        from openapi_core import Config, OpenAPI

        if document.version == "2.0":
            raise SystemExit("openapi-core does not read Swagger 2.0")
        self.origin = origin
        original = without_discriminators(document.root)
        root = {**original, "servers": [{"url": origin + prefix}], "paths": {}}
        # All calls go to the one upstream, whatever server an operation names.
        # (method, path) of which the document has several, told apart by a fragment, which is never sent, or a query.
        self.shared = []
        for path, item in original.get("paths", {}).items():
            path = path.partition("#")[0].partition("?")[0]
            kept = root["paths"].setdefault(path, {})
            for key, part in item.items():
                if key in kept and isinstance(part, dict):
                    pattern = re.sub(r"\\\{[^/]*?\\\}", "[^/]*", re.escape(prefix + path))
                    self.shared.append((key, re.compile(pattern + "$")))
                if key != "servers" and key not in kept:
                    kept[key] = {name: value for name, value in part.items() if name != "servers"} if isinstance(part, dict) else part
        # What it does not know by itself, it takes for bytes; XML it parses, and has no string to compare.
        readers = {
            "application/merge-patch+json": lambda body, **_: json.loads(body),
            "application/xml": lambda body, **_: body.decode(),
            "application/x-ndjson": lambda body, **_: [json.loads(line) for line in body.splitlines()][0],
        }
        config = Config(extra_media_type_deserializers=readers, spec_validator_cls=None)
        self.openapi = OpenAPI.from_dict(root, config=config, base_uri=document.base)

    def judge(self, request):
        from openapi_core.testing import MockRequest
        from urllib.parse import parse_qsl, unquote

        method, path, headers, body = request
        path, _, query = path.partition("?")
        # It takes the path as servers hand it on: decoded. No value holds a slash (mcpgen refuses it in a segment).
        path = unquote(path)
        names = {name.lower(): value for name, value in headers}
        cookies = dict(pair.split("=", 1) for pair in names.get("cookie", "").split("; ") if "=" in pair)
        pairs = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            pairs.setdefault(name, []).append(value)
        read = MockRequest(
            self.origin, method.lower(), path, args=pairs, headers=dict(headers), cookies=cookies,
            data=body or None, content_type=names.get("content-type", "application/json"),
        )
        try:
            problems = [problem(error) for error in self.openapi.iter_request_errors(read)]
            if problems and any(key == method.lower() and pattern.match(path) for key, pattern in self.shared):
                return [f"{SHARED}: {'; '.join(problems)}"]
            return problems
        except Exception as error:  # whatever it raises, it could not read the request
            return [f"{type(error).__name__}: {error}"[:400]]

    def close(self):
        pass


def without_discriminators(value):
    """openapi-core takes the discriminator for a rule; it is a hint that changes nothing (OpenAPI 3.1.1 §4.8.25)."""
    if isinstance(value, dict):
        is_one = lambda key, item: key == "discriminator" and isinstance(item, dict) and "propertyName" in item
        return {key: without_discriminators(item) for key, item in value.items() if not is_one(key, item)}
    return [without_discriminators(item) for item in value] if isinstance(value, list) else value


def problem(error):
    """The error with its cause: openapi-core names the place outside and the reason inside."""
    words = [str(error)]
    while error.__cause__ is not None:
        error = error.__cause__
        words.append(str(error))
    errors = getattr(error, "schema_errors", None)
    if errors:
        words.extend(f"{'/'.join(map(str, one.absolute_path))}: {one.message}" for one in errors)
    # The value is named first and can be long; the reason stands at the end.
    return ": ".join(dict.fromkeys(word if len(word) < 700 else f"{word[:200]} … {word[-400:]}" for word in words))


class Prism:
    """Prism serves the document and refuses what it does not describe."""

    def __init__(self, path, prefix, wait):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.path, self.prefix, self.wait, self.process = path, prefix, wait, None
        self.start()

    def start(self):
        # What it says when it ends is the reason.
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["npx", "-y", "-p", PRISM, "prism", "mock", "-h", "127.0.0.1", "-p", str(self.port), "--errors", self.path],
            stdin=subprocess.DEVNULL, stdout=self.said, stderr=subprocess.STDOUT, start_new_session=True,
        )
        until = time.monotonic() + self.wait
        while time.monotonic() < until:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.3)
        self.close()
        raise SystemExit(f"Prism did not come up within {self.wait} s on {self.path}")

    def judge(self, request):
        method, path, headers, body = request
        path = path.removeprefix(self.prefix) if self.prefix else path
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except OSError as error:
            time.sleep(0.3)
            if self.process.poll() is not None:
                self.said.seek(max(0, self.said.seek(0, 2) - 1000))
                last = " ".join(self.said.read().decode("utf-8", "replace").split())
                self.start()
                return [f"Prism ended while it read this request: {last}"]
            return [f"no answer: {error}"]
        finally:
            connection.close()
        # What Prism cannot make up as an answer is not judged here; its refusals of requests are 4xx of its own kind.
        if not 400 <= answer.status < 500 or "stoplight.io/prism/errors#" not in text:
            return []
        if any(word in text for word in ("errors#NO_RESPONSE", "errors#NO_COMPLEX", "errors#NOT_ACCEPTABLE", "errors#VIOLATIONS\"")):
            return [] if "request." not in text else [text[:900]]
        return [text[:900]]

    def close(self):
        if self.process is not None and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, 15)
                self.process.wait(timeout=10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                self.process.kill()


def written_out(document):
    """The document with the references of its parameters and forms written out, as a file.

    Prism 5.16 chooses how to read a styled value by `schema.type` (prism-http, validator/deserializers/style), and a
    reference has no type: an array or object behind one stays a string, which it then refuses.
    """
    root = copy.deepcopy(document.root)

    def out(schema, depth=0):
        if isinstance(schema, list):
            return [out(item, depth) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if isinstance(schema.get("$ref"), str):
            if depth > 5:
                return {}
            try:
                target, _ = document.resolve(schema["$ref"], document.base)
            except Unreadable:
                return {}
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return {**out(target, depth + 1), **out(rest, depth + 1)}
        return {key: out(value, depth + (key == "properties")) for key, value in schema.items()}

    def parameters(holder):
        for at, parameter in enumerate(holder.get("parameters") or ()):
            target, _ = document.follow(parameter, document.base)
            holder["parameters"][at] = out(target)

    for item in (root.get("paths") or {}).values():
        if not isinstance(item, dict):
            continue
        parameters(item)
        for operation in item.values():
            if not isinstance(operation, dict):
                continue
            parameters(operation)
            if isinstance(operation.get("requestBody"), dict):
                body, _ = document.follow(operation["requestBody"], document.base)
                operation["requestBody"] = body = copy.deepcopy(body)
                for name, media in (body.get("content") or {}).items():
                    if "form" in name and isinstance(media, dict) and "schema" in media:
                        media["schema"] = out(media["schema"])
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(root, file)
    return file.name


def base_path(document):
    if document.version == "2.0":
        path = document.root.get("basePath") or ""
        return path.rstrip("/") if path != "/" else ""
    servers = document.root.get("servers") or [{"url": ""}]
    path = re.sub(r"^[a-z]+://[^/]*", "", re.sub(r"\{[^}]*\}", "x", str(servers[0].get("url", ""))))
    return path.rstrip("/")


def credentials(server, base, origin):
    """A value for every variable that the server names, found in its `--help`."""
    shown = subprocess.run([server, "--help"], capture_output=True, text=True, check=True).stdout
    env = {}
    for name, about in re.findall(r"^\s+([A-Z][A-Z0-9_]+) or \S+\s+\((.*)\)$", shown, re.M):
        if name.endswith("_BASE_URL"):
            env[name] = base
        elif name.endswith("_TOKEN_URL"):
            env[name] = f"{origin}/oauth/token"
        elif name.endswith("_BASIC_AUTH"):
            env[name] = "user:password"
        elif "secret" in about and not name.endswith(("_SCOPE", "_CLIENT_ID", "_CLIENT_SECRET", "_CLIENT_CERT", "_CLIENT_KEY")):
            env[name] = "credential"
    return env


def record(server, env, recorder, progress):
    """The client, and for each tool: (tool, arguments, request or None, why there is none)"""
    client = Client(server, env)
    tools = client.tools()
    out = []
    for number, tool in enumerate(tools):
        progress(number, len(tools))
        values = given(tool)
        if values is None:
            out.append((tool, None, None, "no arguments could be made"))
            continue
        out.append((tool, values, *call(client, recorder, tool, values)))
    return client, out


def call(client, recorder, tool, values):
    """The request of a call, or `None` and why there is none."""
    recorder.last = None
    result = client.ask("tools/call", {"name": tool["name"], "arguments": values})
    text = " ".join(block.get("text", "") for block in result.get("content", []))[:600]
    return recorder.last, f"nothing was sent: {text}"


def plain(tool, values):
    """The arguments without the arrays and objects that may be left out; `None`: there are none."""
    required = tool["inputSchema"].get("required", ())
    kept = {name: value for name, value in values.items() if name in required or not isinstance(value, (list, dict))}
    return kept if len(kept) < len(values) and PLAIN(tool["inputSchema"]).is_valid(kept) else None


def without_null(value):
    if isinstance(value, dict):
        return {key: without_null(item) for key, item in value.items() if item is not None}
    return [without_null(item) for item in value if item is not None] if isinstance(value, list) else value


def evidence(kind, one, client, recorder, tool, values, request):
    """What a rule asks for before it excuses a refusal; `None`: it is there."""
    if kind == "read back":
        return readback.holds(request, values) if request is not None else "there is no request"
    if kind == "without null":
        less = without_null(values)
        if less == values:
            return "there is no null in it"
        if not PLAIN(tool["inputSchema"]).is_valid(less):
            return "without null the arguments do not fit"
        again, why = call(client, recorder, tool, less)
        problems = [why] if again is None else one.judge(again)
        return "; ".join(problems)[:400] or None
    raise SystemExit(f"known.json asks for {kind!r}")


def excuse(known, judge, name, tool, problems, prove):
    """Why a refusal is the judge's own mistake, and what was proved (`None`: nothing); `None`: it is not."""
    of = known.get(judge, {})
    named = of.get(name, {}).get(tool)
    if named:
        return named, None
    whys, kinds = [], set()
    for problem in problems:
        fits = lambda rule: re.search(rule["problem"], problem, re.S) and name in rule.get("documents", [name])
        rule = next(filter(fits, of.get("*", [])), None)
        if rule is None:
            return None
        whys.append(rule["why"])
        kinds.add(rule.get("evidence"))
    wrong = [wrong for kind in sorted(kinds - {None}) if (wrong := prove(kind)) is not None]
    if wrong:
        problems.extend(wrong)
        return None
    return "; ".join(dict.fromkeys(whys)), "read back" if kinds == {"read back"} else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", choices=["openapi-core", "prism", "both"], default="openapi-core")
    parser.add_argument("--known", help="refusals that are the judge's mistake")
    parser.add_argument("--report", help="a file for the totals, one JSON line for each judge")
    parser.add_argument("--sample", action="store_true", help="the server has some of the operations only")
    parser.add_argument("--prism-wait", type=float, default=120, help="seconds for Prism to come up")
    parser.add_argument("server")
    parser.add_argument("document")
    options = parser.parse_args()
    sys.setrecursionlimit(3000)
    document, name = Document(options.document), os.path.basename(options.document)
    known = {}
    if options.known:
        with open(options.known, encoding="utf-8") as file:
            known = json.load(file)
    is_terminal = sys.stderr.isatty()
    progress = lambda at, of: is_terminal and print(f"\r{name[:40]} {at + 1}/{of}", end="\x1b[K", file=sys.stderr)
    recorder, prefix = Recorder(), base_path(document)
    origin = f"http://127.0.0.1:{recorder.server_port}"
    client, calls = record(options.server, credentials(options.server, origin + prefix, origin), recorder, progress)
    failed = not calls
    for judge in ["openapi-core", "prism"] if options.judge == "both" else [options.judge]:
        one = OpenApiCore(document, origin, prefix) if judge == "openapi-core" else Prism(options.document, prefix, options.prism_wait)
        second, refused, excused, partly, proved = None, [], {}, 0, []
        for number, (listed, values, request, why) in enumerate(calls):
            progress(number, len(calls))
            tool = listed["name"]
            problems = [why] if request is None else one.judge(request)
            if not problems:
                continue
            prove = lambda kind: evidence(kind, one, client, recorder, listed, values, request)
            reason, proof = excuse(known, judge, name, tool, problems, prove) or (None, None)
            if proof is not None:
                proved.append(tool)
                continue
            if reason is None and judge == "prism" and request is not None:
                # The same document in other words: is it the reference that Prism does not follow?
                if second is None:
                    second = Prism(written_out(document), prefix, options.prism_wait)
                again = second.judge(request)
                if not again:
                    reason = "5.16.0 does not read styled values whose schema is a reference; accepted with the reference written out"
                else:
                    problems = again
                    reason, _ = excuse(known, judge, name, tool, problems, prove) or (None, None)
            if reason is not None:
                # What it cannot read may be a part of the request only.
                less = plain(listed, values) if request is not None else None
                again = call(client, recorder, listed, less)[0] if less is not None else None
                if again is not None and not one.judge(again):
                    reason += "; accepted without its optional arrays and objects"
                    partly += 1
                excused[tool] = reason
                continue
            refused.append(tool)
            print(f"REFUSED  {judge} {tool} {json.dumps(values, ensure_ascii=False)[:600]}")
            for line in problems[:4]:
                print(f"           {line}")
            if request:
                print(f"           {request[0]} {request[1][:400]}  {request[3][:300]!r}")
        one.close()
        if second is not None:
            second.close()
            os.unlink(second.path)
        for tool, reason in excused.items():
            print(f"known    {judge} {tool}: {reason}")
        gone = set(known.get(judge, {}).get(name, {})) - set(excused)
        if options.sample:
            gone &= {listed["name"] for listed, *_ in calls}
        gone = sorted(gone)
        for tool in gone:
            print(f"ACCEPTED {judge} {tool}, which known.json calls a mistake of the judge: remove it there")
        accepted = len(calls) - len(refused) - len(excused) - len(proved)
        print(f"{judge}: {name}: {accepted} of {len(calls)} accepted, {len(proved)} more read back by qs-codec and Werkzeug, {len(excused)} known mistakes of the judge ({partly} accepted without optional arrays and objects), {len(refused)} refused", flush=True)
        if options.report:
            with open(options.report, "a", encoding="utf-8") as file:
                file.write(json.dumps({"document": name, "judge": judge, "calls": len(calls), "accepted": accepted, "read back": len(proved), "partly": partly, "known": excused, "refused": refused}) + "\n")
        failed |= bool(refused or gone)
    client.process.kill()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
