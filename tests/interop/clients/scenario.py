"""The protocol between the tests and their Python clients; scenario.mjs describes it."""

import json
import sys
import time

MODE = sys.argv[1]
PLAN = json.load(sys.stdin)


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


async def run(open_client, connected, steps):
    """Connects, runs every step of the plan, closes."""
    started = None
    try:
        async with open_client() as client:
            report("connect", result=connected(client))
            for step in PLAN["steps"]:
                try:
                    report(step["id"], result=wire(await steps[step["do"]](client, step)))
                except Exception as error:  # any failure is a fact of the step
                    report(step["id"], error=failure(error))
            started = time.monotonic()
    except Exception as error:
        report("connect" if started is None else "close", error=failure(error))
        raise SystemExit(1)
    report("close", result={"milliseconds": round((time.monotonic() - started) * 1000)})
