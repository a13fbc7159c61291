"""System calls that the standard library lacks: mount, umount. Used by the lab and, alone, by the hosts' supervisor."""

from __future__ import annotations

import ctypes
import os

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2

_libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2).

    :raises OSError: with the target as file name.
    """
    answer = _libc.mount(source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), options.encode() or None)
    if answer != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), target)


def detach(target: str) -> None:
    """umount2(2), lazily: gone from the tree at once, freed when the last user ends.

    :raises OSError: with the target as file name.
    """
    if _libc.umount2(target.encode(), MNT_DETACH) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), target)
