"""What each operation does to the world (sim); names and arguments: ``facts.py``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.patch.model import Action, Computer, State, Update, UpdateId

from ..store import FORMAT, NOT_FOUND, NULL, RANGE, Refused
from ..world import World
from . import rows
from .facts import ANY, EMPTY_GUID, NO_DEADLINE
from .reading import guids_of, moment, scope, scope_time
from .writing import Guid

Arguments = dict[str, Any]
Row = list[Any]


class Api:
    """The operations over one world; each method is named after the operation without its ``ExecuteSP``."""

    def __init__(self, world: World) -> None:
        self.world, self.store = world, world.store

    def call(self, operation: str, arguments: Arguments) -> Any:
        """:raises Refused: as the server does."""
        if operation != "GetCurrentUserRole":
            self.store.may_read()
        name = operation.removeprefix("ExecuteSP").removeprefix("Get")
        work: Callable[[Arguments], Any] = getattr(self, "do_" + "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_"))
        return work(arguments)

    # ---- server

    def do_ping(self, _given: Arguments) -> None: ...

    def do_server_version(self, _given: Arguments) -> str:
        return self.store.version

    def do_server_protocol_version(self, _given: Arguments) -> str:
        return "1.20"

    def do_current_user_role(self, _given: Arguments) -> int:
        return int(self.store.role)

    def do_configuration(self, _given: Arguments) -> dict[str, Any]:
        """The row lies one level down, and what is not set is nil in it, as another project saw on 10.0.26100."""
        upstream = "wsus-up.ward.example" if self.store.replica else None
        return {
            "Configuration": {
                "SyncToMU": not self.store.replica,
                "UpstreamServerName": upstream,
                "ServerPortNumber": 8531,
                "UpstreamServerUseSsl": True,
                "ReplicaMode": self.store.replica,
                "UseProxy": False,
                "ProxyName": None,
                "HostOnMu": False,
                "LazySync": True,
                "DownloadExpressPackages": False,
                "ServerTargeting": self.store.server_side_targeting,
                "ServerSupportsAllLanguages": False,
            }
        }

    def do_subscription(self, _given: Arguments) -> dict[str, Any]:
        last = self.store.synchronised or dt.datetime(1, 1, 1, tzinfo=dt.UTC)
        return {
            "synchronizeAutomaticallyTimeOfDay": 0,
            "LastModifiedTime": last,
            "LastSynchronizationTime": last,
            "SynchronizeAutomatically": True,
            "NumberOfSynchronizationsPerDay": 1,
            "IsCategoryOnly": False,
        }

    def do_subscription_state(self, _given: Arguments) -> int:
        return 0

    def do_server_sync_progress(self, _given: Arguments) -> list[Row]:
        return [[0, 0, 0]]

    def do_automatic_update_approval_rules(self, _given: Arguments) -> list[tuple[str, dict[str, Any]]]:
        """One that every server comes with and is off, then those that are on."""
        listed = [("Default Automatic Approval Rule", False), *((name, True) for name in self.store.rules)]
        return [("CompleteAutomaticUpdateApprovalRule", _rule(number, *one)) for number, one in enumerate(listed, 1)]

    # ---- groups and members

    def do_all_target_groups(self, _given: Arguments) -> list[Row]:
        return [rows.group(self.store, one) for one in self.store.groups.values()]

    def do_target_group_by_id(self, given: Arguments) -> Row:
        return rows.group(self.store, self.store.group(given["id"]))

    def do_target_groups_for_computer(self, given: Arguments) -> list[Row]:
        return [rows.group(self.store, self.store.groups[guid]) for guid in sorted(self.store.groups_of(_text(given, "computerId")))]

    def do_create_target_group1(self, given: Arguments) -> Row:
        # the answer has five cells: the parent is left out (example of the specification)
        return rows.group(self.store, self.store.add_group(_text(given, "name"), given["parentGroupId"]))[:5]

    def do_delete_target_group(self, given: Arguments) -> None:
        self.store.remove_group(given["id"])

    def do_add_computer_to_target_group_allow_multiple_groups(self, given: Arguments) -> None:
        self.store.add_member(given["targetGroupId"], _text(given, "computerId"))

    def do_remove_computer_from_target_group(self, given: Arguments) -> None:
        self.store.remove_member(given["targetGroupId"], _text(given, "computerId"))

    # ---- computers

    def do_search_computers(self, given: Arguments) -> list[list[Row]]:
        return rows.computers(self.world, self._computers(given["computerTargetScopeXml"]))

    def do_all_computers(self, _given: Arguments) -> list[list[Row]]:
        return rows.computers(self.world, self.world.computers())

    def do_computers_in_target_group(self, given: Arguments) -> list[list[Row]]:
        self.store.group(given["targetGroupId"])
        within = set(self.store.within(given["targetGroupId"])) if given["includeSubgroups"] else {given["targetGroupId"]}
        return rows.computers(self.world, [one for one in self.world.computers() if one.groups & within])

    def do_computer_count(self, given: Arguments) -> int:
        return len(self._computers(given["computerTargetScopeXml"]))

    def do_delete_computer(self, given: Arguments) -> None:
        self.store.remove_computer(_text(given, "id"))

    def _computers(self, text: str | None) -> list[Computer]:
        wanted = _known(scope(text, "ComputerTargetScope"), _COMPUTER_SCOPE | set(_COMPUTER_TIMES))
        part = wanted.get("NameIncludes", "").strip("%").casefold()
        groups = set(guids_of(wanted.get("ComputerTargetGroups")))
        if wanted.get("IncludeSubgroups", "true").lower() in ("true", "1"):
            groups = {inside for guid in groups if guid in self.store.groups for inside in self.store.within(guid)}
        times = {name: scope_time(wanted[name]) for name in _COMPUTER_TIMES if name in wanted}
        return [
            one
            for one in self.world.computers()
            if part in one.name.casefold()
            and (not groups or one.groups & groups)
            and all(_within(name, when, getattr(one, _COMPUTER_TIMES[name])) for name, when in times.items())
        ]

    # ---- updates

    def do_search_updates(self, given: Arguments) -> dict[str, list[Row]]:
        return rows.updates(self.store, self._updates(given))

    def do_update_count(self, given: Arguments) -> int:
        return len(self._updates(given))

    def do_update_by_id(self, given: Arguments) -> dict[str, list[Row]]:
        return rows.updates(self.store, [self._revision(given["id"])])

    def do_revisions(self, given: Arguments) -> dict[str, list[Row]]:
        self._update(given["updateId"])
        return rows.updates(self.store, [one for key, one in self.store.revisions.items() if key.guid == given["updateId"]])

    def do_updates_superseded_by_update(self, given: Arguments) -> dict[str, list[Row]]:
        older = self._revision(given["id"]).supersedes
        return rows.updates(self.store, [self.store.updates[guid] for guid in older if guid in self.store.updates])

    def do_updates_that_supersede_update(self, given: Arguments) -> dict[str, list[Row]]:
        guid = self._revision(given["id"]).id.guid
        return rows.updates(self.store, [one for one in self.store.updates.values() if guid in one.supersedes])

    def do_categories(self, given: Arguments) -> list[Row]:
        return rows.categories(self.store, classifications=given["retrieveUpdateClassifications"])

    def _updates(self, given: Arguments) -> list[Update]:
        wanted = _known(scope(given["updateScopeXml"], "UpdateScope"), _UPDATE_SCOPE | set(_UPDATE_TIMES))
        bits = _mask(wanted, "ApprovedStates")
        actions, groups = _mask(wanted, "UpdateApprovalActions"), set(guids_of(wanted.get("ApprovedComputerTargetGroups")))
        texts = [wanted[name].strip("%").casefold() if name in wanted else "" for name in ("TextIncludes", "TextNotIncludes")]
        classes = set(guids_of(wanted.get("Classifications")))
        times = {name: scope_time(wanted[name]) for name in _UPDATE_TIMES if name in wanted}
        return [
            one
            for one in self.store.updates.values()
            if bits & self._approved_state(one)
            and given["publicationState"] in (ANY, int(one.expired))
            and texts[0] in one.title.casefold()
            and not (texts[1] and texts[1] in one.title.casefold())
            and (not classes or one.classification_id in classes)
            and ((not groups and actions == -1) or self._approved_so(one, actions, groups))
            and all(_within(name, when, getattr(one, _UPDATE_TIMES[name])) for name, when in times.items())
        ]

    def _approved_so(self, one: Update, actions: int, groups: set[str]) -> bool:
        """Whether it is approved for one of these groups (none: any). :param actions: bits 1 install, 2 uninstall."""
        return any(
            approval.update == one.id and actions & (1 << approval.action) and (not groups or approval.group in groups)
            for approval in self.store.approvals.values()
        )

    def _approved_state(self, one: Update) -> int:
        if one.declined:
            return 8
        return 1 if any(approval.update == one.id for approval in self.store.approvals.values()) else 4

    def _update(self, guid: str) -> Update:
        if guid not in self.store.updates:
            raise Refused(NOT_FOUND, f"The update {guid} was not found.")
        return self.store.updates[guid]

    def _revision(self, given: tuple[str, int] | None) -> Update:
        if given is None:
            raise Refused(NULL, "Value cannot be null. Parameter name: id")
        return self.store.update(UpdateId(*given))

    # ---- approvals

    def do_deployments(self, given: Arguments) -> list[Row]:
        shown = {one.id.guid for one in self._updates(given)}
        return [rows.approval(one) for one in self.store.approvals.values() if one.update.guid in shown]

    def do_deployments_by_update1(self, given: Arguments) -> list[Row]:
        wanted = self._revision(given["id"]).id
        return [rows.approval(one) for one in self.store.approvals.values() if one.update == wanted]

    def do_deployments_by_update2(self, given: Arguments) -> list[Row]:
        wanted = self._revision(given["id"]).id
        return [rows.approval(one) for one in self.store.approvals.values() if (one.update, one.group) == (wanted, given["targetGroupId"])]

    def do_deployment_by_id(self, given: Arguments) -> Row:
        if given["deploymentId"] not in self.store.approvals:
            raise Refused(NOT_FOUND, f"The deployment {given['deploymentId']} was not found.")
        return rows.approval(self.store.approvals[given["deploymentId"]])

    def do_deploy_update1(self, given: Arguments) -> Row:
        if given["deploymentAction"] not in (0, 1):
            # 2 and 3 are in dispute between the sources: whoever sends them here has a mistake
            raise Refused(RANGE, "Specified argument was out of the range of valid values. Parameter name: deploymentAction")
        text = given["deadline"]
        deadline = None if text[:19] == NO_DEADLINE[:19] else moment(text)
        wanted = self._revision(given["updateId"])
        found = self.store.approve(wanted.id, given["targetGroupId"], Action(given["deploymentAction"]), deadline, given["adminName"] or "")
        return rows.approval(found)

    def do_delete_deployment(self, given: Arguments) -> None:
        self.store.take_back(given["id"])

    def do_decline_update(self, given: Arguments) -> None:
        self.store.decline(given["updateId"])

    def do_accept_eula(self, given: Arguments) -> None:
        found = self._revision(given["updateId"])
        if given["eulaId"] != rows.eula_id(found):
            raise Refused(NOT_FOUND, f"The license agreement {given['eulaId']} was not found.")
        self.store.accept_eula(found.id)

    # ---- how updates stand

    def do_update_installation_info_for_target_group(self, given: Arguments) -> list[Row]:
        self.store.group(given["targetGroupId"])
        within = set(self.store.within(given["targetGroupId"])) if given["includeSubgroups"] else {given["targetGroupId"]}
        return self._states(given["updateId"], [one for one in self.world.computers() if one.groups & within])

    def do_update_installation_info_for_update(self, given: Arguments) -> list[Row]:
        return self._states(given["updateId"], self._computers(given["computerTargetScopeXml"]))

    def do_target_group_summaries_for_update(self, given: Arguments) -> list[Row]:
        self._update(given["updateId"])
        told = self.world.told(given["updateId"]).tobytes()
        counts: dict[tuple[str, int], int] = {}
        for one in self.world.computers():
            for guid in one.groups:
                key = (guid, told[self.world.terminals[one.id].index])
                counts[key] = counts.get(key, 0) + 1
        return [[Guid(given["updateId"]), Guid(guid), None, state, count, None] for (guid, state), count in sorted(counts.items())]

    def _states(self, update: str, computers: Iterable[Computer]) -> list[Row]:
        self._update(update)
        told = self.world.told(update).tobytes()
        groups = {one.group: one.action for one in self.store.approvals.values() if one.update.guid == update}
        found = []
        for one in computers:
            group = next((guid for guid in sorted(one.groups) if guid in groups), None)
            action = int(groups[group]) if group else 3
            state = int(State(told[self.world.terminals[one.id].index]))
            found.append([Guid(update), one.id, state, action, Guid(group) if group else None])
        return found


def _rule(number: int, name: str, on: bool) -> dict[str, Any]:
    row = {"Id": number, "Name": name, "Enabled": on, "Action": 0, "DateOffset": None, "MinutesAfterMidnight": None}
    tables: dict[str, list[Row]] = {"UpdateClassificationTableRows": [], "CategoryTableRows": [], "TargetGroupTableRows": []}
    return {"RuleRow": row, **tables}


def _mask(wanted: dict[str, str], name: str) -> int:
    """Bits; all of them when the scope does not say. :raises Refused: no number."""
    text = wanted.get(name, "-1")
    try:
        return int(text)
    except ValueError:
        raise Refused(FORMAT, f"Input string was not in a correct format: {name}.") from None


def _known(wanted: dict[str, str], known: set[str]) -> dict[str, str]:
    """:raises Refused: the simulation would answer more than was asked for; what means "all" is let through."""
    for name, value in wanted.items():
        if name not in known and value not in _ALL.get(name, ()):
            raise Refused("System.NotImplementedException", f"The simulation does not know the scope attribute {name}.")
    return wanted


_COMPUTER_SCOPE = {"NameIncludes", "ComputerTargetGroups", "IncludeSubgroups", "IncludeDownstreamComputerTargets"}
_UPDATE_SCOPE = {
    "ApprovedStates",
    "TextIncludes",
    "TextNotIncludes",
    "Classifications",
    "UpdateApprovalActions",
    "ApprovedComputerTargetGroups",
}
#: attributes that are not simulated, with the values that narrow nothing
_ALL = {
    "UpdateTypes": ("-1",),
    "IncludedInstallationStates": ("-1",),
    "ExcludedInstallationStates": ("0",),
    "IsWsusInfrastructureUpdate": ("0", "false"),
    "ExcludeOptionalUpdates": ("0", "false"),
    "Categories": ("",),
    "RequestedTargetGroupNames": ("",),
}
_COMPUTER_TIMES = {
    "FromLastSyncTime": "last_sync",
    "ToLastSyncTime": "last_sync",
    "FromLastReportedStatusTime": "last_report",
    "ToLastReportedStatusTime": "last_report",
}
_UPDATE_TIMES = {"FromArrivalDate": "arrived", "ToArrivalDate": "arrived", "FromCreationDate": "released", "ToCreationDate": "released"}


def _within(name: str, when: dt.datetime, found: dt.datetime | None) -> bool:
    if found is None:
        return name.startswith("To")
    return found >= when if name.startswith("From") else found <= when


def _text(given: Arguments, name: str) -> str:
    """:raises Refused: null, as ASP.NET makes it of an element with another name."""
    if given[name] is None or given[name] == EMPTY_GUID:
        raise Refused(NULL, f"Value cannot be null. Parameter name: {name}")
    return str(given[name])
