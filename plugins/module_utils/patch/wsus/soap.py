"""A WSUS server behind its administration web service (MS-WSUSAR): whole sets in few requests, each write checked by its answer."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from lxml import etree

from ...common.problems import WardopsError, fail
from ..model import Action, Approval, Computer, Group, Role, ServerInfo, State, Status, Update, UpdateId
from .order import same_deadline
from .transport import Pool, Settings
from .wire import Row, answer, guid, plain, protocol, request, utc

#: categories are asked for over the whole time that a server can have (the protocol's dates begin in 1753)
_EVER = (dt.datetime(1753, 1, 2, tzinfo=dt.UTC), dt.datetime(9998, 12, 31, tzinfo=dt.UTC))
_STATES = {int(state): state for state in State}


class SoapWsus:
    """:class:`~..model.WsusServer` over MS-WSUSAR.

    :param culture: language of titles (RFC 1766), where the server has it.
    :param supersedence: whether :meth:`updates` asks which updates each one replaces: one request for each update that replaces any.
    :param lanes: connections at once.
    """

    def __init__(self, settings: Settings, culture: str = "ja", supersedence: bool = True, lanes: int = 4) -> None:
        self.settings = settings
        self.culture = culture
        self.supersedence = supersedence
        self._lanes = lanes
        self._pool = Pool(settings, lanes)

    @property
    def place(self) -> str:
        return self.settings.place

    @property
    def requests(self) -> int:
        """HTTP requests sent so far, with those of the authentication."""
        return self._pool.requests

    @property
    def negotiated(self) -> tuple[str, bool]:
        """How the newest connection was authenticated, and whether with channel binding."""
        return self._pool.negotiated

    def close(self) -> None:
        self._pool.close()

    def call(self, name: str, /, **given: Any) -> Any:
        """One operation of the table.

        :raises WardopsError: E1940-E1949, E1961.
        """
        operation = protocol().operations[name]
        return answer(operation, self._pool.send(operation, request(operation, given)))

    # what is there

    def info(self) -> ServerInfo:
        role = self.call("GetCurrentUserRole")
        if role not in (0, 1, 2):
            raise fail("E1944", self.place, reason=f"GetCurrentUserRole = {role}")
        if role == 0:
            raise fail("E1943", self.place, type="GetCurrentUserRole", message="0", user=self.settings.user)
        configuration = self.call("ExecuteSPGetConfiguration")
        rules = self.call("GetAutomaticUpdateApprovalRules", preferredCulture=self.culture)
        return ServerInfo(
            version=self.call("GetServerVersion"),
            protocol=self.call("GetServerProtocolVersion"),
            role=Role(role),
            replica=self._truth(configuration, "ReplicaMode"),
            rules=tuple(_enabled_rules(rules)),
            synchronised=_time(_child(self.call("GetSubscription"), "LastSynchronizationTime")),
            server_side_targeting=self._truth(configuration, "ServerTargeting"),
        )

    def _truth(self, element: Any, name: str) -> bool:
        """A setting that decides whether something is written: it must be there.

        :raises WardopsError: E1944.
        """
        text = _child(element, name)
        if text not in ("true", "false", "0", "1"):
            raise fail("E1944", self.place, reason=f"{name} = {text}")
        return text in ("true", "1")

    def groups(self) -> list[Group]:
        layout = protocol().rows["group"]
        rows = (layout.read(row) for row in self.call("ExecuteSPGetAllTargetGroups"))
        # Downstream Servers is a group of servers, not of computers
        return [Group(row["id"], plain(row["name"]), row["parent"]) for row in rows if row["type"] == "Computers"]

    def computers(self) -> list[Computer]:
        sets: list[list[Row]] = self._found("ExecuteSPSearchComputers", computerTargetScopeXml=protocol().values["every_computer"]) or []
        if not sets:
            return []
        if len(sets) < 3:
            raise fail("E1945", row="computer", reason=f"{len(sets)} row sets")
        table = protocol().rows
        groups: dict[str, set[str]] = collections.defaultdict(set)
        for row in sets[2]:
            member = table["member"].read(row)
            groups[member["computer"]].add(member["group"])
        return [_computer(table["computer"].read(row), groups) for row in sets[0]]

    def updates(self) -> list[Update]:
        table = self._found("ExecuteSPSearchUpdates", **self.every_update())
        classes = self._classes() if table else {}
        found = self._updates(table or {}, classes)
        if not self.supersedence:
            return [update for update, _ in found]
        return list(self._with_superseded(found))

    def every_update(self) -> dict[str, Any]:
        """Arguments of the searches over the whole catalogue."""
        values = protocol().values
        return {
            "updateScopeXml": values["every_update"],
            "preferredCulture": self.culture,
            "publicationState": values["every_publication"],
        }

    def _classes(self) -> dict[str, str]:
        """GUIDs of classifications by title: an update's side table has the title alone."""
        words = {"preferredCulture": self.culture, "retrieveUpdateClassifications": True, "fromSyncDate": _EVER[0], "toSyncDate": _EVER[1]}
        layout = protocol().rows["category"]
        rows = (layout.read(row) for row in self.call("ExecuteSPGetCategories", **words))
        return {plain(row["title"]): row["id"] for row in rows if row["title"]}

    def _updates(self, table: dict[str, list[Row]], classes: dict[str, str]) -> list[tuple[Update, bool]]:
        """The updates, each with whether it replaces others. Side tables are joined by the revision id of this very answer."""
        rows = protocol().rows
        titles: dict[tuple[int, str], list[str]] = collections.defaultdict(list)
        for row in table.get("localizedCategoryTitleRows", []):
            one = rows["title"].read(row)
            titles[one["local"], one["type"]].append(plain(one["title"]))
        articles: dict[int, list[str]] = collections.defaultdict(list)
        for row in table.get("kbArticles", []):
            one = rows["article"].read(row)
            articles[one["local"]].append(plain(one["value"]).upper().removeprefix("KB"))
        found = []
        for row in table.get("minimalProperties", []):
            one = rows["update"].read(row)
            named = titles[one["local"], "UpdateClassification"]
            classification = named[0] if named else ""
            sides = (tuple(articles[one["local"]]), classification, classes.get(classification, ""), tuple(titles[one["local"], "Product"]))
            found.append((_update(one, *sides), bool(one["supersedes"])))
        return found

    def _with_superseded(self, found: list[tuple[Update, bool]]) -> Iterator[Update]:
        """The same updates; those that are offered and replace others with what they replace."""
        asked = [update for update, replaces in found if replaces and not update.declined and not update.expired]
        answers = dict(zip((update.id for update in asked), self._at_once(self._superseded, [update.id for update in asked]), strict=True))
        for update, _ in found:
            replaced = answers.get(update.id)
            yield dataclasses.replace(update, supersedes=replaced) if replaced else update

    def _superseded(self, update: UpdateId) -> tuple[str, ...]:
        table = self._found("ExecuteSPGetUpdatesSupersededByUpdate", preferredCulture=self.culture, id=update) or {}
        layout = protocol().rows["update"]
        return tuple(sorted({layout.read(row)["id"] for row in table.get("minimalProperties", [])}))

    def approvals(self) -> list[Approval]:
        """Approvals to install and to uninstall. Rows of other actions ("not approved", checks before approval) are none."""
        rows = self._found("ExecuteSPGetDeployments", **self.every_update()) or []
        layout = protocol().rows["approval"]
        return [_approval(one) for one in map(layout.read, rows) if one["action"] in (Action.INSTALL, Action.UNINSTALL)]

    def states(self, updates: Collection[str]) -> Iterable[Status]:
        """One request for each update, a few at a time; an update's answer is dropped before the next ones are read."""
        for found in self._at_once(self._states, sorted({guid(update) for update in updates})):
            yield from found

    def _states(self, update: str) -> list[Status]:
        words = {"updateId": update, "computerTargetScopeXml": protocol().values["every_computer"]}
        rows = self._found("ExecuteSPGetUpdateInstallationInfoForUpdate", **words) or []
        layout = protocol().rows["state"]
        if rows:
            layout.read(rows[0])
        statuses = []
        for row in rows:
            try:
                status = Status(update, row[1], _STATES[row[2]])
                if row[0].lower() != update or not isinstance(row[1], str):
                    raise KeyError(row[0])
            except (KeyError, IndexError, TypeError, AttributeError):
                raise fail("E1945", row="state", reason=str(row[:3])) from None
            statuses.append(status)
        return statuses

    def _at_once(self, function: Any, arguments: Sequence[Any]) -> Iterator[Any]:
        """Results in the order of the arguments; at most twice as many are under way as there are connections."""
        if not arguments:
            return
        waiting: collections.deque[Future[Any]] = collections.deque()
        with ThreadPoolExecutor(self._lanes) as workers:
            try:
                for argument in arguments:
                    waiting.append(workers.submit(function, argument))
                    if len(waiting) >= 2 * self._lanes:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _found(self, name: str, /, **given: Any) -> Any:
        """What a search found; ``None`` where the server says "no such object" instead of an empty list (MS-WSUSAR 3.1.4.150)."""
        try:
            return self.call(name, **given)
        except WardopsError as error:
            if error.problems[0].code == "E1947":
                return None
            raise

    # what is changed

    def add_group(self, name: str, parent: str) -> Group:
        row = protocol().rows["group_made"].read(self.call("ExecuteSPCreateTargetGroup1", name=name, parentGroupId=parent))
        if row["name"] != name:
            raise fail("E1950", self.place, what=name, found=row["name"])
        return Group(row["id"], name, parent)

    def remove_group(self, group: str) -> None:
        self.call("ExecuteSPDeleteTargetGroup", id=group, adminName=self._admin, failIfReplica=True)

    def add_member(self, group: str, computer: str) -> None:
        self.call("ExecuteSPAddComputerToTargetGroupAllowMultipleGroups", targetGroupId=group, computerId=computer)

    def remove_member(self, group: str, computer: str) -> None:
        self.call("ExecuteSPRemoveComputerFromTargetGroup", targetGroupId=group, computerId=computer)

    def accept_eula(self, update: UpdateId) -> None:
        table = self.call("ExecuteSPGetUpdateById", preferredCulture=self.culture, id=update)
        rows = [protocol().rows["update"].read(row) for row in table.get("minimalProperties", [])]
        if len(rows) != 1 or not rows[0]["eula_id"]:
            raise fail("E1947", self.place, type="eula", message=str(update))
        self.call("ExecuteSPAcceptEula", eulaId=rows[0]["eula_id"], adminName=self._admin, updateId=update)

    def approve(self, update: UpdateId, group: str, action: Action, deadline: dt.datetime | None) -> Approval:
        """:raises WardopsError: E1950 when the server's answer is not what was asked for, beside those of :meth:`call`."""
        words = {"updateId": update, "deploymentAction": int(Action(action)), "targetGroupId": group, "deadline": deadline}
        row = self.call("ExecuteSPDeployUpdate1", **words, adminName=self._admin, isAssigned=True)
        one = protocol().rows["approval"].read(row)
        asked = (update.guid, update.revision, guid(group), int(action))
        stored = (one["update"], one["revision"], one["group"], one["action"])
        if asked != stored or not same_deadline(deadline, one["deadline"], one["time"]):
            raise fail("E1950", self.place, what=f"{asked} {deadline}", found=f"{stored} {one['deadline']}")
        return _approval(one)

    def take_back(self, approval: Approval) -> None:
        self.call("ExecuteSPDeleteDeployment", id=approval.id, adminName=self._admin)

    def decline(self, updates: Sequence[str]) -> None:
        for update in updates:
            self.call("ExecuteSPDeclineUpdate", updateId=update, adminName=self._admin, failIfReplica=True)

    @property
    def _admin(self) -> str:
        return self.settings.user or "wardops"


def _enabled_rules(element: Any) -> Iterator[str]:
    for one in element.iter(f"{{{protocol().namespace}}}RuleRow"):
        if (_child(one, "Enabled") or "").strip() in ("true", "1"):
            yield _child(one, "Name") or _child(one, "Id") or "?"


def _child(element: Any, name: str) -> str | None:
    """Text of the first element of that name, at any depth."""
    for one in element.iter():
        if isinstance(one.tag, str) and etree.QName(one).localname == name:
            return str(one.text or "")
    return None


def _time(text: str | None) -> dt.datetime | None:
    try:
        return utc(text) if text else None
    except ValueError:
        raise fail("E1944", "GetSubscription", reason=f"LastSynchronizationTime = {str(text)[:40]}") from None


def _computer(row: dict[str, Any], groups: dict[str, set[str]]) -> Computer:
    fixed = (row["id"], plain(row["name"]) or row["id"], frozenset(groups.get(row["id"], ())), plain(row["requested"]))
    return Computer(*fixed, row["last_sync"], row["last_report"], plain(row["os"]))


def _approval(row: dict[str, Any]) -> Approval:
    update = UpdateId(row["update"], row["revision"])
    action = Action(row["action"])
    return Approval(row["id"], update, row["group"], action, row["deadline"], plain(row["administrator"]), row["time"])


def _update(row: dict[str, Any], kbs: tuple[str, ...], classification: str, class_id: str, products: tuple[str, ...]) -> Update:
    never = _EVER[0]
    return Update(
        id=UpdateId(row["id"], row["revision"]),
        title=plain(row["title"]),
        kbs=kbs,
        classification=classification,
        classification_id=class_id,
        products=products,
        severity=plain(row["severity"]),
        released=row["released"] or never,
        arrived=row["arrived"] or never,
        superseded=row["superseded"],
        declined=row["declined"],
        expired=row["publication"] == protocol().values["expired"],
        eula=bool(row["eula"]),
        asks_user=bool(row["asks_user"]),
        uninstallable=bool(row["uninstallable"]),
    )
