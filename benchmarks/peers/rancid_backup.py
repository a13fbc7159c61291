"""RANCID as Debian packages it (3.13): one group, 50 devices in parallel, Git.

usage: rancid_backup.py FLEET.json KNOWN_HOSTS FOLDER [TYPE]

TYPE is ``cisco`` (as packaged: some 70 commands, of which the simulated devices know few and refuse the others at once) or ``lean``
(no more than the one command that the other peers send).
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = "/usr/lib/rancid/bin"
PARALLEL = 50


def main() -> None:
    fleet = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    known, folder = Path(sys.argv[2]), Path(sys.argv[3])
    kind = sys.argv[4] if len(sys.argv) > 4 else "cisco"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("logs", "home", "etc"):
        (folder / name).mkdir(parents=True)
    port = next(iter(fleet.values()))[1]
    ssh = _write(
        folder / "ssh", f'#!/bin/sh\nexec ssh -o UserKnownHostsFile={shlex.quote(str(known))} -o StrictHostKeyChecking=yes "$@"\n', 0o755
    )
    login = f"add user * netadmin\nadd password * {{{os.environ['PEER_PASSWORD']}}} {{{os.environ['PEER_ENABLE']}}}\n"
    _write(folder / "home/.cloginrc", f"{login}add method * {{ssh:{port}}}\nadd sshcmd * {{{ssh}}}\n", 0o600)
    _write(folder / "home/.gitconfig", "[user]\nname = peer\nemail = peer@ward.example\n[init]\ndefaultBranch = master\n")
    types = ["script;rancid -t lean", "login;clogin", "module;ios", "inloop;ios::inloop", "command;ios::WriteTerm;show running-config"]
    _write(folder / "etc/rancid.types.conf", "".join(f"lean;{line}\n" for line in types))
    shutil.copy("/etc/rancid/rancid.types.base", folder / "etc/rancid.types.base")
    settings = {
        "TERM": "network",
        "LC_COLLATE": "POSIX",
        "PERL5LIB": "/usr/share/perl5/rancid",
        "TMPDIR": "/tmp",  # noqa: S108 - RANCID's own setting
        "BASEDIR": str(folder),
        "CVSROOT": str(folder / "repository"),
        "LOGDIR": str(folder / "logs"),
        "RCSSYS": "git",
        "PAR_COUNT": str(PARALLEL),
        "MAX_ROUNDS": "1",
        "LIST_OF_GROUPS": "ward",
        "SENDMAIL": "/bin/true",
        "SYSCONFDIR": str(folder / "etc"),
        "PATH": f"{PROGRAMS}:/usr/bin:/bin",
        "HOME": str(folder / "home"),
    }
    conf = _write(folder / "etc/rancid.conf", "".join(f"{name}={shlex.quote(value)}; export {name}\n" for name, value in settings.items()))
    _run([f"{PROGRAMS}/rancid-cvs", "-f", conf], settings)
    addresses = [address for address, _ in fleet.values()]
    _write(folder / "ward/router.db", "".join(f"{address};{kind};up\n" for address in addresses))
    # the list of device types stands in one fixed place: for RANCID alone, ours lies over it
    over = f"mount --bind {shlex.quote(str(folder / 'etc'))} /etc/rancid && exec {PROGRAMS}/rancid-run -f {shlex.quote(conf)}"
    _run(["unshare", "--mount", "sh", "-c", over], settings)
    read = [path for path in (folder / "ward/configs").iterdir() if path.name in addresses and path.stat().st_size > 10_000]
    print(f"read {len(read)}")


def _write(path: Path, text: str, mode: int = 0o644) -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def _run(words: list[str], settings: dict[str, str]) -> None:
    done = subprocess.run(words, env={**os.environ, **settings}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:])


main()
