"""What the simulated WSUS server holds, and what it refuses, as MS-WSUSAR says (sim)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ansible_collections.ward.ops.plugins.module_utils.patch.model import (
    ALL_COMPUTERS,
    BUILT_IN,
    DOWNSTREAM_SERVERS,
    UNASSIGNED_COMPUTERS,
    Action,
    Approval,
    Group,
    Role,
    Update,
    UpdateId,
)

NOT_FOUND = "Microsoft.UpdateServices.Administration.WsusObjectNotFoundException"
EXISTS = "Microsoft.UpdateServices.Administration.WsusObjectAlreadyExistsException"
SERVICE = "Microsoft.UpdateServices.Internal.WsusServiceException"
NULL = "System.ArgumentNullException"
ARGUMENT = "System.ArgumentException"
RANGE = "System.ArgumentOutOfRangeException"
FORMAT = "System.FormatException"
INVALID = "System.InvalidOperationException"
DENIED = "System.Security.SecurityException"
#: characters that CreateComputerTargetGroup of the .NET interface refuses in a name; the quotation mark stands there as a curly one
_FORBIDDEN = frozenset("~!@#$^&*()=+[]\\{}|;:'’\"”<>/")


class Refused(Exception):
    """The server says no. :param kind: the .NET exception's name, as a fault carries it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass
class Store:
    """Groups, updates and approvals of one server.

    :param clock: the server's time, UTC.
    :param replica: takes approvals from upstream only, and refuses every change of them.
    :param rules: automatic approval rules that are switched on, by name.
    """

    clock: Callable[[], dt.datetime]
    role: Role = Role.ADMINISTRATOR
    account: str = "WARD\\wsus-ops"
    replica: bool = False
    server_side_targeting: bool = True
    rules: tuple[str, ...] = ()
    version: str = "10.0.20348.2849"
    synchronised: dt.datetime | None = None
    #: the current revision by GUID, and all revisions that ever were
    updates: dict[str, Update] = field(default_factory=dict)
    revisions: dict[UpdateId, Update] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    approvals: dict[str, Approval] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    computers: set[str] = field(default_factory=set)
    #: grows with every change of approvals or members, so that a world knows when to look again
    generation: int = 0

    def __post_init__(self) -> None:
        for guid, name, parent in (
            (ALL_COMPUTERS, "すべてのコンピューター", None),
            (UNASSIGNED_COMPUTERS, "割り当てられていないコンピューター", ALL_COMPUTERS),
            (DOWNSTREAM_SERVERS, "ダウンストリーム サーバー", None),
        ):
            self.groups[guid] = Group(guid, name, parent)
            self.members[guid] = set()

    # ---- the catalogue, as a synchronisation brings it

    def publish(self, update: Update) -> None:
        """A new update or a new revision of one. Approvals follow a revision, as the server's default setting has it."""
        old = self.updates.get(update.id.guid)
        if old is not None and old.id.revision >= update.id.revision:
            raise ValueError(f"{update.id} is not newer than {old.id}")
        self.updates[update.id.guid] = self.revisions[update.id] = update
        for approval in [one for one in self.approvals.values() if old is not None and one.update == old.id and not update.expired]:
            self.approvals[approval.id] = replace(approval, update=update.id)
        for guid in update.supersedes:
            if guid in self.updates:
                self._mark(replace(self.updates[guid], superseded=True))
        self._changed()

    def expire(self, guid: str) -> Update:
        """The vendor withdraws an update: a new revision that says so; installs are no longer offered."""
        old = self.updates[guid]
        new = replace(old, id=UpdateId(guid, old.id.revision + 1), expired=True)
        self.publish(new)
        return new

    def _mark(self, update: Update) -> None:
        self.updates[update.id.guid] = self.revisions[update.id] = update

    def update(self, update: UpdateId) -> Update:
        """:raises Refused: no such revision."""
        if update not in self.revisions:
            raise Refused(NOT_FOUND, f"The update {update} was not found.")
        return self.revisions[update]

    # ---- groups and members

    def group(self, guid: str) -> Group:
        """:raises Refused: no such group."""
        if guid not in self.groups:
            raise Refused(NOT_FOUND, f"The computer target group {guid} was not found.")
        return self.groups[guid]

    def within(self, guid: str) -> Iterator[str]:
        """The group and all below it."""
        yield guid
        for child in [group.id for group in self.groups.values() if group.parent == guid]:
            yield from self.within(child)

    def groups_of(self, computer: str) -> frozenset[str]:
        """:raises Refused: no such computer."""
        if computer not in self.computers:
            raise Refused(NOT_FOUND, f"The computer {computer} was not found.")
        return frozenset(guid for guid, names in self.members.items() if computer in names)

    def enrol(self, computer: str) -> None:
        """A computer speaks to the server for the first time."""
        self.computers.add(computer)
        self.members[UNASSIGNED_COMPUTERS].add(computer)
        self._changed()

    def remove_computer(self, computer: str) -> None:
        self._may_write()
        self.groups_of(computer)
        self.computers.discard(computer)
        for names in self.members.values():
            names.discard(computer)
        self._changed()

    def add_group(self, name: str, parent: str, guid: str | None = None) -> Group:
        """:raises Refused: role, replica, unknown parent, a name that is taken, empty or too long."""
        self._may_write(approvals=True)
        self.group(parent)
        if not name.strip() or len(name) >= 256:
            raise Refused(RANGE, "Specified argument was out of the range of valid values. Parameter name: name")
        if _FORBIDDEN & set(name):
            raise Refused(ARGUMENT, "The name contains characters that are not valid. Parameter name: name")
        if any(group.name.casefold() == name.casefold() for group in self.groups.values()):
            raise Refused(EXISTS, f"A computer target group named {name} already exists.")
        group = Group(guid or str(uuid.uuid4()), name, parent)
        self.groups[group.id] = group
        self.members[group.id] = set()
        self._changed()
        return group

    def remove_group(self, guid: str) -> None:
        """With the groups below it and their approvals; members that are in no other group become unassigned.

        :raises Refused: role, replica, unknown or built in.
        """
        self._may_write(approvals=True)
        self.group(guid)
        if guid in BUILT_IN:
            raise Refused(INVALID, "A built-in computer target group cannot be deleted.")
        gone = set(self.within(guid))
        left = set[str]().union(*(self.members.pop(one) for one in gone))
        for one in gone:
            del self.groups[one]
        for key in [key for key, approval in self.approvals.items() if approval.group in gone]:
            del self.approvals[key]
        self._unassign(left)
        self._changed()

    def add_member(self, guid: str, computer: str) -> None:
        """:raises Refused: role, unknown group or computer, built in."""
        self._may_write()
        self.group(guid)
        self.groups_of(computer)
        if guid in BUILT_IN:
            raise Refused(INVALID, "Computers cannot be added to a built-in computer target group.")
        self.members[guid].add(computer)
        self.members[UNASSIGNED_COMPUTERS].discard(computer)
        self._changed()

    def remove_member(self, guid: str, computer: str) -> None:
        """:raises Refused: role, unknown group or computer, built in, not a member."""
        self._may_write()
        self.group(guid)
        self.groups_of(computer)
        if guid in BUILT_IN:
            raise Refused(INVALID, "Computers cannot be removed from a built-in computer target group.")
        if computer not in self.members[guid]:
            raise Refused(NOT_FOUND, f"The computer {computer} is not in the group {guid}.")
        self.members[guid].discard(computer)
        self._unassign({computer})
        self._changed()

    def _unassign(self, computers: set[str]) -> None:
        for computer in computers:
            if not any(computer in names for names in self.members.values()):
                self.members[UNASSIGNED_COMPUTERS].add(computer)

    # ---- approvals

    def accept_eula(self, update: UpdateId) -> None:
        self._may_write(approvals=True)
        self._mark(replace(self.update(update), eula=False))
        self._changed()

    def approve(self, update: UpdateId, group: str, action: Action, deadline: dt.datetime | None, by: str = "") -> Approval:
        """One approval for a revision and a group; a second one takes the place of the first. A deadline that is past means at once.

        :param by: the administrator as the request names it; empty = the account itself.
        :raises Refused: role, replica, unknown update or group, terms not accepted, withdrawn, not to be uninstalled, a deadline for an
            update that can ask a person something.
        """
        self._may_write(approvals=True)
        wanted = self.update(update)
        self.group(group)
        if wanted.eula:
            raise Refused(INVALID, f"The license agreement of {update} has not been accepted.")
        if wanted.expired and action is not Action.UNINSTALL:
            raise Refused(INVALID, f"The update {update} has expired and can only be approved for uninstallation.")
        if action is Action.UNINSTALL and not wanted.uninstallable:
            raise Refused(INVALID, f"The update {update} does not support uninstallation.")
        if deadline is not None and wanted.asks_user:
            raise Refused(INVALID, f"The update {update} can request user input: a deadline is not possible.")
        if wanted.declined:
            self._mark(replace(wanted, declined=False))
        for key in [key for key, one in self.approvals.items() if (one.update.guid, one.group) == (update.guid, group)]:
            del self.approvals[key]
        now = self.clock()
        due = None if deadline is None else max(deadline, now)
        approval = Approval(str(uuid.uuid4()), update, group, action, due, by or self.account, now)
        self.approvals[approval.id] = approval
        self._changed()
        return approval

    def take_back(self, approval: str) -> None:
        """:raises Refused: role, replica, unknown."""
        self._may_write(approvals=True)
        if approval not in self.approvals:
            raise Refused(NOT_FOUND, f"The deployment {approval} was not found.")
        del self.approvals[approval]
        self._changed()

    def decline(self, guid: str) -> None:
        """With every approval of every revision. :raises Refused: role, replica, unknown."""
        self._may_write(approvals=True)
        if guid not in self.updates:
            raise Refused(NOT_FOUND, f"The update {guid} was not found.")
        for key in [key for key, one in self.approvals.items() if one.update.guid == guid]:
            del self.approvals[key]
        self._mark(replace(self.updates[guid], declined=True))
        self._changed()

    # ---- who may

    def _may_write(self, *, approvals: bool = False) -> None:
        if self.role < Role.ADMINISTRATOR:
            raise Refused(DENIED, "Request for principal permission failed.")
        if approvals and self.replica:
            raise Refused(INVALID, "This operation cannot be performed on a replica server.")

    def may_read(self) -> None:
        """:raises Refused: the account is in neither group."""
        if self.role < Role.REPORTER:
            raise Refused(DENIED, "Request for principal permission failed.")

    def _changed(self) -> None:
        self.generation += 1
