#!/usr/bin/env bash
# Makes docs/reference anew; each page by its generator.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for generator in tools/generate_*.py; do
  [[ $generator == tools/generate_sample.py ]] || .venv/bin/python "$generator"
done
