"""What the parts of patch staging hand to each other: updates, groups, computers, approvals, states, and the server that holds them.

Ring logic knows only :class:`WsusServer`. Behind it stands the published administration protocol (``wsus/``), a fixed PowerShell script
(``wsus/powershell``), or the simulated world of the tests. Times are aware and in UTC; names and meanings: MS-WSUSAR 2.2.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

# the built-in groups: their names are localised, so they are known by these alone (MS-WSUSAR 3.1.1)
ALL_COMPUTERS = "a0a08746-4dbe-4a37-9adf-9e7652c0b421"
UNASSIGNED_COMPUTERS = "b73ca6ed-5727-47f3-84de-015e03f6a88a"
DOWNSTREAM_SERVERS = "d374f42a-9be2-4163-a0fa-3c86a401b7a7"
BUILT_IN = frozenset({ALL_COMPUTERS, UNASSIGNED_COMPUTERS, DOWNSTREAM_SERVERS})


class State(IntEnum):
    """How an update stands on a computer (UpdateInstallationState)."""

    UNKNOWN = 0
    NOT_APPLICABLE = 1
    NOT_INSTALLED = 2
    DOWNLOADED = 3
    INSTALLED = 4
    FAILED = 5
    INSTALLED_PENDING_REBOOT = 6


class Action(IntEnum):
    """What an approval asks for. Others exist; their numbers are in dispute between sources, so they are never sent."""

    INSTALL = 0
    UNINSTALL = 1


class Role(IntEnum):
    """What the account may do on the server (GetCurrentUserRole)."""

    NONE = 0
    REPORTER = 1
    ADMINISTRATOR = 2


@dataclass(frozen=True, slots=True, order=True)
class UpdateId:
    """One revision of an update.

    :param guid: lower-case GUID.
    """

    guid: str
    revision: int

    def __str__(self) -> str:
        return f"{self.guid}/{self.revision}"


@dataclass(frozen=True, slots=True)
class Update:
    """One revision of an update, as the server's catalogue has it.

    :param kbs: knowledge base numbers without ``KB``.
    :param classification: its title, in the language of the server's catalogue.
    :param classification_id: lower-case GUID, which no language changes: it decides.
    :param products: titles.
    :param released: when the vendor made it; ``arrived``: when this server got it.
    :param expired: withdrawn by the vendor: takes an uninstall only.
    :param eula: whether licence terms must be accepted before it may be approved.
    :param asks_user: whether it can ask a person something: then a deadline is refused.
    :param supersedes: GUIDs of the updates that this one replaces.
    """

    id: UpdateId
    title: str
    kbs: tuple[str, ...]
    classification: str
    classification_id: str
    products: tuple[str, ...]
    severity: str
    released: dt.datetime
    arrived: dt.datetime
    superseded: bool
    declined: bool
    expired: bool
    eula: bool
    asks_user: bool
    uninstallable: bool
    supersedes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A computer group. :param parent: GUID; ``None`` for All Computers."""

    id: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Computer:
    """A computer that has spoken to the server.

    :param id: the client's own id (a GUID as text); a machine that was set up anew has another one and the same name.
    :param name: as it reports itself, FQDN or short.
    :param groups: GUIDs of the groups that it is in.
    :param requested: the group that the client asks for, with client-side targeting.
    :param last_sync: ``None`` when it never has.
    """

    id: str
    name: str
    groups: frozenset[str]
    requested: str
    last_sync: dt.datetime | None
    last_report: dt.datetime | None
    os: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """An update is offered to a group. Its key on every server is update, revision and group; ``id`` is good on one server only.

    :param deadline: UTC; ``None`` = no deadline.
    :param administrator: who approved, as the server has it.
    """

    id: str
    update: UpdateId
    group: str
    action: Action
    deadline: dt.datetime | None
    administrator: str
    time: dt.datetime

    @property
    def key(self) -> tuple[str, int, str]:
        return (self.update.guid, self.update.revision, self.group)


@dataclass(frozen=True, slots=True)
class Status:
    """How one update stands on one computer, as the computer last reported."""

    update: str
    computer: str
    state: State


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What must be known of a server before it is written to.

    :param replica: a replica takes approvals from its upstream server only: it is verified, never written.
    :param rules: names of the automatic approval rules that are switched on (an error: they would go round the rings).
    :param synchronised: when its catalogue was last brought up to date; ``None`` = never.
    :param server_side_targeting: whether groups are given on the server (else by the clients' policy).
    """

    version: str
    protocol: str
    role: Role
    replica: bool
    rules: tuple[str, ...]
    synchronised: dt.datetime | None
    server_side_targeting: bool


class WsusServer(Protocol):
    """A WSUS server.

    Every method raises ``WardopsError`` (E194x) when the server cannot be reached, refuses, or answers what cannot be read.

    Reads are whole sets, so that a plan costs a handful of requests however many computers and updates there are.
    """

    def info(self) -> ServerInfo: ...

    def groups(self) -> list[Group]: ...

    def computers(self) -> list[Computer]: ...

    def updates(self) -> list[Update]:
        """All that are not hidden by the server, declined and expired ones too."""
        ...

    def approvals(self) -> list[Approval]: ...

    def states(self, updates: Collection[str]) -> Iterable[Status]:
        """How these updates (GUIDs) stand on all computers."""
        ...

    def add_group(self, name: str, parent: str) -> Group: ...

    def remove_group(self, group: str) -> None: ...

    def add_member(self, group: str, computer: str) -> None: ...

    def remove_member(self, group: str, computer: str) -> None: ...

    def accept_eula(self, update: UpdateId) -> None: ...

    def approve(self, update: UpdateId, group: str, action: Action, deadline: dt.datetime | None) -> Approval: ...

    def take_back(self, approval: Approval) -> None: ...

    def decline(self, updates: Sequence[str]) -> None: ...
