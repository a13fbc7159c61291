#!/usr/bin/env bash
# Makes build/wardops-bundle.tar: this repository (the commit, with its history) and every locked Python package, for machines
# without a network that have the same Python series and processor as this one. There:
#   sha256sum -c wardops-bundle.tar.sha256 && tar xf wardops-bundle.tar && cd wardops && make check
# Debian packages are not in it: they come from the closed network's own mirror (tools/debian-packages.txt names them).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [[ -n $(git status --porcelain) ]]; then
  printf 'エラー: コミットしていない変更があります\nError: there are changes that are not committed\n' >&2
  exit 1
fi
work=build/bundle
rm -rf "$work"
git clone --quiet --no-hardlinks . "$work/wardops"
git -C "$work/wardops" remote remove origin
.venv/bin/python -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps --no-build-isolation \
  --dest "$work/wardops/wheels" -r requirements.txt
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf build/wardops-bundle.tar wardops
rm -rf "$work"
(cd build && sha256sum wardops-bundle.tar >wardops-bundle.tar.sha256)
printf '%s\n' "build/wardops-bundle.tar: $(du -h build/wardops-bundle.tar | cut -f1), $(.venv/bin/python -c 'import platform; print("Python", ".".join(platform.python_version_tuple()[:2]), platform.machine())')"
