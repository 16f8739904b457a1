#!/usr/bin/env python3
"""Judges what the conformance server says by the JSON Schemas of the specification, revision by revision.

    cargo run -p conformance -- --http 127.0.0.1:8080 &
    tests/http/schemas.py http://127.0.0.1:8080/mcp FOLDER

FOLDER is the folder `schema` of github.com/modelcontextprotocol/modelcontextprotocol, with `2025-11-25/schema.json` and its
neighbours. Needs PyPI's jsonschema. Exit code 1: an answer or a notification is not what its revision has.
"""

import json
import pathlib
import sys
import time
import urllib.error
import urllib.request

import jsonschema

TASKS = "io.modelcontextprotocol/tasks"
REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]
NOTIFICATIONS = {
    "notifications/progress": "ProgressNotification",
    "notifications/message": "LoggingMessageNotification",
}
TOOLS = {
    "test_simple_text": {},
    "test_image_content": {},
    "test_audio_content": {},
    "test_embedded_resource": {},
    "test_multiple_content_types": {},
    "test_error_handling": {},
    "test_tool_with_progress": {},
    "test_tool_with_logging": {},
    "json_schema_2020_12_tool": {},
    "greet": {"name": "Ada"},
    "slow_compute": {"seconds": 0},
}
PROMPTS = {
    "test_simple_prompt": {},
    "test_prompt_with_image": {},
    "test_prompt_with_embedded_resource": {"resourceUri": "a://b"},
    "test_prompt_with_arguments": {"arg1": "1", "arg2": "2"},
}


class Session:
    """One revision of one server."""

    def __init__(self, url, revision, schema):
        self.url, self.revision, self.schema = url, revision, schema
        self.modern = revision >= "2026"
        self.headers, self.checked, self.wrong = {}, 0, []

    def check(self, name, value, what):
        """Whether the value is what the schema calls by this name."""
        self.checked += 1
        place = "$defs" if "$defs" in self.schema else "definitions"
        validator = jsonschema.Draft202012Validator if place == "$defs" else jsonschema.Draft7Validator
        if name not in self.schema[place]:
            self.wrong.append(f"{self.revision}: the schema has no {name}")
            return
        schema = {place: self.schema[place], "allOf": [{"$ref": f"#/{place}/{name}"}]}
        for error in validator(schema).iter_errors(value):
            self.wrong.append(f"{self.revision}, {what}, {name}: {list(error.absolute_path)}: {error.message[:200]}")

    def post(self, message, headers):
        """The head of the response, and its messages."""
        accept = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        request = urllib.request.Request(self.url, json.dumps(message).encode(), {**accept, **headers})
        try:
            response = urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError as error:
            response = error
        text = response.read().decode()
        if "event-stream" not in (response.headers.get("content-type") or ""):
            return response.headers, [json.loads(text)]
        data = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
        return response.headers, [json.loads(line) for line in data if line.strip()]

    def ask(self, method, params, name=None, result=None):
        """The answer, judged with all that comes before it."""
        meta, headers = {"progressToken": "t"}, dict(self.headers)
        if self.modern:
            meta["io.modelcontextprotocol/protocolVersion"] = self.revision
            meta["io.modelcontextprotocol/logLevel"] = "debug"
            capabilities = {"elicitation": {}, "extensions": {TASKS: {}}}
            meta["io.modelcontextprotocol/clientCapabilities"] = capabilities
            headers |= {"mcp-protocol-version": self.revision, "mcp-method": method}
            headers |= {"mcp-name": name} if name else {}
        message = {"jsonrpc": "2.0", "id": "q", "method": method, "params": {**params, "_meta": meta}}
        *notifications, answer = self.post(message, headers)[1]
        for notification in notifications:
            self.check(NOTIFICATIONS[notification["method"]], notification, method)
        newer = self.revision >= "2025-11-25"
        if "error" in answer:
            self.check("JSONRPCErrorResponse" if newer else "JSONRPCError", answer, method)
        else:
            self.check("JSONRPCResultResponse" if newer else "JSONRPCResponse", answer, method)
            self.check(result or "Result", answer["result"], f"{method} {name or ''}")
        return answer

    def run(self):
        """Everything that the server has."""
        if not self.modern:
            params = {"protocolVersion": self.revision, "capabilities": {}, "clientInfo": {"name": "j", "version": "1"}}
            message = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
            headers, (answer,) = self.post(message, {})
            assert answer["result"]["protocolVersion"] == self.revision, answer
            self.check("InitializeResult", answer["result"], "initialize")
            self.headers = {"mcp-session-id": headers["mcp-session-id"]}
        self.ask("tools/list", {}, result="ListToolsResult")
        self.ask("resources/list", {}, result="ListResourcesResult")
        self.ask("resources/templates/list", {}, result="ListResourceTemplatesResult")
        self.ask("prompts/list", {}, result="ListPromptsResult")
        for name, arguments in TOOLS.items():
            self.ask("tools/call", {"name": name, "arguments": arguments}, name, "CallToolResult")
        for name, arguments in PROMPTS.items():
            self.ask("prompts/get", {"name": name, "arguments": arguments}, name, "GetPromptResult")
        for uri in ["test://static-text", "test://static-binary", "test://template/7/data"]:
            self.ask("resources/read", {"uri": uri}, uri, "ReadResourceResult")
        missing = self.ask("resources/read", {"uri": "test://none"}, "test://none")
        assert missing["error"]["code"] == (-32602 if self.modern else -32002), missing
        reference = {"type": "ref/prompt", "name": "test_prompt_with_arguments"}
        params = {"ref": reference, "argument": {"name": "arg1", "value": "t"}}
        self.ask("completion/complete", params, result="CompleteResult")
        if self.modern:
            self.ask("server/discover", {}, result="DiscoverResult")
            name = "test_input_required_result_elicitation"
            self.ask("tools/call", {"name": name, "arguments": {}}, name, "InputRequiredResult")
            task = self.ask("tools/call", {"name": "failing_job", "arguments": {}}, "failing_job")["result"]["taskId"]
            time.sleep(1.5)
            outcome = self.ask("tasks/get", {"taskId": task}, task)["result"]["result"]
            self.check("CallToolResult", outcome, "the outcome of a task")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    sessions = []
    for revision in REVISIONS:
        schema = json.loads((folder / revision / "schema.json").read_text())
        sessions.append(Session(url, revision, schema))
        sessions[-1].run()
    wrong = [line for session in sessions for line in session.wrong]
    print("\n".join([*wrong, f"{sum(session.checked for session in sessions)} checked, {len(wrong)} wrong"]))
    sys.exit(1 if wrong else 0)


main()
