#!/usr/bin/env python3
"""What the tool list of a document costs a model, ours beside that of FastMCP, in tokens of o200k.

usage: tokens.py [options] DOCUMENT|FOLDER ...

Each list is the answer to `tools/list`, compact JSON: ours of a server that runs the generated tables, FastMCP's of
`from_openapi` without options, once as it is and once without its output schemas. Only operations that both list are
compared; the others are counted.

A list of more than 40 tools has short descriptions, as it would be served.

Of a random sample of our operations, with full descriptions as among 40 that somebody chose, every parameter, every
property of a body, every constraint, every value of an enumeration and every word of a description must still be in the
schema (`--keeps N`, `keeps.py`). Exit status 1 if something is missing. See README.md.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys

import keeps
from original import Document, read


def lines(command, text=None, timeout=None, env=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout, env=env)
    if done.returncode:
        last = done.stderr.strip().splitlines()
        raise RuntimeError(last[-1] if last else f"exit status {done.returncode}")
    return done.stdout


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def ours(options, document, crate):
    """({route: entry of tools/list}, what `inspect` says)"""
    lines([options.mcpgen, "generate", "--all", document, "--out", crate, "--name", "j-tokens",
           "--runtime-path", os.path.join(options.root, "runtime")])
    inspected = json.loads(lines([options.mcpgen, "inspect", "--all", "--descriptions", "full", "--json", "--schemas", "--name", "j-tokens",
                                   document]))
    routes = {tool["name"]: (tool["route"]["method"].upper(), tool["route"]["path"]) for tool in inspected["tools"]}
    listed = {}
    with subprocess.Popen([options.server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE, env=dict(environment(inspected), MCPGEN_JUDGED_CRATE=crate)) as server:
        def ask(number, method, **params):
            server.stdin.write(compact({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
            server.stdin.flush()
            line = server.stdout.readline()
            if not line:
                raise RuntimeError(f"the server ended: {server.stderr.read().strip()[-200:]}")
            return json.loads(line)["result"]

        ask(0, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "tokens", "version": "1"})
        server.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        page, number = {}, 1
        while True:
            answer = ask(number, "tools/list", **page)
            for entry in answer["tools"]:
                if entry["name"] in routes:
                    listed[routes[entry["name"]]] = entry
            if "nextCursor" not in answer:
                break
            page, number = {"cursor": answer["nextCursor"]}, number + 1
        server.stdin.close()
    return listed, inspected


def environment(inspected):
    """A server starts only with an address and credentials; nothing is called here."""
    out = dict(os.environ)
    for setting in inspected["settings"]:
        if setting["env"].endswith("_BASE_URL"):
            out[setting["env"]] = "http://127.0.0.1:9"
        elif setting["secret"] or setting["required"]:
            out[setting["env"]] = "user:password"
    return out


def theirs(options, document, kept):
    """What FastMCP lists; kept beside the crate, because a large document takes minutes."""
    if not os.path.exists(kept) or os.path.getmtime(kept) < os.path.getmtime(document):
        text = fastmcp(options, document)
        with open(kept, "w", encoding="utf-8") as file:
            file.write(text)
    listed = {}
    with open(kept, encoding="utf-8") as file:
        for line in file:
            tool = json.loads(line)
            listed.setdefault((tool["method"].upper(), tool["path"]), tool["entry"])
    return listed


def fastmcp(options, document):
    given = read(document)
    # FastMCP refuses a document without servers; ours asks for the address at run time.
    if isinstance(given, dict) and "openapi" in given and not given.get("servers"):
        given["servers"] = [{"url": "http://127.0.0.1:9"}]
    return lines([options.fastmcp, os.path.join(options.here, "fastmcp_list.py")], compact(given), options.wait)


def count(options, entries):
    texts = "".join(json.dumps(compact(entry)) + "\n" for entry in entries)
    return [int(line) for line in lines([options.count], texts).split()]


def without_output(entry):
    return {key: value for key, value in entry.items() if key != "outputSchema"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for tool in ("mcpgen", "server", "count", "fastmcp", "work"):
        parser.add_argument(f"--{tool}", required=True)
    parser.add_argument("--wait", type=int, default=240, help="seconds for FastMCP and one document")
    parser.add_argument("--keeps", type=int, default=200, help="operations whose schemas are compared with the document")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("documents", nargs="+")
    options = parser.parse_args()
    options.here = os.path.dirname(os.path.abspath(__file__))
    options.root = os.path.dirname(os.path.dirname(options.here))
    documents = []
    for given in options.documents:
        if os.path.isdir(given):
            names = (name for name in sorted(os.listdir(given)) if re.search(r"\.(json|ya?ml)$", name))
            documents += [os.path.join(given, name) for name in names]
        else:
            documents.append(given)

    total, operations, sample = [0, 0, 0], 0, []
    print(f"{'document':44} {'tools':>6} {'bytes':>9} {'ours':>9} {'FastMCP':>9} {'ratio':>6} {'without':>9} {'ratio':>6}")
    for document in documents:
        name = os.path.basename(document)[:44]
        crate = os.path.join(options.work, re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"))
        try:
            listed, inspected = ours(options, document, crate)
        except RuntimeError as error:
            print(f"{name:44} not generated: {error}")
            continue
        sample += [(document, tool) for tool in inspected["tools"]]
        own = dict(zip(listed, count(options, listed.values())))
        size = len(compact(list(listed.values())).encode())
        try:
            other = theirs(options, document, crate + ".fastmcp.jsonl")
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            why = f"not within {options.wait} s" if isinstance(error, subprocess.TimeoutExpired) else str(error)[:90]
            print(f"{name:44} {len(own):6} {size:9} {sum(own.values()):9} FastMCP: {why}")
            continue
        both = [route for route in own if route in other]
        if not both:
            print(f"{name:44} {len(own):6} {size:9} {sum(own.values()):9} FastMCP lists none of these operations")
            continue
        row = [sum(own[route] for route in both), sum(count(options, [other[route] for route in both])),
               sum(count(options, [without_output(other[route]) for route in both]))]
        total = [a + b for a, b in zip(total, row)]
        operations += len(both)
        note = f"  {len(own) - len(both)} of ours, {len(other) - len(both)} of theirs alone" if len(own) != len(both) or len(other) != len(both) else ""
        print(f"{name:44} {len(own):6} {size:9} {row[0]:9} {row[1]:9} {row[0] / row[1]:6.2f} {row[2]:9} {row[0] / row[2]:6.2f}{note}", flush=True)
    if total[1]:
        print(f"{'together':44} {operations:6} {'':9} {total[0]:9} {total[1]:9} {total[0] / total[1]:6.2f} {total[2]:9} {total[0] / total[2]:6.2f}")

    if not options.keeps:
        return 0
    random.Random(options.seed).shuffle(sample)
    read_documents, missing, looked = {}, [], keeps.Count()
    for document, tool in sample[: options.keeps]:
        if document not in read_documents:
            read_documents[document] = Document(document)
        missing += keeps.missing(read_documents[document], tool, looked)
    print(f"{min(options.keeps, len(sample))} operations (seed {options.seed}): {looked}; {len(missing)} missing")
    for line in missing[:50]:
        print(f"  {line}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
