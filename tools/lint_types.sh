#!/usr/bin/env bash
# mypy, strict: the core by its name in the collection, and the plain packages by theirs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cd collections
exec ../.venv/bin/mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache "$@" \
  -p ansible_collections.ward.ops.plugins.module_utils
