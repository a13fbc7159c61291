# shellcheck shell=bash
# Finds a Python that can make .venv (sourced by tools/setup.sh, which has say, die and install_packages).
# Taken are 3.12 to 3.14 (what requirements.txt is locked for); among them the oldest series, which the linters check against.

SERIES="3.12 3.13 3.14"

# Folders that may hold python3.X, best first: PATH, then what version managers keep outside of it.
python_folders() {
  local home folder name homes=() path=()
  IFS=: read -ra path <<<"$PATH"
  printf '%s\n' "${path[@]}"
  # the home of the user (and of who called sudo) also where HOME says otherwise; some users have no entry
  homes=("${HOME:-}")
  for name in "$(id -u)" "${SUDO_USER:-}"; do
    [[ -z $name ]] || homes+=("$(getent passwd "$name" | cut -d: -f6 || true)")
  done
  # pyenv: its shims stand in PATH and fail for versions that are not selected, so look behind them
  printf '%s\n' "${PYENV_ROOT:-/nonexistent}"/versions/*/bin
  for folder in "${path[@]}"; do
    [[ $folder == */shims ]] && printf '%s\n' "${folder%/shims}"/{versions,installs/python}/*/bin
  done
  for home in "${homes[@]}"; do
    [[ -n $home ]] || continue
    printf '%s\n' "$home"/.pyenv/versions/*/bin \
      "$home"/.asdf/installs/python/*/bin \
      "$home"/.local/share/{mise/installs/python,uv/python,rtx/installs/python}/*/bin \
      "$home"/.local/bin
  done
  printf '%s\n' "${UV_PYTHON_INSTALL_DIR:-/nonexistent}"/*/bin "${ASDF_DATA_DIR:-/nonexistent}"/installs/python/*/bin \
    "${MISE_DATA_DIR:-/nonexistent}"/installs/python/*/bin /usr/local/bin /usr/bin /opt/*/bin /opt/python/*/bin
}

# Prints "3.X MICRO path" when this interpreter is a CPython with all that the work needs.
# (The path is that of the interpreter below a virtual environment: ours may be the one in PATH, and about to be made anew.)
probe_python() {
  timeout 20 "$1" -I -c '
import ctypes, ensurepip, lzma, sqlite3, ssl, sys, venv
version = sys.version_info
if sys.implementation.name != "cpython" or version.releaselevel != "final":
    sys.exit(1)
print(f"{version.major}.{version.minor}", version.micro, getattr(sys, "_base_executable", sys.executable))
' 2>/dev/null </dev/null
}

# Sets found_python to the best Python; fails when there is none. WARDOPS_PYTHON names one.
find_python() {
  local folder candidate real found fit="" seen=""
  if [[ -n ${WARDOPS_PYTHON:-} ]]; then
    found=$(probe_python "$WARDOPS_PYTHON") || found=
    [[ -n $found && " $SERIES " == *" ${found%% *} "* ]] ||
      die "WARDOPS_PYTHON は Python 3.12〜3.14 ではないか、必要な部品が足りません: $WARDOPS_PYTHON" \
        "WARDOPS_PYTHON is no Python 3.12 to 3.14, or lacks modules that are needed"
    found_python=${found#* * }
    return
  fi
  while read -r folder; do
    for candidate in "$folder"/python3 "$folder"/python3.1[2-9]; do
      [[ -x $candidate ]] || continue
      real=$(readlink -f "$candidate")
      # one interpreter by several names is asked once; a shim, which is one program by many names, by each
      [[ $folder == */shims ]] && real=$candidate
      [[ $seen != *"|$real|"* ]] || continue
      seen+="|$real|"
      found=$(probe_python "$candidate") || continue
      [[ " $SERIES " != *" ${found%% *} "* ]] || fit+="$found"$'\n'
    done
  done < <(python_folders)
  [[ -n $fit ]] || return 1
  # the oldest series, its newest patch release; of equals, the first in PATH
  # shellcheck disable=SC2034  # read by tools/setup.sh
  found_python=$(sort -s -k1,1V -k2,2nr <<<"${fit%$'\n'}" | head -n 1 | cut -d' ' -f3-)
}

# Major number of this Debian (or relative); 99 for a testing system that has none.
debian_version() {
  local VERSION_ID=99
  # shellcheck source=/dev/null
  [[ ! -r /etc/os-release ]] || . /etc/os-release
  echo "${VERSION_ID%%.*}"
}

# Debian's own Python, from the release on that has one we take; ends with what to do otherwise.
install_python() {
  if command -v apt-get >/dev/null && (($(debian_version) >= 13)); then
    say "Debian の Python を入れます" "installing Debian's Python (log: build/setup.log)"
    install_packages python3 python3-venv && find_python && return
  fi
  die "Python 3.12〜3.14 が見つかりません。Debian 13 以降では python3 と python3-venv を、Debian 12 では pyenv や uv などで Python 3.12 以上を入れるか、WARDOPS_PYTHON にそのパスを書いてください" \
    "no Python 3.12 to 3.14 found: install python3 and python3-venv on Debian 13 or newer; on Debian 12 install one with pyenv, uv or the like, or name its path in WARDOPS_PYTHON"
}
