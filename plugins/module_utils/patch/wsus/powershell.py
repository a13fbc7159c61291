"""A WSUS server through Microsoft's own administration API: one fixed script (``server.ps1``) over PowerShell remoting, JSON in and out.

For servers whose web service is closed to us. The script is sent as it is; a request is its one argument, never a part of its text.
要実機確認: the script is parsed with a PowerShell grammar here, and this side is tested against an emulator; it never ran on Windows.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ...common.problems import WardopsError, fail
from ..model import Action, Approval, Computer, Group, Role, ServerInfo, State, Status, Update, UpdateId
from .order import same_deadline
from .transport import Settings
from .wire import guid, identity, plain, protocol, utc

_ROLES = {"Unauthorized": Role.NONE, "Reporter": Role.REPORTER, "Administrator": Role.ADMINISTRATOR}
_ACTIONS = {"Install": Action.INSTALL, "Uninstall": Action.UNINSTALL}
_STATES = {
    "Unknown": State.UNKNOWN,
    "NotApplicable": State.NOT_APPLICABLE,
    "NotInstalled": State.NOT_INSTALLED,
    "Downloaded": State.DOWNLOADED,
    "Installed": State.INSTALLED,
    "Failed": State.FAILED,
    "InstalledPendingReboot": State.INSTALLED_PENDING_REBOOT,
}
#: so many updates' states in one request: an answer stays within some ten MB with thousands of computers
_STATES_AT_ONCE = 20


class Shell(Protocol):
    """Something that runs the script with one request and gives back what it wrote."""

    def run(self, script: str, request: str) -> str: ...

    def close(self) -> None: ...


class PsrpShell:
    """PowerShell remoting over HTTPS (port 5986), certificate checked; over HTTP (5985) the messages themselves are encrypted."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._pool: Any = None

    def _open(self) -> Any:
        if self._pool is None:
            from pypsrp.powershell import RunspacePool  # noqa: PLC0415 - half a second, only for this backend
            from pypsrp.wsman import WSMan  # noqa: PLC0415

            one = self.settings
            words: dict[str, Any] = {
                "port": one.port or (5986 if one.tls else 5985),
                "username": one.user or None,
                "password": one.password or None,
            }
            checked: dict[str, Any] = {"ssl": one.tls, "cert_validation": one.ca or True, "encryption": "auto"}
            link = WSMan(one.host, **words, **checked, auth=one.auth, connection_timeout=30, read_timeout=int(one.timeout))
            self._pool = RunspacePool(link)
            self._pool.open()
        return self._pool

    def run(self, script: str, request: str) -> str:
        """:raises WardopsError: E1940-E1942, E1959."""
        from pypsrp.exceptions import AuthenticationError, WinRMError  # noqa: PLC0415
        from pypsrp.powershell import PowerShell  # noqa: PLC0415
        from requests.exceptions import RequestException, SSLError  # noqa: PLC0415

        one = self.settings
        try:
            shell = PowerShell(self._open())
            shell.add_script(script).add_parameter("Request", request)
            output = shell.invoke()
        except AuthenticationError:
            raise fail("E1942", one.place, user=one.user, reason="WinRM") from None
        except SSLError:
            raise fail("E1941", one.place, reason="WinRM") from None
        except (RequestException, OSError, WinRMError) as error:
            raise fail("E1940", one.place, reason=type(error).__name__) from None
        if shell.had_errors or len(output) != 1 or not isinstance(output[0], str):
            reason = str(shell.streams.error[0])[:200] if shell.streams.error else f"{len(output)} objects"
            raise fail("E1959", one.place, reason=reason)
        return str(output[0])

    def close(self) -> None:
        if self._pool is not None:
            with contextlib.suppress(Exception):  # the server may be gone; nothing is lost by that
                self._pool.close()
            self._pool = None


class PowerShellWsus:
    """:class:`~..model.WsusServer` through ``server.ps1``."""

    def __init__(self, shell: Shell, place: str, supersedence: bool = True) -> None:
        self.place = place
        self.supersedence = supersedence
        #: requests to the script so far
        self.requests = 0
        self._shell = shell

    def close(self) -> None:
        self._shell.close()

    def call(self, operation: str, **words: Any) -> Any:
        """One request. :raises WardopsError: E1940-E1948, E1959."""
        self.requests += 1
        text = self._shell.run(script(), json.dumps({"operation": operation, **words}, ensure_ascii=False))
        try:
            answer = json.loads(text)
        except ValueError:
            raise fail("E1944", self.place, reason="no JSON") from None
        if not isinstance(answer, dict) or ("error" not in answer and "result" not in answer):
            raise fail("E1944", self.place, reason="JSON")
        if answer.get("error"):
            error = answer["error"]
            kind, message = str(error.get("type")), str(error.get("message"))
            table = protocol()
            raise fail(table.faults.get(kind.rsplit(".", 1)[-1], table.otherwise), operation, type=kind, message=message[:300])
        return answer["result"]

    def _list(self, make: Callable[[Mapping[str, Any]], Any], operation: str, **words: Any) -> list[Any]:
        found = self.call(operation, **words)
        # Windows PowerShell 5.1 writes a list of one element as the element, and an empty one as null
        items = [] if found is None else found if isinstance(found, list) else [found]
        return [self._made(make, item, operation) for item in items]

    def _made(self, make: Callable[[Mapping[str, Any]], Any], item: Any, operation: str) -> Any:
        try:
            return make(item)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise fail("E1945", row=operation, reason=f"{type(error).__name__}: {str(error)[:80]}") from None

    def info(self) -> ServerInfo:
        found: ServerInfo = self._made(_info, self.call("info"), "info")
        if found.role == Role.NONE:
            raise fail("E1943", self.place, type="GetCurrentUserRole", message="0")
        return found

    def groups(self) -> list[Group]:
        return self._list(lambda one: Group(guid(one["id"]), plain(one["name"]), guid(one["parent"]) if one["parent"] else None), "groups")

    def computers(self) -> list[Computer]:
        return self._list(_computer, "computers")

    def updates(self) -> list[Update]:
        return self._list(_update, "updates", supersedence=self.supersedence)

    def approvals(self) -> list[Approval]:
        return [one for one in self._list(_approval, "approvals") if one is not None]

    def states(self, updates: Collection[str]) -> Iterable[Status]:
        wanted = sorted({guid(update) for update in updates})
        for start in range(0, len(wanted), _STATES_AT_ONCE):
            yield from self._some_states(wanted[start : start + _STATES_AT_ONCE])

    def _some_states(self, updates: Sequence[str]) -> list[Status]:
        """An update that the server does not know has no states; it must not hide those of the others."""
        try:
            return self._list(
                lambda one: Status(guid(one["update"]), str(one["computer"]), _STATES[one["state"]]), "states", updates=updates
            )
        except WardopsError as error:
            if error.problems[0].code != "E1947":
                raise
            if len(updates) == 1:
                return []
        return [status for update in updates for status in self._some_states([update])]

    def add_group(self, name: str, parent: str) -> Group:
        row = self.call("add_group", name=name, parent=parent)
        made: Group = self._made(lambda one: Group(guid(one["id"]), str(one["name"]), parent), row, "add_group")
        if made.name != name:
            raise fail("E1950", self.place, what=name, found=made.name)
        return made

    def remove_group(self, group: str) -> None:
        self.call("remove_group", group=group)

    def add_member(self, group: str, computer: str) -> None:
        self.call("add_member", group=group, computer=computer)

    def remove_member(self, group: str, computer: str) -> None:
        self.call("remove_member", group=group, computer=computer)

    def accept_eula(self, update: UpdateId) -> None:
        self.call("accept_eula", guid=update.guid, revision=update.revision)

    def approve(self, update: UpdateId, group: str, action: Action, deadline: dt.datetime | None) -> Approval:
        """:raises WardopsError: E1950 when the answer is not what was asked for."""
        moment = deadline.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if deadline else None
        asked = {"guid": update.guid, "revision": update.revision, "group": group, "action": Action(action).name.capitalize()}
        made: Approval | None = self._made(_approval, self.call("approve", **asked, deadline=moment), "approve")
        wanted = (update.guid, update.revision, group)
        if made is None or made.key != wanted or made.action != action or not same_deadline(deadline, made.deadline, made.time):
            raise fail("E1950", self.place, what=str(wanted), found=str(made.key if made else "-"))
        return made

    def take_back(self, approval: Approval) -> None:
        self.call("take_back", id=approval.id)

    def decline(self, updates: Sequence[str]) -> None:
        for update in updates:
            self.call("decline", update=guid(update))


@functools.cache
def script() -> str:
    """``server.ps1`` as it is."""
    return Path(__file__).with_name("server.ps1").read_text(encoding="utf-8")


def _moment(value: Any) -> dt.datetime | None:
    return utc(value) if value else None


def _info(one: Mapping[str, Any]) -> ServerInfo:
    rules = one["rules"] if isinstance(one["rules"], list) else [one["rules"]] if one["rules"] else []
    return ServerInfo(
        version=str(one["version"]),
        protocol=str(one["protocol"]),
        role=_ROLES[one["role"]],
        replica=_bool(one["replica"]),
        rules=tuple(plain(rule) for rule in rules),
        synchronised=_moment(one["synchronised"]),
        server_side_targeting=_bool(one["server_side_targeting"]),
    )


def _computer(one: Mapping[str, Any]) -> Computer:
    groups = frozenset(guid(group) for group in _many(one["groups"]))
    fixed = (identity(one["id"]), plain(one["name"]) or str(one["id"]), groups, plain(one["requested"]))
    return Computer(*fixed, _moment(one["last_sync"]), _moment(one["last_report"]), plain(one["os"]))


def _approval(one: Mapping[str, Any]) -> Approval | None:
    """``None`` for the actions that are no approval ("not approved" and the like)."""
    action = _ACTIONS.get(one["action"])
    if action is None:
        return None
    time = _moment(one["time"])
    if time is None:
        raise ValueError(one["time"])
    update = UpdateId(guid(one["update"]), int(one["revision"]))
    return Approval(guid(one["id"]), update, guid(one["group"]), action, _moment(one["deadline"]), plain(one["administrator"]), time)


def _update(one: Mapping[str, Any]) -> Update:
    never = dt.datetime(1753, 1, 2, tzinfo=dt.UTC)
    return Update(
        id=UpdateId(guid(one["id"]), int(one["revision"])),
        title=plain(one["title"]),
        kbs=tuple(plain(kb).upper().removeprefix("KB") for kb in _many(one["kbs"])),
        classification=plain(one["classification"]),
        classification_id=guid(one["classification_id"]),
        products=tuple(plain(product) for product in _many(one["products"])),
        severity=plain(one["severity"]),
        released=_moment(one["released"]) or never,
        arrived=_moment(one["arrived"]) or never,
        superseded=_bool(one["superseded"]),
        declined=_bool(one["declined"]),
        expired=_bool(one["expired"]),
        eula=_bool(one["eula"]),
        asks_user=_bool(one["asks_user"]),
        uninstallable=_bool(one["uninstallable"]),
        supersedes=tuple(sorted(guid(other) for other in _many(one["supersedes"]))),
    )


def _many(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value
