#!/usr/bin/env bash
# Installs Debian packages without starting any of their services and without making PostgreSQL's default cluster.
# usage (as root): tools/setup_apt.sh PACKAGE...
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
unset LD_LIBRARY_PATH
policy=/usr/sbin/policy-rc.d
saved=$policy.wardops-saved
cluster=/etc/postgresql-common/createcluster.d/wardops-setup.conf
mark="wardops set-up: no service starts while packages are being installed"

# Two set-ups at once (of other clones too): one waits for the other.
exec 9>/run/lock/wardops-setup-apt.lock
flock 9

# What a killed run left is seen here and put right at the end, like our own.
restore() {
  if [[ -f $policy ]] && grep -qs "$mark" "$policy"; then
    rm -f "$policy"
  fi
  if [[ -e $saved || -L $saved ]]; then
    mv -f "$saved" "$policy"
  fi
  rm -f "$cluster"
}
trap restore EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if [[ -e $policy || -L $policy ]] && ! grep -qs "$mark" "$policy"; then
  mv -f "$policy" "$saved"
fi
printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy.new"
chmod 755 "$policy.new"
mv -f "$policy.new" "$policy"
mkdir -p "${cluster%/*}"
printf '# %s\ncreate_main_cluster = false\n' "$mark" >"$cluster"

apt() { apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null 9>&-; }

apt update || echo "package lists could not be updated; trying with those at hand"
apt install --yes --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
