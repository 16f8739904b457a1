"""The protocol between the tests and their Python clients; scenario.mjs describes it."""

import asyncio
import json
import sys
import time
import warnings

import anyio
from mcp.client.subscriptions import listen

# What the legacy era needs is deprecated in a library of both.
warnings.simplefilter("ignore", DeprecationWarning)
warnings.filterwarnings("ignore", message=".*is removed as of 2026-07-28")

MODE = sys.argv[1]
PLAN = json.load(sys.stdin)


SERVER = PLAN["server"]
# None: the server is to be started.
TRANSPORT = SERVER.get("transport")

# How long something that must happen may take.
PATIENCE = 15


def report(id, **facts):
    print(json.dumps({"id": id, **facts}), flush=True)


def wire(model):
    """A result in its form on the wire."""
    return model.model_dump(by_alias=True, exclude_none=True, mode="json")


def failure(error):
    """What an application sees of a failure."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    data = getattr(error, "error", None)
    if data is not None:
        return {"code": data.code, "message": data.message, "data": data.data}
    return {"code": None, "message": f"{type(error).__name__}: {error}", "data": None}


class Person:
    """Accepts every question with the same content."""

    def __init__(self):
        self.content = None
        self.asked = []

    def answer(self, message):
        self.asked.append(message)
        return self.content


class Updates:
    """The resources whose change was reported."""

    def __init__(self):
        self.event = asyncio.Event()
        self.uris = []

    async def handle(self, message):
        if getattr(message, "method", None) == "notifications/resources/updated":
            self.uris.append(str(message.params.uri))
            self.event.set()


def more_steps(call, session_of, person, updates):
    """What is more than one request: `call(client, name, arguments, on_progress)` calls a tool."""

    async def progress(client, step):
        seen = []

        async def on_progress(progress, total, message):
            seen.append(progress)

        result = await call(client, step["name"], step["arguments"], on_progress)
        return {**wire(result), "progress": seen}

    async def elicit(client, step):
        person.content, person.asked = step["content"], []
        result = await call(client, step["name"], step["arguments"], None)
        return {**wire(result), "asked": person.asked}

    async def subscribe(client, step):
        session = session_of(client)
        if session.protocol_version == "2026-07-28":
            async with listen(session, resource_subscriptions=[step["uri"]]) as subscription:
                await call(client, step["trigger"], {}, None)
                event = await asyncio.wait_for(anext(aiter(subscription)), PATIENCE)
                return {"updated": [event.uri]}
        await session.subscribe_resource(step["uri"])
        await call(client, step["trigger"], {}, None)
        await asyncio.wait_for(updates.event.wait(), PATIENCE)
        await session.unsubscribe_resource(step["uri"])
        return {"updated": updates.uris}

    async def cancel(client, step):
        begun = asyncio.Event()

        async def on_progress(progress, total, message):
            begun.set()

        # Giving up is cancelling the scope that waits, which the task then reports as if it had ended.
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:

                async def give_up():
                    await asyncio.wait_for(begun.wait(), PATIENCE)
                    scope.cancel()

                group.start_soon(give_up)
                await call(client, step["name"], step["arguments"], on_progress)
        return {"cancelled": scope.cancelled_caught}

    return {"progress": progress, "elicit": elicit, "subscribe": subscribe, "cancel": cancel}


async def run(open_client, connected, steps):
    """Connects, runs every step of the plan, closes."""
    started = None
    try:
        async with open_client() as client:
            report("connect", result=connected(client))
            for step in PLAN["steps"]:
                try:
                    result = await steps[step["do"]](client, step)
                    report(step["id"], result=result if isinstance(result, dict) else wire(result))
                except Exception as error:  # any failure is a fact of the step
                    report(step["id"], error=failure(error))
            started = time.monotonic()
    except Exception as error:
        report("connect" if started is None else "close", error=failure(error))
        raise SystemExit(1)
    report("close", result={"milliseconds": round((time.monotonic() - started) * 1000)})
