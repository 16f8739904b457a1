"""The tool of the bench on FastMCP: `stdio`, or `http ADDRESS`, stateless with JSON answers."""

import sys
from typing import Annotated, Literal

from fastmcp import FastMCP
from pydantic import BaseModel, Field

Unit = Literal["celsius", "fahrenheit"]


class Temperature(BaseModel):
    city: str
    temperature: float
    unit: Unit


server = FastMCP("bench", version="1.0.0")


@server.tool
def get_temperature(city: Annotated[str, Field(min_length=2)], unit: Unit = "celsius") -> Temperature:
    """Get the current temperature in one city."""
    return Temperature(city=city, temperature=21.5 if unit == "celsius" else 70.7, unit=unit)


if sys.argv[1] == "stdio":
    server.run(transport="stdio", show_banner=False)
else:
    host, port = sys.argv[2].split(":")
    server.run(
        transport="http",
        host=host,
        port=int(port),
        path="/mcp",
        stateless_http=True,
        json_response=True,
        show_banner=False,
        log_level="error",
        # The connections wait while others are measured.
        uvicorn_config={"timeout_keep_alive": 600},
    )
