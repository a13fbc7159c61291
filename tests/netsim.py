"""Simulated devices for tests: ``with fleet(Wanted(name=…, session=…, faults=…)) as running:``.

``running.devices`` have address and port, ``running.known_hosts`` is text for a known_hosts file, ``running.lines(name)`` is what was
sent to a device. USER, PASSWORD and ENABLE open every session of ``tests/fixtures/sessions``.
"""

from __future__ import annotations

from lab.netsim.device import Cut, Faults, Insert
from lab.netsim.fleet import SESSIONS, Fleet, Wanted

__all__ = ["ENABLE", "PASSWORD", "SESSIONS", "USER", "Cut", "Faults", "Fleet", "Insert", "Wanted", "fleet"]

USER, PASSWORD, ENABLE = "netadmin", "Z3cr3t-login", "Z3cr3t-enable"


def fleet(*wanted: Wanted) -> Fleet:
    """The devices, listening while the context lasts (addresses 127.x, free ports)."""
    return Fleet(wanted)
