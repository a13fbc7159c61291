"""Approvals as data, replayed on a server: what is wanted against what stands, every rule that forbids one, then applied and read back.

The key of an approval is update, revision and group, so a run that was killed anywhere is simply run again: what stands is not done twice.
Rules: MS-WSUSAR 3.1.4 (deadline and user input, licence, expired updates, replicas), issue 7 section 3.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...common.plan import Change, Plan
from ...common.problems import Problem, WardopsError, fail
from ..model import Action, Approval, Group, Role, ServerInfo, Update, UpdateId, WsusServer
from .order import Order, Wanted, same_deadline
from .wire import guid

_JST = dt.timezone(dt.timedelta(hours=9), "JST")


@dataclass(slots=True)
class Work:
    """A plan and the calls that carry it out, in order.

    :param todo: what is done and how; run one after another.
    :param standing: keys that must stand afterwards, with action and deadline; ``gone``: approvals that must not.
    """

    plan: Plan
    info: ServerInfo
    todo: list[tuple[str, Callable[[], object]]] = field(default_factory=list)
    standing: dict[tuple[str, int, str], Wanted] = field(default_factory=dict)
    gone: set[tuple[str, int, str]] = field(default_factory=set)
    declined: set[str] = field(default_factory=set)

    @property
    def digest(self) -> str:
        """SHA-256 of what would be done: the same for the same work, whatever the order of the input."""
        lines = sorted(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in self.plan.actions())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def prepare(server: WsusServer, order: Order) -> Work:
    """Read the server and plan. The catalogue is read only when something is to be approved or declined.

    :raises WardopsError: E1951-E1955, E0120, E0121, E1964: nothing was changed.
    """
    info = server.info()
    if info.rules:
        raise fail("E1951", rules="、".join(info.rules))
    groups = Groups(server.groups())
    work = Work(Plan(), info)
    standing: dict[tuple[str, int, str], list[Approval]] = defaultdict(list)
    for approval in server.approvals():
        standing[approval.key].append(approval)
    planner = _Planner(server, groups, work, order)
    planner.wanted(standing)
    planner.unwanted(standing)
    planner.declines(standing)
    _refuse(work, order)
    return work


class Groups:
    """The server's groups, by GUID or name. Names are compared without regard to case, as the server does."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self.by_id = {group.id: group for group in groups}
        self._names: dict[str, list[Group]] = defaultdict(list)
        for group in self.by_id.values():
            self._names[group.name.casefold()].append(group)

    def find(self, name: str) -> list[Group]:
        one = self.by_id.get(name.lower())
        return [one] if one else self._names.get(name.casefold(), [])

    def id(self, name: str) -> str:
        """:raises WardopsError: E1955."""
        found = self.find(name)
        if len(found) != 1:
            raise fail("E1955", name=name, count=len(found))
        return found[0].id

    def name(self, group: str) -> str:
        return self.by_id[group].name if group in self.by_id else group


class _Planner:
    """One planning: fills ``work``."""

    def __init__(self, server: WsusServer, groups: Groups, work: Work, order: Order) -> None:
        self.server, self.groups, self.work, self.order = server, groups, work, order
        self._catalogue: dict[str, list[Update]] | None = None
        self._impossible: list[Problem] = []
        self._licensed: set[UpdateId] = set()

    def catalogue(self) -> dict[str, list[Update]]:
        if self._catalogue is None:
            self._catalogue = defaultdict(list)
            for update in self.server.updates():
                self._catalogue[update.id.guid].append(update)
        return self._catalogue

    def wanted(self, standing: Mapping[tuple[str, int, str], list[Approval]]) -> None:
        """:raises WardopsError: E1954, E1955, all at once."""
        problems: list[Problem] = []
        for one in self.order.wanted:
            found = self.groups.find(one.group)
            if len(found) != 1:
                problems.append(Problem("E1955", params={"name": one.group, "count": len(found)}))
                continue
            key = (one.update.guid, one.update.revision, found[0].id)
            self.work.standing[key] = one
            there = sorted(standing.get(key, ()), key=lambda approval: approval.time, reverse=True)
            right = next((approval for approval in there if _same(approval, one)), None)
            if right:
                self.work.plan.unchanged += 1
            else:
                self._approve(one, found[0].id, there[0] if there else None)
            for spare in there:  # the same key twice: what a torn run of another tool may leave
                if spare is not (right or there[0]):
                    self._take_back(spare, "twice")
        problems += self._impossible
        if problems:
            raise WardopsError(problems)

    def _approve(self, one: Wanted, group: str, before: Approval | None) -> None:
        update = self._checked(one)
        if update is None:
            return
        if update.eula and update.id not in self._licensed:
            self._licensed.add(update.id)
            self.work.todo.append((f"licence {update.id}", lambda: self.server.accept_eula(update.id)))
        kb = "".join(f" KB{kb}" for kb in update.kbs)
        key = f"{self.groups.name(group)} {one.update}"
        after = {**_item(one.action, one.deadline), "update": (kb + " " + update.title).strip()}
        if before is None:
            self.work.plan.add.append(Change(key, None, after))
        else:
            self.work.plan.change.append(Change(key, _item(before.action, before.deadline), after))
        self.work.todo.append((key, lambda: self.server.approve(one.update, group, one.action, one.deadline)))

    def _checked(self, one: Wanted) -> Update | None:
        """The update, when the server would take this approval; else the reason is noted."""
        revisions = self.catalogue().get(one.update.guid, [])
        update = next((update for update in revisions if update.id == one.update), None)
        reason = _reason(one, update, revisions, self.order.licences)
        if reason:
            self._impossible.append(Problem("E1954", params={"update": str(one.update), "reason_ja": reason[0], "reason": reason[1]}))
            return None
        return update

    def unwanted(self, standing: Mapping[tuple[str, int, str], list[Approval]]) -> None:
        """What shall not stand: named, or beside what the order says of a whole group."""
        named = {(update.guid, update.revision, self.groups.id(group)) for update, group in self.order.absent}
        whole = {self.groups.id(group) for group in self.order.only}
        for key, approvals in standing.items():
            if key in self.work.standing:
                if key in named or (key[0], 0, key[2]) in named:
                    raise fail("E1961", what="absent", value=f"{key[0]} {self.groups.name(key[2])}")
                continue
            if key in named or (key[0], 0, key[2]) in named or key[2] in whole:
                for approval in approvals:
                    self._take_back(approval, "")

    def _take_back(self, approval: Approval, reason: str) -> None:
        key = f"{self.groups.name(approval.group)} {approval.update}"
        before = {**_item(approval.action, approval.deadline), **({"reason": reason} if reason else {})}
        self.work.plan.remove.append(Change(key, before, None))
        self.work.todo.append((key, lambda: self.server.take_back(approval)))
        if not reason:
            self.work.gone.add(approval.key)

    def declines(self, standing: Mapping[tuple[str, int, str], list[Approval]]) -> None:
        """A decline deletes the update's approvals: they are in the plan as what is taken away."""
        declines = {guid(update) for update in self.order.declines}
        approved = {key[0] for key in self.work.standing}
        for update in sorted(declines):
            revisions = self.catalogue().get(update, [])
            if not revisions:
                raise fail("E1954", update=update, reason_ja="このサーバーにありません", reason="it is not on this server")
            if update in approved:
                raise fail("E1961", what="declines", value=update)
            self.work.declined.add(update)
            if all(one.declined for one in revisions):
                self.work.plan.unchanged += 1
                continue
            after = {"declined": True, "update": revisions[0].title}
            self.work.plan.change.append(Change(f"decline {update}", {"declined": False}, after))
            for key, approvals in standing.items():
                if key[0] == update and key not in self.work.gone:
                    before = _item(approvals[0].action, approvals[0].deadline)
                    change = Change(f"{self.groups.name(key[2])} {update}/{key[1]}", {**before, "reason": "declined"}, None)
                    self.work.plan.remove.append(change)
            self.work.todo.append((f"decline {update}", functools.partial(self.server.decline, [update])))


def _reason(one: Wanted, update: Update | None, revisions: Sequence[Update], licences: Sequence[str]) -> tuple[str, str] | None:
    """Why the server would refuse this approval, or would take it for something else; Japanese and English."""
    if update is None:
        known = ", ".join(str(found.id.revision) for found in revisions)
        if known:
            return f"リビジョンが変わりました。サーバーにあるのは {known}", f"it was revised; the server has revision {known}"
        return "このサーバーにありません", "it is not on this server"
    checks = (
        (update.declined, ("拒否（辞退）されています", "it is declined")),
        (update.expired and one.action == Action.INSTALL, ("期限切れ（提供終了）です", "it is expired")),
        (
            one.deadline is not None and update.asks_user,
            ("利用者に入力を求めるため期限を付けられません", "it can ask the user: no deadline"),
        ),
        (one.action == Action.UNINSTALL and not update.uninstallable, ("削除に対応していません", "it cannot be uninstalled")),
        (update.eula and update.id.guid not in licences, ("使用許諾への同意が必要です", "its licence terms are not accepted")),
    )
    return next((words for refused, words in checks if refused), None)


def _refuse(work: Work, order: Order) -> None:
    """:raises WardopsError: E1952, E1953, E1964, E0120, E0121."""
    if work.plan.changed and work.info.replica:
        first = next(work.plan.actions())["key"]
        raise fail("E1952", count=len(work.plan.add) + len(work.plan.change) + len(work.plan.remove), first=first)
    if work.plan.changed and work.info.role != Role.ADMINISTRATOR:
        raise fail("E1953", role=work.info.role.name.lower())
    if order.expect and order.expect != work.digest:
        raise fail("E1964", expected=order.expect[:16], found=work.digest[:16])
    if problems := order.guard.check(work.plan, "WSUS"):
        raise WardopsError(problems)


def carry_out(work: Work) -> None:
    """The calls of a plan, in order.

    :raises WardopsError: the cause, with E1965 (how far it came).
    """
    for done, (_, call) in enumerate(work.todo):
        try:
            call()
        except WardopsError as error:
            raise WardopsError([*error.problems, Problem("E1965", params={"done": done, "total": len(work.todo)})]) from None


def apply(server: WsusServer, work: Work) -> None:
    """Carry the plan out, then read everything back.

    :raises WardopsError: E1965 with the cause when it stopped on the way; E1950 when the server then has something else.
    """
    carry_out(work)
    if work.todo:
        verify(server, work)


def verify(server: WsusServer, work: Work) -> None:
    """:raises WardopsError: E1950."""
    problems = []
    standing: dict[tuple[str, int, str], list[Approval]] = defaultdict(list)
    for approval in server.approvals():
        standing[approval.key].append(approval)
    for key, one in work.standing.items():
        there = standing.get(key, [])
        if len(there) != 1 or not _same(there[0], one):
            found = " / ".join(str(_item(approval.action, approval.deadline)) for approval in there) or "-"
            what = f"{one.group} {one.update} {_item(one.action, one.deadline)}"
            problems.append(Problem("E1950", params={"what": what, "found": found}))
    problems += [Problem("E1950", params={"what": f"- {key}", "found": str(key)}) for key in sorted(work.gone) if standing.get(key)]
    if work.declined:
        missing = work.declined - {update.id.guid for update in server.updates() if update.declined}
        problems += [Problem("E1950", params={"what": f"decline {update}", "found": "-"}) for update in sorted(missing)]
    if problems:
        raise WardopsError(problems)


def _same(approval: Approval, one: Wanted) -> bool:
    return approval.action == one.action and same_deadline(one.deadline, approval.deadline, approval.time)


def _item(action: Action, deadline: dt.datetime | None) -> dict[str, str]:
    """As people read it: the deadline in Japanese time."""
    shown = deadline.astimezone(_JST).strftime("%Y-%m-%d %H:%M:%S JST") if deadline else ""
    return {"action": action.name.lower(), "deadline": shown}
