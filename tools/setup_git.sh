#!/usr/bin/env bash
# Registers the ledgers' merge driver (.gitattributes names it) in this clone; run by tools/setup.sh. Git does not take a driver from the
# repository itself. Without it Git merges ledgers as text, and `make check` finds what that does wrong.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# unpacked from a bundle, or no Git here: nothing to merge
[[ -e .git ]] && command -v git >/dev/null || exit 0
printf -v home %q "$PWD"
# 0 merged, 3 a human must decide; anything else (a moved clone, a missing package) must not leave only our side in the file: text merge
driver="PYTHONPATH=$home $home/.venv/bin/python -m wardops merge %O %A %B %P --marker-size %L --labels %X %Y; code=\$?;"
driver+=" case \$code in 0|3) exit \$code ;; esac; git merge-file -L ours -L base -L theirs --marker-size=%L %A %O %B"
[[ $(git config --local --get merge.ledger.driver 2>/dev/null || true) == "$driver" ]] && exit 0
{
  git config --local merge.ledger.name "ledgers, by row and column" &&
    git config --local merge.ledger.driver "$driver"
} || echo "警告: 台帳のマージドライバーを登録できませんでした / the ledgers' merge driver could not be registered" >&2
