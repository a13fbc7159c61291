#!/usr/bin/env bash
# Runs a command as root (network namespaces need it): directly, or with sudo, keeping the environment it needs.
# usage: tools/as_root.sh COMMAND ...
set -euo pipefail
if ((EUID == 0)); then
  exec "$@"
fi
command -v sudo >/dev/null || {
  printf 'エラー: root 権限が必要です。root で実行するか sudo を入れてください\nError: this needs root: run it as root, or install sudo\n' >&2
  exit 1
}
# sudo starts with an empty environment; secrets are not passed as arguments (they would be seen by all)
keep=()
for name in PATH HOME LC_ALL ANSIBLE_CONFIG CI LAB ONLY TERM NO_COLOR COLUMNS; do
  [[ -z ${!name+x} ]] || keep+=("$name=${!name}")
done
for name in ${!WARDOPS_*}; do
  [[ $name == *PASSWORD* || $name == *SECRET* ]] || keep+=("$name=${!name}")
done
code=0
sudo env "${keep[@]}" "$@" || code=$?
# what root made in the clone belongs to its user again
sudo find . -xdev -user root -not -path './.git/*' -exec chown -h "$(id -u):$(id -g)" {} +
exit "$code"
