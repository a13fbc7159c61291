"""Linux hosts: made, booted, stopped, cut off, rebooted and set back to their first state."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import fabric, payment, processes, routers
from .secretfiles import write_private
from .state import Lab, LabError
from .topology import CONTROL, MACHINES, SPARE_MAC, Machine

_HERE = Path(__file__).parent
#: folders of the machine that a host must not see; the folders inside them stay, the files go
_HIDDEN = ("var/log", "var/lib/postgresql", "root", "home")
#: the same, without the folders inside
_EMPTIED = ("etc/postgresql", "var/lib/postgresql", "var/mail", *(f"etc/rc{level}.d" for level in "0123456S"))
_BOOT_TIMEOUT = 30.0


def _hide(upper: Path, path: str, *, keep_folders: bool) -> None:
    """Makes the machine's folder look empty on the host (an opaque folder of overlayfs), with the same owner and mode."""
    for folder, names, _files in os.walk(f"/{path}"):
        target = upper / folder.lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        shutil.copystat(folder, target)
        owner = Path(folder).stat()
        os.chown(target, owner.st_uid, owner.st_gid)
        if not keep_folders:
            names.clear()
    target = upper / path
    if target.is_dir():
        os.setxattr(target, "trusted.overlay.opaque", b"y")


def _install(upper: Path, path: str, data: str | bytes, mode: int = 0o644) -> None:
    target = upper / path
    target.parent.mkdir(parents=True, exist_ok=True)
    write_private(target, data.encode() if isinstance(data, str) else data)
    target.chmod(mode)


def image(lab: Lab, host: Machine, *, factory: bool = False) -> None:
    """Writes the host's first state: names, sshd with its own key, no service enabled, none of the machine's data.

    :param factory: a router out of the box: no configuration, and its own host key.
    """
    home = lab.home(host.name)
    upper = home / "upper"
    for folder in (upper, home / "work", home / "root"):
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    for path in _HIDDEN:
        _hide(upper, path, keep_folders=path == "var/log")
    for path in _EMPTIED:
        _hide(upper, path, keep_folders=False)
    keys = lab.root / "keys"
    _install(upper, "etc/ssh/lab_host_key", (keys / (f"{host.name}.spare" if factory else host.name)).read_bytes(), 0o600)
    _install(upper, "etc/ssh/lab_authorized_keys", (keys / "control.pub").read_bytes())
    _install(upper, "etc/ssh/sshd_config", (_HERE / "files/sshd_config").read_bytes())
    _install(upper, "etc/hostname", f"{host.name}\n")
    _install(upper, "etc/hosts", host_table(host.name))
    _install(upper, "etc/resolv.conf", "# the lab has no name server\n")
    _install(upper, "usr/sbin/labinit", (_HERE / "files/labinit").read_bytes(), 0o755)
    for name in ("shutdown", "poweroff", "halt", "reboot"):
        _install(upper, f"usr/sbin/{name}", (_HERE / "files/shutdown").read_bytes(), 0o755)
    payment.install(lab, host.name, upper)
    if host.router:
        routers.install(lab, host.name, upper, factory=factory)


def host_table(own_name: str) -> str:
    """The text of ``/etc/hosts`` on a machine of the lab."""
    lines = ["127.0.0.1 localhost"]
    for each in MACHINES:
        lines.append(f"{each.address} {each.fqdn} {each.name}" + ("  # this machine" if each.name == own_name else ""))
    return "\n".join(lines) + "\n"


def running(lab: Lab, host: Machine) -> bool:
    return processes.first_process(lab.netns(host.name)) is not None


def start(lab: Lab, host: Machine) -> None:
    """Powers the host on, if it is off; does not wait."""
    if processes.living_in([lab.netns(host.name)]):
        return
    home = lab.home(host.name)
    # inside: the child is born in the host's namespace, so that a second `start` sees it at once
    with (home / "console.log").open("ab") as console, fabric.inside(lab.netns(host.name)):
        subprocess.Popen(
            [sys.executable, "-I", "-S", str(_HERE / "supervisor.py"), str(home), host.name.upper() if host.router else host.name],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            start_new_session=True,
        )


def wait_ready(lab: Lab, host: Machine, timeout: float = _BOOT_TIMEOUT) -> None:
    """Waits until sshd greets, and a router's daemons run.

    :raises LabError: it does not within ``timeout`` seconds; the console's last lines are in the message.
    """
    deadline = time.monotonic() + timeout
    while not (fabric.answers(lab, CONTROL, host.address, 22) and (not host.router or routers.started(lab, host.name, boots(lab, host)))):
        if time.monotonic() > deadline:
            console = (lab.home(host.name) / "console.log").read_text(encoding="utf-8", errors="replace")[-800:]
            raise LabError(f"{host.name} did not boot within {timeout:.0f} s; its console says:\n{console or '(nothing)'}")
        time.sleep(0.05)


def stop(lab: Lab, host: Machine, timeout: float = 20.0) -> None:
    """Orderly power-off: services stop first. Cuts the power after ``timeout`` seconds."""
    _signal(lab, host, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while processes.living_in([lab.netns(host.name)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    cut(lab, host)


def cut(lab: Lab, host: Machine) -> None:
    """Cuts the power: every process of the host ends at once."""
    _signal(lab, host, signal.SIGKILL)
    left = processes.end_all([lab.netns(host.name)])
    if left:
        raise LabError(f"{host.name}: processes {left} do not end")
    if host.router:
        routers.unplug(lab, host.name)


def reboot(lab: Lab, host: Machine) -> None:
    """Orderly reboot; waits until the host has gone down and is back."""
    before = boots(lab, host)
    if not _signal(lab, host, signal.SIGUSR1):
        raise LabError(f"{host.name} is off: `python -m lab start {host.name}` powers it on")
    deadline = time.monotonic() + _BOOT_TIMEOUT
    while boots(lab, host) == before:
        if time.monotonic() > deadline:
            raise LabError(f"{host.name} did not reboot within {_BOOT_TIMEOUT:.0f} s")
        time.sleep(0.05)
    wait_ready(lab, host)


def reimage(lab: Lab, host: Machine) -> None:
    """Throws away everything that the host has written and boots it as new. Its keys and address stay."""
    _anew(lab, host, factory=False)


def swap(lab: Lab, host: Machine) -> str:
    """Destroys a router and puts a unit out of the box in its place: another host key and MAC, only management access.

    :returns: the fingerprint of the new host key, as the unit's console shows it.
    :raises LabError: it is no router.
    """
    if not host.router:
        raise LabError(f"{host.name} is no router: `python -m lab reimage` sets it back")
    from . import credentials  # noqa: PLC0415 - the library takes longer to load than every other command takes to run

    public = credentials.make_ssh_key(lab.root / "keys" / f"{host.name}.spare", host.name)
    _anew(lab, host, factory=True)
    return credentials.fingerprint(public)


def _anew(lab: Lab, host: Machine, *, factory: bool) -> None:
    cut(lab, host)
    shutil.rmtree(lab.home(host.name))
    image(lab, host, factory=factory)
    if host.router:
        routers.set_mac(lab, host.name, SPARE_MAC if factory else host.mac)
    start(lab, host)
    wait_ready(lab, host)


def boots(lab: Lab, host: Machine) -> int:
    """How often the host has booted since it was imaged."""
    log = lab.home(host.name) / "upper/var/log/boot.log"
    return log.read_text(encoding="utf-8").count("boot ") if log.exists() else 0


def _signal(lab: Lab, host: Machine, number: signal.Signals) -> bool:
    pid = processes.first_process(lab.netns(host.name))
    if pid is None:
        return False
    processes.send(pid, number, [lab.netns(host.name)])
    return True
