#!/usr/bin/env bash
# Makes this clone ready: Debian packages that are missing, a virtual environment (.venv), the locked Python packages.
# A second start only looks (no network, some 30 ms). Safe to kill, and to start twice at once.
# usage: tools/setup.sh [python] [lint] [lab]      python: .venv; lint, lab: groups in tools/debian-packages.txt
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
log=build/setup.log
stamp=.venv/wardops-setup
found_python= # set by find_python
unset PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE VIRTUAL_ENV PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT
# shellcheck source=tools/setup_python.sh
. tools/setup_python.sh

say() { printf '==> %s\n    %s\n' "$1" "$2" >&2; }

die() {
  printf 'エラー: %s\nError: %s\n' "$1" "$2" >&2
  exit 1
}

# Runs a command with its output in the log; shows the end of it on failure.
logged() {
  mkdir -p build
  printf '\n$ %s\n' "$*" >>"$log"
  "$@" >>"$log" 2>&1 && return
  local code=$?
  printf '%s\n' "--- $log:" >&2
  tail -n 25 "$log" >&2
  return "$code"
}

# --- Debian packages

# Names of the packages of the groups given, from tools/debian-packages.txt.
packages_of() {
  local name groups group rest
  while read -r name groups rest; do
    [[ -n $name && $name != \#* ]] || continue
    for group in "$@"; do
      if [[ ,$groups, == *",$group,"* ]]; then
        echo "$name"
        break
      fi
    done
  done <tools/debian-packages.txt
}

# Those of the packages given that are not installed.
missing_of() {
  local line name installed=" "
  while read -r line; do
    case $line in
      ?i\ *) installed+="${line##* } " ;;
    esac
  done < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null || true)
  for name in "$@"; do
    [[ $installed == *" $name "* ]] || echo "$name"
  done
}

ensure_packages() {
  local missing
  command -v dpkg-query >/dev/null ||
    die "Debian ではありません。次のものを入れてください: $*" "this is not Debian: install what provides $*"
  missing=$(missing_of "$@" | tr '\n' ' ')
  [[ -n $missing ]] || return 0
  say "Debian パッケージを入れます: $missing" "installing Debian packages (log: $log)"
  # shellcheck disable=SC2086  # a list of package names
  install_packages $missing ||
    die "Debian パッケージを入れられませんでした: $missing(ネットワークか apt の設定を確認してください)" \
      "the Debian packages could not be installed: look at the network and apt's sources"
}

install_packages() {
  if ((EUID == 0)); then
    logged bash tools/setup_apt.sh "$@"
  elif command -v sudo >/dev/null; then
    logged sudo bash tools/setup_apt.sh "$@"
  else
    die "root 権限が必要です。root で次を実行してください: apt-get install $*" "this needs root: run as root, or install sudo"
  fi
}

# --- virtual environment

# What .venv must be made of; empty when it has no working interpreter.
wanted_stamp() {
  local python lock
  [[ -x .venv/bin/python ]] && python=$(readlink -f .venv/bin/python) || return 0
  lock=$(sha256sum <requirements.txt)
  printf 'root=%s\npython=%s\nlock=%s\n' "$root" "$python" "${lock%% *}"
}

is_set_up() {
  local wanted
  wanted=$(wanted_stamp)
  [[ -n $wanted && -f $stamp && $(<"$stamp") == "$wanted" ]]
}

# A .venv that was once complete, here and with an interpreter that is still there, can be brought up to date.
can_update() {
  local wanted
  wanted=$(wanted_stamp)
  [[ -n $wanted && -f $stamp && $(grep -v '^lock=' "$stamp") == "$(grep -v '^lock=' <<<"$wanted")" ]]
}

pip() { logged .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"; }

# The lock's stanza of one package (some few are built here; what builds them is locked, and comes first).
stanza_of() { awk -v name="$1==" 'index($0, name) == 1 {on = 1} on {print} on && !/\\$/ {exit}' requirements.txt; }

install_locked() {
  local extra
  if [[ -d wheels ]]; then
    # unpacked from a bundle (tools/bundle.sh): nothing is fetched
    export PIP_NO_INDEX=1 PIP_FIND_LINKS=$root/wheels
  fi
  stanza_of setuptools >.venv/build-requirements.txt || return
  pip install --no-user --no-deps --require-hashes -r .venv/build-requirements.txt || return
  pip install --no-user --no-deps --require-hashes --no-build-isolation --no-compile -r requirements.txt || return
  extra=$(.venv/bin/python tools/setup_extra.py requirements.txt) || return
  # shellcheck disable=SC2086  # a list of names
  [[ -z $extra ]] || pip uninstall --yes $extra || return
  # the collections (tens of thousands of files, of which a run needs a few) are compiled when first used;
  # a template file that is no valid Python is no error
  .venv/bin/python -m compileall -q -j 0 -x '/(ansible_collections|tests?)/' .venv/lib >>"$log" 2>&1 || true
}

ensure_python() {
  is_set_up && return
  exec 8<tools/setup.sh
  flock 8
  is_set_up && return
  if can_update; then
    say "Python パッケージを更新します" "updating the Python packages (log: $log)"
    rm -f "$stamp"
  else
    find_python || install_python
    say "Python 仮想環境を作り、パッケージを入れます(1 分ほど): $found_python" "making .venv and installing the locked Python packages (log: $log)"
    rm -rf .venv
    logged "$found_python" -m venv .venv || die "仮想環境を作れませんでした" ".venv could not be made"
  fi
  install_locked 8<&- || die "Python パッケージを入れられませんでした。ネットワークか pip の設定(pip.conf、PIP_*)を確認してください" \
    "the Python packages could not be installed: look at the network and pip's settings (pip.conf, PIP_*)"
  wanted_stamp >"$stamp.new"
  mv "$stamp.new" "$stamp"
  exec 8<&-
}

main() {
  local want_python=0 group groups=()
  for group in "$@"; do
    case $group in
      python) want_python=1 ;;
      lint | lab) groups+=("$group") ;;
      *) die "不明なグループ: $group" "unknown group: $group" ;;
    esac
  done
  if ((${#groups[@]})); then
    mapfile -t groups < <(packages_of "${groups[@]}")
    ensure_packages "${groups[@]}"
  fi
  if ((want_python)); then
    ensure_python
    [[ ! -e .git ]] || tools/setup_git.sh
  fi
}

main "$@"
