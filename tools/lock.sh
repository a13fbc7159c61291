#!/usr/bin/env bash
# Makes requirements.txt anew from pyproject.toml: every package with the hashes of all its files, for every Python that
# the project takes, and without the address of any index. usage: tools/lock.sh [--upgrade]
# Without --upgrade, versions that still fit stay as they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tool=.cache/lock
if [[ ! -x $tool/bin/uv ]]; then
  .venv/bin/python -m venv "$tool"
  mapfile -t uv < <(.venv/bin/python -c '
import pathlib, tomllib
print(*tomllib.loads(pathlib.Path("pyproject.toml").read_text())["dependency-groups"]["lock"], sep="\n")')
  "$tool/bin/python" -m pip install --quiet --disable-pip-version-check "${uv[@]}"
fi
new=.cache/requirements.txt
cp requirements.txt "$new"
"$tool/bin/uv" pip compile --quiet --universal --python-version 3.12 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
  --group dev --group build "$@" pyproject.toml --output-file "$new"
{
  echo "# Locked by \`make lock\` from pyproject.toml (with the groups dev and build); not edited by hand."
  echo "# Read by pip with --require-hashes; where packages come from is the business of pip's own settings."
  cat "$new"
} >"$new.headed"
mv "$new.headed" requirements.txt
rm -f "$new"
# what the benchmarks compare us with is no part of the product: a file of its own, installed into build/ on demand
peers=.cache/peers.txt
[[ ! -f benchmarks/peers/requirements.txt ]] || cp benchmarks/peers/requirements.txt "$peers"
"$tool/bin/uv" pip compile --quiet --universal --python-version 3.12 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
  --constraint requirements.txt "$@" --group bench --output-file "$peers"
{
  echo "# Locked by \`make lock\` from pyproject.toml (the group bench); not edited by hand."
  cat "$peers"
} >benchmarks/peers/requirements.txt
rm -f "$peers"
