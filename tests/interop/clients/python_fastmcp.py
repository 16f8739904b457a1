"""The `fastmcp` client 4.x. Modes: legacy, auto, or a revision to pin."""

import asyncio

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from mcp_types import PromptReference, ResourceTemplateReference

from scenario import MODE, SERVER, TRANSPORT, Person, Updates, more_steps, run, wire

person = Person()


def reference(ref):
    if ref["type"] == "ref/prompt":
        return PromptReference(type="ref/prompt", name=ref["name"])
    return ResourceTemplateReference(type="ref/resource", uri=ref["uri"])


def connected(client):
    session = client.session
    info = session.server_info
    return {
        "serverInfo": None if info is None else wire(info),
        "capabilities": wire(session.server_capabilities),
        "protocolVersion": session.protocol_version,
    }


async def asked(message, response_type, params, context):
    return ElicitResult(action="accept", content=person.answer(message))


def transport():
    match TRANSPORT:
        case None:
            # The process must end with the client, as the others' does.
            return StdioTransport(keep_alive=False, **SERVER)
        case "http":
            return StreamableHttpTransport(SERVER["url"])
        case "sse":
            return SSETransport(SERVER["url"])


async def main():
    updates = Updates()
    call = lambda c, name, arguments, progress: c.call_tool_mcp(name, arguments, progress_handler=progress)
    await run(
        lambda: Client(transport(), mode=MODE, elicitation_handler=asked, message_handler=updates.handle),
        connected,
        {
            "tools/list": lambda c, s: c.list_tools_mcp(),
            "tools/call": lambda c, s: c.call_tool_mcp(s["name"], s["arguments"]),
            "resources/list": lambda c, s: c.list_resources_mcp(),
            "resources/templates/list": lambda c, s: c.list_resource_templates_mcp(),
            "resources/read": lambda c, s: c.read_resource_mcp(s["uri"]),
            "prompts/list": lambda c, s: c.list_prompts_mcp(),
            "prompts/get": lambda c, s: c.get_prompt_mcp(s["name"], s["arguments"]),
            "completion/complete": lambda c, s: c.complete_mcp(reference(s["ref"]), s["argument"]),
            **more_steps(call, lambda c: c.session, person, updates),
        },
    )


asyncio.run(main())
