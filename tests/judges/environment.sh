# Sourced by the scripts here: makes the Python environment (once) and sets $root, $here, $work and $judge_python.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
work=${MCPGEN_JUDGES_DIR:-$CARGO_TARGET_DIR/judges}
judge_python=$work/venv/bin/python
mkdir -p "$work"

stamp=$(cat "$here/requirements.txt" "$here/constraints.txt" | cksum)
if [ "$(cat "$work/stamp" 2>/dev/null)" != "$stamp" ] || ! "$judge_python" -c '' 2>/dev/null; then
  rm -rf "$work/venv" "$work/stamp"
  "${PYTHON:-python3}" -m venv "$work/venv"
  "$judge_python" -m pip install --quiet --disable-pip-version-check --no-input \
    -r "$here/requirements.txt" -c "$here/constraints.txt"
  echo "$stamp" >"$work/stamp"
fi
