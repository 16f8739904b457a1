"""What FastMCP makes of a document: a JSON line for each tool, with its route and its entry of `tools/list`.

The document is JSON on standard input. Runs in the environment of the interoperability tests.
"""

import asyncio
import json
import sys

from fastmcp import FastMCP


def main():
    server = FastMCP.from_openapi(json.load(sys.stdin))
    for tool in asyncio.run(server.list_tools()):
        route = tool._route
        entry = tool.to_mcp_tool().model_dump(mode="json", by_alias=True, exclude_none=True)
        entry.pop("_meta", None)
        print(json.dumps({"method": route.method, "path": route.path, "entry": entry}))


if __name__ == "__main__":
    main()
