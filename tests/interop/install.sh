#!/usr/bin/env bash
# Installs the MCP clients that the interop tests drive, pinned by the lock files beside this script, into
# $MCPGEN_INTEROP_DIR (default: target/interop of this repository). Once installed they need no network, and running
# this again costs nothing until a lock file changes.
#
# Needs Node 20 or later with npm, and Python 3.10 or later with venv. The Inspector wants Node 22.19: on Linux x64 it
# is installed with the clients where the machine has an older one.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
dir=${MCPGEN_INTEROP_DIR:-$root/target/interop}
python=${PYTHON:-python3}

missing() {
  echo "install.sh: $1" >&2
  exit 1
}

command -v node >/dev/null || missing "node is missing: install Node 20 or later"
command -v npm >/dev/null || missing "npm is missing: install it beside Node"
command -v "$python" >/dev/null || missing "$python is missing: install Python 3.10 or later, or set PYTHON"
[ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || missing "node $(node --version) is too old: 20 or later is needed"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || missing "$("$python" --version) is too old: 3.10 or later is needed"
"$python" -c 'import venv, ensurepip' 2>/dev/null || missing "$python has no venv (Debian: the package python3-venv)"

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
exec 9>"$dir/.lock"
if command -v flock >/dev/null; then flock 9; fi

# What an environment was made from; written last, so that an interrupted install is made again.
made_from() { cat "$@" "$here/install.sh" | cksum; }

node_key="$(node --version) $(made_from "$here/package.json" "$here/package-lock.json")"
if [ "$(cat "$dir/node.stamp" 2>/dev/null)" = "$node_key" ]; then
  echo "Node clients: up to date in $dir"
else
  echo "Node clients: installing into $dir"
  rm -f "$dir/node.stamp"
  cp "$here/package.json" "$here/package-lock.json" "$dir/"
  # No package needs its install script: keyring and browser helpers of the Inspector's web interface stay unbuilt.
  (cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  echo "$node_key" >"$dir/node.stamp"
fi

python_key="$("$python" --version) $(made_from "$here/requirements.txt" "$here/constraints.txt")"
if [ "$(cat "$dir/python.stamp" 2>/dev/null)" = "$python_key" ] && "$dir/venv/bin/python" -c '' 2>/dev/null; then
  echo "Python clients: up to date in $dir"
else
  echo "Python clients: installing into $dir"
  rm -rf "$dir/python.stamp" "$dir/venv"
  "$python" -m venv "$dir/venv"
  "$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    -r "$here/requirements.txt" -c "$here/constraints.txt"
  echo "$python_key" >"$dir/python.stamp"
fi
