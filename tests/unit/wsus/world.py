# ruff: noqa: ARG002, ARG005, PLR0917 - an operation takes all elements of the protocol, whether they matter here or not
"""What the stand-in's server holds, and its operations; rows are written by position, as the specification lays them out."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

USER = "WARD\\svc-patch"
ALL = "a0a08746-4dbe-4a37-9adf-9e7652c0b421"
UNASSIGNED = "b73ca6ed-5727-47f3-84de-015e03f6a88a"
SECURITY = "0fa1201d-4330-4fa8-8ae9-b877473b6441"
PILOT = "11111111-0000-4000-8000-000000000001"
BROAD = "11111111-0000-4000-8000-000000000002"


def update_guid(number: int) -> str:
    return f"5b7ac1a5-{number:04d}-4000-8000-000000000001"


class Fault(Exception):
    def __init__(self, kind: str, message: str = "") -> None:
        self.kind, self.message = kind, message


NOT_FOUND = "Microsoft.UpdateServices.Administration.WsusObjectNotFoundException"
EXISTS = "Microsoft.UpdateServices.Administration.WsusObjectAlreadyExistsException"


class World:
    """What the server holds. ``hook(operation, number of that operation)`` may raise to break it."""

    def __init__(self, updates: int = 3, computers: int = 4) -> None:
        self.groups: dict[str, tuple[str, str | None]] = {
            ALL: ("すべてのコンピューター", None),
            UNASSIGNED: ("割り当てられていないコンピューター", ALL),
            PILOT: ("先行適用", ALL),
            BROAD: ("全体適用", ALL),
        }
        self.computers = {
            f"{number:08d}-aaaa-4000-8000-000000000001": {
                "name": f"LG25N{number:05d}.ward.example",
                "groups": {ALL},
                "reported": "2026-11-20T01:02:03.5",
            }
            for number in range(computers)
        }
        self.updates: dict[str, dict[str, Any]] = {
            update_guid(number): {
                "revision": 200 + number,
                "kb": str(5070000 + number),
                "title": f"2026-11 累積更新 <{number}> & (KB{5070000 + number})",
            }
            for number in range(1, updates + 1)
        }
        self.states: dict[tuple[str, str], int] = {}
        self.approvals: dict[str, list[Any]] = {}
        self.settings = {"ReplicaMode": "false", "ServerTargeting": "true"}
        self.rules: list[tuple[str, bool]] = [("既定の自動承認規則", False)]
        self.role = 2
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.hook: Callable[[str, int], None] = lambda operation, number: None
        self.lock = threading.Lock()

    def answer(self, operation: str, words: dict[str, Any]) -> str:
        with self.lock:
            self.asked.append((operation, words))
            number = sum(name == operation for name, _ in self.asked)
        self.hook(operation, number)
        with self.lock:
            return str(getattr(self, f"do_{operation}")(**words))

    # the server itself

    def do_GetServerVersion(self) -> str:
        return "10.0.26100.1"

    def do_GetServerProtocolVersion(self) -> str:
        return "1.20"

    def do_GetCurrentUserRole(self) -> int:
        return self.role

    def do_ExecuteSPGetConfiguration(self) -> str:
        return "<Configuration>" + "".join(f"<{name}>{value}</{name}>" for name, value in self.settings.items()) + "</Configuration>"

    def do_GetSubscription(self) -> str:
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None).isoformat()
        return f"<SynchronizeAutomatically>true</SynchronizeAutomatically><LastSynchronizationTime>{now}</LastSynchronizationTime>"

    def do_GetSubscriptionState(self) -> int:
        return 1

    def do_GetServerSyncProgress(self) -> str:
        return rows([[0, 0, 0]])

    def do_GetAutomaticUpdateApprovalRules(self, preferredCulture: str) -> str:
        return "".join(
            f"<CompleteAutomaticUpdateApprovalRule><RuleRow><Id>{number}</Id><Name>{escape(name)}</Name><Enabled>{str(on).lower()}</Enabled>"
            "</RuleRow></CompleteAutomaticUpdateApprovalRule>"
            for number, (name, on) in enumerate(self.rules, 2)
        )

    # groups and computers

    def do_ExecuteSPGetAllTargetGroups(self) -> str:
        found = [["Computers", name, Guid(one), 0, 0, Guid(parent) if parent else None] for one, (name, parent) in self.groups.items()]
        return rows([*found, ["DownstreamServers", "ダウンストリーム", Guid("d374f42a-9be2-4163-a0fa-3c86a401b7a7"), 0, 0, None]])

    def do_ExecuteSPCreateTargetGroup1(self, name: str, parentGroupId: str) -> str:
        if any(name == there for there, _ in self.groups.values()):
            raise Fault(EXISTS, name)
        made = str(uuid.uuid4())
        self.groups[made] = (name, parentGroupId)
        return values(["Computers", name, Guid(made), 0, 1])

    def do_ExecuteSPDeleteTargetGroup(self, id: str, adminName: str, failIfReplica: str) -> str:
        self.groups.pop(id)
        self.approvals = {one: row for one, row in self.approvals.items() if row[10] != id}
        for computer in self.computers.values():
            computer["groups"].discard(id)  # type: ignore[attr-defined]
        return ""

    def do_ExecuteSPAddComputerToTargetGroupAllowMultipleGroups(self, targetGroupId: str, computerId: str) -> str:
        self.computers[computerId]["groups"].add(targetGroupId)  # type: ignore[attr-defined]
        return ""

    def do_ExecuteSPRemoveComputerFromTargetGroup(self, targetGroupId: str, computerId: str) -> str:
        self.computers[computerId]["groups"].discard(targetGroupId)  # type: ignore[attr-defined]
        return ""

    def do_ExecuteSPSearchComputers(self, computerTargetScopeXml: str) -> str:
        assert etree.fromstring(computerTargetScopeXml).tag == "ComputerTargetScope"
        first = []
        for one, computer in self.computers.items():
            row: list[Any] = [None] * 28
            row[0], row[1], row[2], row[4], row[27] = (
                one,
                Time("2026-11-20T01:00:00"),
                Time(computer["reported"]),
                computer["name"],
                "Windows 11",
            )
            first.append(row)
        third = [[one, Guid(group)] for one, computer in self.computers.items() for group in sorted(computer["groups"])]
        return "".join(f"<ArrayOfGenericReadableRow>{rows(table)}</ArrayOfGenericReadableRow>" for table in (first, [], third))

    # updates

    def update_row(self, guid: str) -> list[Any]:
        one, number = self.updates[guid], list(self.updates).index(guid)
        row: list[Any] = [None] * 37
        row[0], row[1], row[2], row[3] = Guid(guid), one["revision"], 900 + number, 700 + number
        row[8], row[10], row[16], row[17] = (
            one.get("asks", False),
            one.get("uninstall", True),
            one.get("publication", 0),
            Time("2026-11-10T18:00:00"),
        )
        row[20], row[21] = Guid("22222222-0000-4000-8000-000000000001") if one.get("eula") else None, one.get("eula", False)
        row[22], row[24], row[25], row[26] = one.get("declined", False), True, Time("2026-11-11T02:00:00.123"), bool(one.get("replaces"))
        row[28], row[29], row[34] = "Critical", one["title"], one.get("superseded", False)
        return row

    def complete(self, guids: list[str]) -> str:
        found = [self.update_row(guid) for guid in guids]
        local = [row[2] for row in found]
        titles = [
            row
            for number in local
            for row in ([number, "UpdateClassification", "セキュリティ問題の修正プログラム"], [number, "Product", "Windows 11"])
        ]
        articles = [[number, self.updates[guid]["kb"]] for number, guid in zip(local, guids, strict=True)]
        tables = {"minimalProperties": found, "localizedCategoryTitleRows": titles, "kbArticles": articles, "bulletins": [], "infoUrls": []}
        return "".join(f"<{name}>{rows(table)}</{name}>" for name, table in tables.items())

    def do_ExecuteSPSearchUpdates(self, updateScopeXml: str, preferredCulture: str, publicationState: str) -> str:
        scope = etree.fromstring(updateScopeXml)
        assert scope.tag == "UpdateScope" and publicationState == "2147483647"
        if scope.get("TextIncludes"):
            raise Fault(NOT_FOUND, "nothing")
        return self.complete(list(self.updates))

    def do_ExecuteSPGetUpdateById(self, preferredCulture: str, id: tuple[str, str]) -> str:
        return self.complete([id[0]])

    def do_ExecuteSPGetUpdatesSupersededByUpdate(self, preferredCulture: str, id: tuple[str, str]) -> str:
        return self.complete(self.updates[id[0]].get("replaces", []))

    def do_ExecuteSPGetCategories(
        self, preferredCulture: str, retrieveUpdateClassifications: str, fromSyncDate: str, toSyncDate: str
    ) -> str:
        assert retrieveUpdateClassifications == "true" and fromSyncDate < toSyncDate
        return rows(
            [[1, Guid(SECURITY), "UpdateClassification", None, None, None, None, "セキュリティ問題の修正プログラム", "", None, None]]
        )

    def do_ExecuteSPGetUpdateInstallationInfoForUpdate(self, updateId: str, computerTargetScopeXml: str) -> str:
        if updateId not in self.updates:
            raise Fault(NOT_FOUND, updateId)
        return rows([[Guid(updateId), one, self.states.get((updateId, one), 0), 0, Guid(ALL)] for one in self.computers])

    # approvals

    def do_ExecuteSPGetDeployments(self, updateScopeXml: str, preferredCulture: str, publicationState: str) -> str:
        return rows([self.approval_row(row) for row in self.approvals.values()])

    @staticmethod
    def approval_row(row: list[Any]) -> list[Any]:
        shown = [Time(row[0]), Byte(1), row[2], Time(row[0]), Time(row[4]) if row[4] else None, row[5], Guid(row[6]), True, Guid(row[8])]
        return [*shown, row[9], Guid(row[10])]

    def approve(self, update: str, group: str, action: int = 0, deadline: str | None = None, revision: int = 0) -> str:
        """Also for tests: what somebody else approves."""
        now, made = dt.datetime.now(dt.UTC).replace(tzinfo=None).isoformat(), str(uuid.uuid4())
        revision = revision or self.updates[update]["revision"]
        self.approvals[made] = [now, 1, action, now, deadline, USER, made, True, update, revision, group]
        return made

    def do_ExecuteSPDeployUpdate1(
        self, updateId: tuple[str, str], deploymentAction: str, targetGroupId: str, deadline: str, adminName: str, isAssigned: str
    ) -> str:
        update, revision = updateId[0], int(updateId[1])
        if update not in self.updates or targetGroupId not in self.groups:
            raise Fault(NOT_FOUND, update)
        assert deploymentAction in ("0", "1") and deadline.endswith(("Z", ".9999999"))
        for one, row in list(self.approvals.items()):  # an approval of the same update for the same group is replaced
            if (row[8], row[10]) == (update, targetGroupId):
                del self.approvals[one]
        until = None if deadline.startswith("9999") else deadline.removesuffix("Z") + ".003"
        made = self.approve(update, targetGroupId, int(deploymentAction), until, revision)
        self.approvals[made][5] = adminName
        return values(self.approval_row(self.approvals[made]))

    def do_ExecuteSPDeleteDeployment(self, id: str, adminName: str) -> str:
        if self.approvals.pop(id, None) is None:
            raise Fault(NOT_FOUND, id)
        return ""

    def do_ExecuteSPDeclineUpdate(self, updateId: str, adminName: str, failIfReplica: str) -> str:
        self.updates[updateId]["declined"] = True
        self.approvals = {one: row for one, row in self.approvals.items() if row[8] != updateId}
        return ""

    def do_ExecuteSPAcceptEula(self, eulaId: str, adminName: str, updateId: tuple[str, str]) -> str:
        self.updates[updateId[0]]["eula"] = False
        return ""


class Guid(str):
    pass


class Time(str):
    pass


class Byte(int):
    pass


def values(row: list[Any]) -> str:
    return "<Values>" + "".join(map(_cell, row)) + "</Values>"


def rows(table: list[list[Any]]) -> str:
    return "".join(f"<GenericReadableRow>{values(row)}</GenericReadableRow>" for row in table)


def _cell(value: Any) -> str:
    if value is None:
        return '<anyType xsi:nil="true"/>'
    if isinstance(value, Guid):
        return f'<anyType xmlns:q1="http://microsoft.com/wsdl/types/" xsi:type="q1:guid">{value}</anyType>'
    kinds = {Time: "dateTime", Byte: "unsignedByte", bool: "boolean", int: "int", str: "string"}
    text = str(value).lower() if isinstance(value, bool) else escape(str(value))
    return f'<anyType xsi:type="xsd:{kinds[type(value)]}">{text}</anyType>'
