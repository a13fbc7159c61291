"""Runs one Linux host: boots it, waits for it, boots it again when it asked for a reboot.

Called as ``python -I -S supervisor.py HOST_DIR HOSTNAME`` in the host's network namespace; imports as little as it
can, since one stays per host.
A host is a network namespace of the lab plus its own process, mount, UTS and IPC namespaces on an overlay of the
machine's root: all of the machine's packages are there, and every write stays in ``HOST_DIR/upper``.
"""

from __future__ import annotations

import os
import socket
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 (pathlib is not worth its memory here)

from kernel import MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, mount  # type: ignore[import-not-found]

#: exit code of the host's first process that asks for another boot
REBOOT = 133
#: Linux, admin-guide/devices.txt
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
_SAFE = MS_NOSUID | MS_NODEV | MS_NOEXEC


def boot(home: str, hostname: str) -> None:
    """Becomes the host's first process. Does not return."""
    os.unshare(os.CLONE_NEWNS | os.CLONE_NEWUTS | os.CLONE_NEWIPC)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    root = f"{home}/root"
    mount("overlay", root, "overlay", options=f"lowerdir=/,upperdir={home}/upper,workdir={home}/work")
    mount("proc", f"{root}/proc", "proc", _SAFE)
    mount("sysfs", f"{root}/sys", "sysfs", _SAFE | MS_RDONLY)
    make_devices(f"{root}/dev")
    for path, mode in (("dev/shm", "1777"), ("run", "0755"), ("tmp", "1777")):
        mount("tmpfs", f"{root}/{path}", "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode}")
    socket.sethostname(hostname)
    os.chroot(root)
    os.chdir("/")
    os.execve("/sbin/labinit", ["init"], {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"})  # noqa: S606


def make_devices(folder: str) -> None:
    """A /dev of the host's own: what a daemon needs, and nothing through which it could harm the machine's."""
    mount("dev", folder, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755")
    for name, (major, minor) in DEVICES.items():
        os.mknod(f"{folder}/{name}", stat.S_IFCHR | 0o666, os.makedev(major, minor))
        os.chmod(f"{folder}/{name}", 0o666)  # noqa: PTH101, S103 (as on every machine)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"), ("ptmx", "pts/ptmx")):
        os.symlink(target, f"{folder}/{name}")  # noqa: PTH211
    for name in ("pts", "shm"):
        os.mkdir(f"{folder}/{name}")  # noqa: PTH102
    mount("pts", f"{folder}/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5")


def main(home: str, hostname: str) -> int:
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    while True:
        os.setns(own, os.CLONE_NEWPID)
        os.unshare(os.CLONE_NEWPID)
        child = os.fork()
        if child == 0:
            try:
                boot(home, hostname)
            except OSError as error:
                sys.stderr.write(f"boot of {hostname} failed: {error}\n")
            os._exit(1)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != REBOOT:
            return 0 if code in {0, -9} else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
