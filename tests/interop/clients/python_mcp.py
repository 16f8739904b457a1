"""The `mcp` package 2.x. Modes: legacy, auto, or a revision to pin."""

import asyncio

from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp_types import ElicitResult, PromptReference, ResourceTemplateReference

from scenario import MODE, SERVER, TRANSPORT, Person, Updates, more_steps, run, wire

person = Person()


def reference(ref):
    if ref["type"] == "ref/prompt":
        return PromptReference(type="ref/prompt", name=ref["name"])
    return ResourceTemplateReference(type="ref/resource", uri=ref["uri"])


def connected(client):
    info = client.server_info
    return {
        "serverInfo": None if info is None else wire(info),
        "capabilities": wire(client.server_capabilities),
        "protocolVersion": client.protocol_version,
    }


async def asked(context, params):
    return ElicitResult(action="accept", content=person.answer(params.message))


def server():
    match TRANSPORT:
        case None:
            return StdioServerParameters(**SERVER)
        case "http":
            return SERVER["url"]
        case "sse":
            return sse_client(SERVER["url"])


async def main():
    updates = Updates()
    call = lambda c, name, arguments, progress: c.call_tool(name, arguments, progress_callback=progress)
    await run(
        lambda: Client(server(), mode=MODE, elicitation_callback=asked, message_handler=updates.handle),
        connected,
        {
            "tools/list": lambda c, s: c.list_tools(),
            "tools/call": lambda c, s: c.call_tool(s["name"], s["arguments"]),
            "resources/list": lambda c, s: c.list_resources(),
            "resources/templates/list": lambda c, s: c.list_resource_templates(),
            "resources/read": lambda c, s: c.read_resource(s["uri"]),
            "prompts/list": lambda c, s: c.list_prompts(),
            "prompts/get": lambda c, s: c.get_prompt(s["name"], s["arguments"]),
            "completion/complete": lambda c, s: c.complete(reference(s["ref"]), s["argument"]),
            **more_steps(call, lambda c: c.session, person, updates),
        },
    )


asyncio.run(main())
