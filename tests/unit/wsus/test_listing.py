"""What the infos and the doctor say.

covers: E1963
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError, fail
from ansible_collections.ward.ops.plugins.module_utils.common.text import one_line
from ansible_collections.ward.ops.plugins.module_utils.patch.model import WsusServer
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import doctor, listing
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.powershell import PowerShellWsus
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.soap import SoapWsus

from tests.unit.wsus.canned import CannedShell
from tests.unit.wsus.endpoint import Endpoint
from tests.unit.wsus.world import PILOT, SECURITY, World, update_guid

UPDATES = {name: words.get("default") for name, words in listing.UPDATES.items()}


def found(server: SoapWsus, **more: Any) -> list[str]:
    return [one["update"] for one in listing.updates(server, {**UPDATES, **more})]


def test_filters_of_the_catalogue(server: SoapWsus, world: World) -> None:
    world.updates[update_guid(3)]["declined"] = True
    everything = [update_guid(1), update_guid(2)]
    assert found(server) == everything and len(found(server, include_declined=True)) == 3
    assert found(server, kbs=["KB5070002"]) == [update_guid(2)] and found(server, updates=[update_guid(1).upper()]) == [update_guid(1)]
    assert found(server, classifications=[SECURITY]) == everything
    assert found(server, arrived_since="2026-11-11T11:00:00") == everything, "without a zone it is Japanese time"
    assert found(server, arrived_since="2026-11-11T11:01:00") == []
    for bad in ({"arrived_since": "昨日"}, {"updates": ["x"]}):
        with pytest.raises(WardopsError, match="E1961"):
            found(server, **bad)


def test_an_update_shows_its_approvals(server: SoapWsus, world: World) -> None:
    world.approve(update_guid(1), PILOT, deadline="2027-01-22T08:00:00")
    one = listing.updates(server, {**UPDATES, "updates": [update_guid(1)]})[0]
    assert one["approvals"][0]["group"] == "先行適用" and one["approvals"][0]["deadline"] == "2027-01-22T08:00:00+00:00"


def test_compliance_counts_who_is_silent_as_unknown(server: SoapWsus, world: World) -> None:
    computers = list(world.computers)
    world.states = {(update_guid(1), computers[0]): 4, (update_guid(1), computers[1]): 5}
    world.computers[computers[0]]["groups"].add(PILOT)
    unknown = "00000000-0000-4000-8000-000000000000"
    everyone = listing.compliance(server, {"updates": [update_guid(1), unknown], "groups": []})
    assert everyone["computers"] == 4
    assert (everyone["updates"][0]["installed"], everyone["updates"][0]["failed"], everyone["updates"][0]["unknown"]) == (1, 1, 2)
    assert everyone["updates"][1]["unknown"] == 4 and everyone["failed"] == [
        {"update": update_guid(1), "computer": "LG25N00001.ward.example"}
    ]
    pilot = listing.compliance(server, {"updates": [update_guid(1)], "groups": ["先行適用"]})
    assert (pilot["computers"], pilot["updates"][0]["installed"], pilot["failed"]) == (1, 1, [])


def verdicts(server: Any) -> dict[str, str]:
    return {one.point.split(" / ")[0]: one.verdict for one in doctor.examine(server)}


def test_the_doctor_finds_a_server_as_expected_and_writes_nothing(server: SoapWsus, world: World) -> None:
    world.approve(update_guid(1), PILOT)
    found = verdicts(server)
    assert doctor.DIFFERS not in found.values()
    assert sorted(name for name, verdict in found.items() if verdict == doctor.OPEN) == ["GetSubscriptionState", "承認の取り消しの権限"]
    assert not {
        name
        for name, _ in world.asked
        if name.startswith(("ExecuteSPDe", "ExecuteSPAdd", "ExecuteSPCreate", "ExecuteSPRemove", "ExecuteSPAcc"))
    }


def test_the_doctor_names_what_differs_and_goes_on(endpoint: Endpoint, server: SoapWsus, world: World) -> None:
    world.rules = [("規則", True)]
    for _ in range(2):
        world.approve(update_guid(1), PILOT)

    def wider(operation: str, data: bytes) -> bytes:
        extra = b'<anyType xsi:nil="true"/></Values>'
        changed = operation in ("ExecuteSPSearchUpdates", "ExecuteSPGetUpdateInstallationInfoForUpdate")
        return data.replace(b"</Values>", extra) if changed else data

    endpoint.rewrite = wider
    found = verdicts(server)
    wrong = {name for name, verdict in found.items() if verdict == doctor.DIFFERS}
    assert wrong == {"有効な自動承認規則", "承認のキー", "UPDATE の行の幅", "INFO の行"}
    lines = [one.line for one in doctor.examine(server)]
    assert "[相違] UPDATE の行の幅 / width of the update row: 38 列 × 3（想定: 37）" in lines
    assert "4" in str(fail("E1963", server.place, count=4))


def test_a_row_that_cannot_be_read_is_a_finding(endpoint: Endpoint, server: SoapWsus) -> None:
    endpoint.rewrite = lambda _, data: data.replace(b"5b7ac1a5-", b"zzzzzzzz-")
    lines = [one.line for one in doctor.examine(server)]
    assert any("E1945" in line for line in lines) and any("GetSubscriptionState" in line for line in lines)


def test_the_doctor_over_the_other_backend() -> None:
    found = verdicts(PowerShellWsus(CannedShell(World()), "canned"))
    assert found["PowerShell (server.ps1)"] == doctor.SAME and doctor.DIFFERS not in found.values()


@pytest.mark.parametrize("text", ["x\nok: [all] 適用済", "a\x85b\u2028c", "\u202egnp", "\x9b2J", "全角\u3000空白", "\x1b[2J\x07", "\ud800"])
def test_texts_of_the_server_break_no_line_and_steer_no_terminal(server: SoapWsus, world: World, text: str) -> None:
    world.updates[update_guid(1)]["title"] = text
    next(iter(world.computers.values()))["name"] = text
    backends: list[WsusServer] = [PowerShellWsus(CannedShell(world), "canned")]
    if text[0] not in "\x1b\ud800":  # XML cannot carry these
        backends.append(server)
    for one in backends:
        title = next(update.title for update in one.updates() if update.id.guid == update_guid(1))
        assert one_line(title) and len(title) == len(text) and title in [computer.name for computer in one.computers()]
        assert (title == text) == one_line(text)
