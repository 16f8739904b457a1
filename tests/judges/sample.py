"""Chooses tools of a document: reads `mcpgen inspect --json` and prints so many names, always the same of the same list.

usage: sample.py COUNT <JSON
"""

import json
import random
import sys

names = sorted(tool["name"] for tool in json.load(sys.stdin)["tools"])
if not names:
    sys.exit("there are no tools")
print(",".join(sorted(random.Random(len(names)).sample(names, min(int(sys.argv[1]), len(names))))))
