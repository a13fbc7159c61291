"""``up`` and ``down``: a lab is complete or gone; whatever is in between is cleared away first."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from . import fabric, hosts, kernel, processes, routers
from .secretfiles import make_secrets
from .state import Lab, LabError
from .topology import MACHINES, linux_machines

_SIZE = "4g"


def up(lab: Lab) -> None:
    """Builds the lab, or what is missing of it: hosts that are off are powered on. A half-built one is built anew.

    :raises LabError: a tool is missing or failed, or a host does not boot.
    """
    with lab.locked():
        if not lab.ready.exists():
            clear(lab)
            try:
                _build(lab)
            except BaseException:
                clear(lab)
                raise
        _power_on(lab)


def _build(lab: Lab) -> None:
    # only here: the library takes longer to load than every other command takes to run
    from . import credentials  # noqa: PLC0415

    lab.root.mkdir(mode=0o755)
    kernel.mount("wardlab", str(lab.root), "tmpfs", 0, f"size={_SIZE},mode=0755")
    make_secrets(lab.secrets)
    (lab.root / "cp").mkdir(mode=0o700)
    keys = lab.root / "keys"
    keys.mkdir(mode=0o700)
    (keys / "control.pub").write_text(credentials.make_ssh_key(keys / "control", f"control@{lab.name}") + "\n", encoding="ascii")
    (keys / "payment.pub").write_text(credentials.make_ssh_key(keys / "payment", f"payment@{lab.name}") + "\n", encoding="ascii")
    # two keys open a full copy of a config: that of operations, and one that lies in a safe
    recipients = [credentials.make_age_identity(keys / name) for name in ("age-operations", "age-safe")]
    (lab.root / "age-recipients").write_text("".join(f"{each}\n" for each in recipients), encoding="ascii")
    authority = credentials.Authority(lab.authority)
    authority.issue_client("wardpay")
    known, devices = [], []
    for host in linux_machines():
        public = credentials.make_ssh_key(keys / host.name, host.name)
        known.append(f"{host.name},{host.fqdn},{host.address} {public}\n")
        if host.router:
            devices.append(f"{host.address} {public}\n")
        else:
            authority.issue(host)
    (lab.root / routers.KNOWN_HOSTS).write_text("".join(devices), encoding="ascii")
    (lab.root / "known_hosts").write_text("".join(known), encoding="ascii")
    for each in MACHINES:
        if each.kind == "bare":
            folder = lab.root / "bare" / each.name
            folder.mkdir(parents=True)
            (folder / "hosts").write_text(hosts.host_table(each.name), encoding="ascii")
            (folder / "resolv.conf").write_text("# the lab has no name server\n", encoding="ascii")
    fabric.build(lab, routers.cables(lab))
    for host in linux_machines():
        hosts.image(lab, host)
        hosts.start(lab, host)
    lab.ready.touch()


def _power_on(lab: Lab) -> None:
    for host in linux_machines():
        hosts.start(lab, host)
    for host in linux_machines():
        hosts.wait_ready(lab, host)


def down(lab: Lab) -> None:
    """Ends the lab and removes every trace of it, in whatever state it is.

    :raises LabError: a process does not end.
    """
    with lab.locked():
        clear(lab)


def clear(lab: Lab) -> None:
    """The work of :func:`down`; the caller holds the lock."""
    if not lab.root.exists():
        return
    lab.ready.unlink(missing_ok=True)
    net = lab.root / "net"
    left = processes.end_all(sorted(net.iterdir()) if net.exists() else [])
    if left:
        raise LabError(f"processes {left} of the lab {lab.name!r} do not end; `python -m lab down` again")
    for target in reversed(mounts_under(lab.root)):
        kernel.detach(target)
    shutil.rmtree(lab.root)


def mounts_under(folder: Path) -> list[str]:
    """Mount points at or below the folder, in the order in which they were mounted."""
    with open("/proc/self/mountinfo", encoding="utf-8") as table:  # noqa: PTH123
        points = [line.split()[4].encode().decode("unicode_escape") for line in table]
    return [point for point in points if point == str(folder) or point.startswith(f"{folder}{os.sep}")]
