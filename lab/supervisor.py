"""Runs one Linux host: boots it, waits for it, boots it again when it asked for a reboot.

Called as ``python -I -S supervisor.py HOST_DIR HOSTNAME`` in the host's network namespace; imports as little as it
can, since one stays per host.
A host is a network namespace of the lab plus its own process, mount, UTS and IPC namespaces on an overlay of the
machine's root: all of the machine's packages are there, and every write stays in ``HOST_DIR/upper``.
"""

from __future__ import annotations

import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 (pathlib is not worth its memory here)

from kernel import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, mount  # type: ignore[import-not-found]

#: exit code of the host's first process that asks for another boot
REBOOT = 133
_SAFE = MS_NOSUID | MS_NODEV | MS_NOEXEC


def boot(home: str, hostname: str) -> None:
    """Becomes the host's first process. Does not return."""
    os.unshare(os.CLONE_NEWNS | os.CLONE_NEWUTS | os.CLONE_NEWIPC)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    root = f"{home}/root"
    mount("overlay", root, "overlay", options=f"lowerdir=/,upperdir={home}/upper,workdir={home}/work")
    mount("proc", f"{root}/proc", "proc", _SAFE)
    mount("sysfs", f"{root}/sys", "sysfs", _SAFE | MS_RDONLY)
    mount("/dev", f"{root}/dev", flags=MS_BIND)
    mount("pts", f"{root}/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5")
    for path, mode in (("dev/shm", "1777"), ("run", "0755"), ("tmp", "1777")):
        mount("tmpfs", f"{root}/{path}", "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode}")
    socket.sethostname(hostname)
    os.chroot(root)
    os.chdir("/")
    os.execve("/sbin/labinit", ["init"], {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"})  # noqa: S606


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
