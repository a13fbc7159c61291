"""Running a command on a machine of the lab, in place of this process or as its child."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

from . import kernel, processes
from .state import Lab, LabError
from .topology import Machine


def become(lab: Lab, each: Machine, command: Sequence[str], environment: dict[str, str]) -> NoReturn:
    """Replaces this process by the command on the machine. Never returns.

    :raises LabError: the machine is off, or the command does not exist there.
    """
    if each.kind == "bare":
        _enter_bare(lab, each)
    else:
        _enter_linux(lab, each)
    try:
        os.execvpe(command[0], list(command), environment)  # noqa: S606 (a shell is what must not be here)
    except OSError as error:
        raise LabError(f"{each.name}: {command[0]}: {error.strerror}") from error


def _enter_bare(lab: Lab, each: Machine) -> None:
    namespace = os.open(lab.netns(each.name), os.O_RDONLY | os.O_CLOEXEC)
    os.setns(namespace, os.CLONE_NEWNET)
    os.unshare(os.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    for name in ("hosts", "resolv.conf"):
        kernel.mount(str(lab.root / "bare" / each.name / name), f"/etc/{name}", flags=kernel.MS_BIND)


def _enter_linux(lab: Lab, each: Machine) -> None:
    pid = processes.first_process(lab.netns(each.name))
    if pid is None:
        raise LabError(f"{each.name} is off: `python -m lab start {each.name}` powers it on")
    root = os.open(f"/proc/{pid}/root", os.O_RDONLY | os.O_CLOEXEC)
    handle = os.pidfd_open(pid)
    os.setns(handle, os.CLONE_NEWNS | os.CLONE_NEWPID | os.CLONE_NEWNET | os.CLONE_NEWUTS | os.CLONE_NEWIPC)
    os.fchdir(root)
    os.chroot(".")
    child = os.fork()  # the process namespace holds for children only
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
