"""Calls every tool of a generated server and lets a judge read the request that comes out.

usage: judge.py --judge openapi-core|prism --known FILE SERVER DOCUMENT
"""

import argparse
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import yaml

import arguments


class Recorder(http.server.ThreadingHTTPServer):
    """An upstream that keeps the last request and answers 200 with an empty object."""

    daemon_threads = True

    def __init__(self):
        self.last = None
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        if self.path.endswith("/oauth/token"):
            answer = b'{"access_token":"token","token_type":"Bearer","expires_in":3600}'
        else:
            self.server.last = (self.command, self.path, list(self.headers.items()), body)
            answer = b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = serve

    def log_message(self, *_):
        pass


class Client:
    """MCP over standard input and output, one request at a time."""

    def __init__(self, server, env):
        self.process = subprocess.Popen(
            [server, "--rate-limit", "1000000"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **env}, text=True,
        )
        self.id = 0
        self.ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "judge", "version": "1"}})
        self.say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def say(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def ask(self, method, params):
        self.id += 1
        self.say({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params})
        while True:
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self.id:
                return answer["result"]

    def tools(self):
        return self.ask("tools/list", {})["tools"]


class OpenApiCore:
    """Reads the recorded bytes with openapi-core."""

    def __init__(self, path, document):
        from openapi_core import Config, OpenAPI

        self.recorder = Recorder()
        threading.Thread(target=self.recorder.serve_forever, daemon=True).start()
        self.prefix = base_path(document)
        self.origin = f"http://127.0.0.1:{self.recorder.server_port}"
        document = {**document, "servers": [{"url": self.origin + self.prefix}]}
        # What it does not know by itself, it takes for bytes; XML it parses, and has no string to compare.
        readers = {
            "application/merge-patch+json": lambda body, **_: json.loads(body),
            "application/xml": lambda body, **_: body.decode(),
            "application/x-ndjson": lambda body, **_: [json.loads(line) for line in body.splitlines()][0],
        }
        self.openapi = OpenAPI.from_dict(document, config=Config(extra_media_type_deserializers=readers))

    def judge(self, result):
        if self.recorder.last is None:
            return [f"nothing was sent: {text(result)}"], None
        method, path, headers, body = self.recorder.last
        self.recorder.last = None
        from openapi_core.testing import MockRequest
        from urllib.parse import parse_qsl

        path, _, query = path.partition("?")
        names = {name.lower(): value for name, value in headers}
        cookies = dict(pair.split("=", 1) for pair in names.get("cookie", "").split("; ") if "=" in pair)
        pairs = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            pairs.setdefault(name, []).append(value)
        request = MockRequest(
            self.origin, method.lower(), path, args=pairs, headers=dict(headers), cookies=cookies,
            data=body or None, content_type=names.get("content-type", "application/json"),
        )
        shown = f"{method} {path}{'?' + query if query else ''}  {body[:300]!r}"
        return [problem(error) for error in self.openapi.iter_request_errors(request)], shown


def problem(error):
    """The error with its cause: openapi-core names the place outside and the reason inside."""
    words = [str(error)]
    while error.__cause__ is not None:
        error = error.__cause__
        words.append(str(error))
    errors = getattr(error, "schema_errors", None)
    if errors:
        words.extend(str(one.message) for one in errors)
    return ": ".join(dict.fromkeys(words))


class Prism:
    """Prism serves the original document and refuses what it does not describe."""

    def __init__(self, path, document):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.path, self.origin, self.prefix = path, f"http://127.0.0.1:{self.port}", ""
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["npx", "-y", "-p", "@stoplight/prism-cli@5.16.0", "prism", "mock", "-h", "127.0.0.1", "-p", str(self.port), "--errors", self.path],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for _ in range(240):
            try:
                urllib.request.urlopen(self.origin, timeout=1)
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.5)
        raise SystemExit("Prism did not come up within two minutes")

    def judge(self, result):
        if not result.get("isError"):
            return [], None
        error = (result.get("_meta") or {}).get("dev.mcpgen/error") or {}
        # What Prism makes up as an answer is not judged here.
        if error.get("kind") == "bad_response":
            return [], None
        # It ends where it cannot read a parameter; the next one finds it alive again.
        time.sleep(0.3)
        if self.process.poll() is not None:
            self.start()
            return ["Prism ended while it read this request"], None
        return [text(result)], None


def text(result):
    return " ".join(block.get("text", "") for block in result.get("content", []))[:600]


def base_path(document):
    servers = document.get("servers") or [{"url": ""}]
    path = re.sub(r"^[a-z]+://[^/]*", "", re.sub(r"\{[^}]*\}", "x", servers[0]["url"]))
    return path.rstrip("/")


def credentials(server, base):
    """A value for every variable that the server names, found in its `--help`."""
    shown = subprocess.run([server, "--help"], capture_output=True, text=True, check=True).stdout
    env = {}
    for name in re.findall(r"\b[A-Z][A-Z0-9_]+_(?:API_KEY|BASIC_AUTH|CLIENT_ID|CLIENT_SECRET)\b", shown):
        env[name] = "user:password" if name.endswith("BASIC_AUTH") else "credential"
    for name in re.findall(r"^\s+([A-Z][A-Z0-9_]+)\b", shown, re.M):
        if name not in env and not name.endswith(("_BASE_URL", "_TOKEN_URL", "_SCOPE", "_BEARER_TOKEN")):
            env[name] = "credential"
        elif name.endswith("_BEARER_TOKEN") and name.replace("_BEARER_TOKEN", "_CLIENT_ID") not in shown:
            env[name] = "credential"
        elif name.endswith("_BASE_URL"):
            env[name] = base
    return env


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--judge", choices=["openapi-core", "prism"], required=True)
    parser.add_argument("--known", required=True)
    parser.add_argument("server")
    parser.add_argument("document")
    options = parser.parse_args()
    with open(options.document, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    with open(options.known, encoding="utf-8") as file:
        known = json.load(file).get(options.judge, {}).get(os.path.basename(options.document), {})

    judge = (OpenApiCore if options.judge == "openapi-core" else Prism)(options.document, document)
    client = Client(options.server, credentials(options.server, judge.origin + judge.prefix))
    refused, excused, tools = [], set(), client.tools()
    for tool in tools:
        schema = tool["inputSchema"]
        given = arguments.value(schema, schema)
        result = client.ask("tools/call", {"name": tool["name"], "arguments": given})
        problems, request = judge.judge(result)
        if not problems:
            continue
        if tool["name"] in known:
            excused.add(tool["name"])
            print(f"known    {tool['name']}: {known[tool['name']]}")
            continue
        refused.append(tool["name"])
        print(f"REFUSED  {tool['name']} {json.dumps(given, ensure_ascii=False)}")
        for line in problems:
            print(f"           {line}")
        if request:
            print(f"           {request}")
    gone = sorted(set(known) - excused)
    for name in gone:
        print(f"ACCEPTED {name}, which known.json calls a mistake of the judge: remove it there")
    print(f"{options.judge}: {len(tools) - len(refused) - len(excused)} of {len(tools)} accepted, {len(excused)} known")
    client.process.kill()
    if options.judge == "prism":
        judge.process.terminate()
    sys.exit(1 if refused or gone or not tools else 0)


main()
