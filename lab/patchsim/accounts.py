"""Who may sign in to the servers of this process (sim).

pyspnego's acceptor knows one list of accounts per process: a file that an environment variable names. Servers that run side by side
therefore share it, in memory only, and each looks itself whether an account is one of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

_VARIABLE = "NTLM_USER_FILE"
_lock = threading.Lock()
_admitted: list[Mapping[str, str]] = []
_file = -1


def admit(accounts: Mapping[str, str]) -> None:
    """Until :func:`dismiss`. :param accounts: ``DOMAIN\\name`` or a bare name → password.

    :raises ValueError: an account is known with another password already, or cannot stand in the list.
    """
    with _lock:
        for name, password in accounts.items():
            if any(character in name + password for character in ":\r\n"):
                raise ValueError("an account or its password has a colon or a line break")
            if any(name in others and others[name] != password for others in _admitted):
                raise ValueError(f"{name} has another password on another server of this process")
        _admitted.append(accounts)
        _write()


def dismiss(accounts: Mapping[str, str]) -> None:
    """The server that admitted them stops."""
    with _lock:
        _admitted[:] = [one for one in _admitted if one is not accounts]
        _write()


def _write() -> None:
    global _file  # noqa: PLW0603 - one list per process is what pyspnego has
    if _file >= 0:
        os.close(_file)
        _file = -1
        os.environ.pop(_VARIABLE, None)
    lines = dict.fromkeys(_line(name, password) for accounts in _admitted for name, password in accounts.items())
    if lines:
        _file = os.memfd_create("sim-accounts")
        os.write(_file, "".join(lines).encode())
        os.environ[_VARIABLE] = f"/proc/self/fd/{_file}"


def _line(name: str, password: str) -> str:
    domain, _, user = name.rpartition("\\")
    return f"{domain}:{user}:{password}\n"
