#!/usr/bin/env bash
# Puts eight small documents of pinned npm packages into $MCPGEN_DOCUMENTS (default: target/documents of this
# repository): every version, styles, circular references, discriminators, security. Each keeps its own licence.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${MCPGEN_DOCUMENTS:-$here/../../target/documents}
mkdir -p "$out/packages" "$out/eight"
cp "$here/package.json" "$here/package-lock.json" "$out/packages/"
(cd "$out/packages" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
examples=$out/packages/node_modules/@readme/oas-examples
for name in 2.0/json/petstore.json 3.0/json/parameters-style.json 3.0/yaml/discriminators.yaml \
  3.0/json/schema-circular.json 3.0/json/uspto.json 3.1/json/train-travel.json 3.1/yaml/security.yaml; do
  cp "$examples/$name" "$out/eight/$(echo "$name" | sed 's,/[a-z]*/,-,')"
done
cp "$out/packages/node_modules/@scalar/galaxy/dist/3.1.yaml" "$out/eight/galaxy.yaml"
