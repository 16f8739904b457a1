"""The `fastmcp` client 4.x. Modes: legacy, auto, or a revision to pin."""

import asyncio

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from mcp_types import PromptReference, ResourceTemplateReference

from scenario import MODE, PLAN, run, wire


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


# The process must end with the client, as the others' does.
transport = StdioTransport(keep_alive=False, **PLAN["server"])

asyncio.run(
    run(
        lambda: Client(transport, mode=MODE),
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
        },
    )
)
