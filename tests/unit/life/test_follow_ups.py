"""What must follow: opened with the step, proved by records, exports and ledgers, confirmed by hand only where nothing else can.

covers: E0950, E0951, E0952, E0954, E0955
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.evidence import Run
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.life import following, papers, registration
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.things import read_life

from tests.unit.life.wards import REPOSITORY, SYSTEM, TICKET, TODAY, book_of, codes, keep, life_of, order, set_today


def take(root: Path, asset_id: str, step: str, values: dict[str, str]) -> None:
    life = life_of(root)
    life.take(asset_id, step, values)
    keep(life.book)


def states(root: Path, asset_id: str, number: str) -> dict[str, tuple[str, str]]:
    rows = book_of(root).find("follow_ups", asset_id=asset_id, number=number)
    return {row["system"]: (row["action"], row["state"]) for row in rows}


def check(root: Path, exports: list[following.Export] | None = None, evidence: Path | None = None) -> None:
    book = book_of(root)
    following.check(book, read_life(book), exports or [], evidence)
    keep(book)


def test_a_withdrawal_opens_what_the_policy_names_for_its_layer_and_division(ward: Path) -> None:
    take(ward, "A0000001", "withdraw", {"return_due": "2026-12-25"})
    assert states(ward, "A0000001", "4") == {
        "radius": ("remove", "open"),
        "ad": ("change", "open"),
        "printer_queue": ("remove", "open"),
        "address": ("remove", "done"),  # the ledger itself shows it
    }
    take(ward, "A0000005", "withdraw", {"return_due": "2026-12-25"})
    assert "residents" in states(ward, "A0000005", "2")  # a system of the mn layer


def test_a_later_step_replaces_what_is_still_open(ward: Path) -> None:
    take(ward, "A0000003", "deploy", SYSTEM)
    take(ward, "A0000003", "withdraw", {"return_due": "2026-12-25"})
    assert states(ward, "A0000003", "2")["radius"] == ("change", "not_needed")
    assert states(ward, "A0000003", "3")["radius"] == ("remove", "open")


def record(folder: Path, lines: list[str], *, status: str = "ok", **facts: Any) -> None:
    """A run as ``sync_radius`` leaves it."""
    with Run(folder, "sync_radius", {"layer": "lgwan", "scope": None, "inventory": {"sha256": "0" * 64}, **facts}) as run:
        run.plan({"add": [], "change": [], "remove": lines})
        run.result(status)


def test_only_a_run_that_removed_this_mac_or_saw_these_ledgers_proves_it(ward: Path, tmp_path: Path) -> None:
    take(ward, "A0000001", "withdraw", {"return_due": "2026-12-25"})
    set_today(ward, "2036-11-22")  # the runs of this test are made now, which is after the step and before that day
    key = ("A0000001", "4", "radius")
    for name, arguments in {
        "refused": {"lines": ["024b54000001: vlan=101 -> -"], "status": "refused"},
        "other-layer": {"lines": ["024b54000001: vlan=101 -> -"], "layer": "mn"},
        "part-of-the-layer": {"lines": [], "scope": ["LG25N00002"]},
    }.items():
        record(tmp_path / name, **arguments)
        check(ward, evidence=tmp_path / name)
        assert (book_of(ward).get("follow_ups", key) or {})["state"] == "open", name
    record(tmp_path / "right", ["024b54000001: vlan=101 -> - LG25N00001"], scope=["LG25N00001"])
    check(ward, evidence=tmp_path / "right")
    row = book_of(ward).get("follow_ups", key) or {}
    run_id = json.loads(next((tmp_path / "right").glob("0*.json")).read_bytes())["run_id"]
    assert (row["state"], row["proof"]) == ("done", run_id)


def test_a_run_of_the_same_day_that_saw_these_ledgers_proves_it(ward: Path, tmp_path: Path) -> None:
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=9))).date()
    set_today(ward, today.isoformat())
    life = life_of(ward, today)
    life.take("A0000001", "withdraw", {"return_due": (today + dt.timedelta(days=30)).isoformat()})
    keep(life.book)
    record(tmp_path / "before", [])
    check(ward, evidence=tmp_path / "before")
    assert states(ward, "A0000001", "4")["radius"] == ("remove", "open")  # it may have run before the change
    record(tmp_path / "after", [], inventory={"sha256": book_of(ward).ward.digest()})
    check(ward, evidence=tmp_path / "after")
    assert states(ward, "A0000001", "4")["radius"] == ("remove", "done")


def export(folder: Path, system: str, text: str, encoding: str = "utf-8-sig", day: dt.date = TODAY) -> following.Export:
    path = folder / "export.csv"
    path.write_bytes(text.encode(encoding))
    book = book_of(REPOSITORY / "inventories" / "sample")
    return following.read_export(read_life(book), system, path, day)


def test_an_export_proves_what_is_there_and_what_is_gone(ward: Path, tmp_path: Path) -> None:
    take(ward, "A0000001", "withdraw", {"return_due": "2026-12-25"})
    take(ward, "A0000001", "return", {})
    still = export(tmp_path, "wsus", "ComputerName,Last\nlg25n00001,2026-11-20\n")
    check(ward, [still])
    assert states(ward, "A0000001", "5")["wsus"] == ("remove", "open")
    old = export(tmp_path, "wsus", "ComputerName\nLG25N00002\n", day=TODAY - dt.timedelta(days=1))
    check(ward, [old])
    assert states(ward, "A0000001", "5")["wsus"] == ("remove", "open")
    now = export(tmp_path, "wsus", "ComputerName\nLG25N00002\n")
    check(ward, [now, export(tmp_path, "skysea", "コンピューター名\nＬＧ25N00002\n", "cp932")])
    assert states(ward, "A0000001", "5") == {
        "ad": ("remove", "open"),
        "wsus": ("remove", "done"),
        "skysea": ("remove", "done"),
        "license": ("remove", "open"),
    }
    assert (book_of(ward).get("follow_ups", ("A0000001", "5", "wsus")) or {})["proof"] == now.proof


@pytest.mark.parametrize(
    ("system", "text", "encoding"),
    [
        ("wsus", "Computer\nLG25N00001\n", "utf-8"),
        ("skysea", "コンピューター名\nA\n", "utf-16"),
        ("ad", "Name\n", "utf-8"),
        ("tax", "Name\nA\n", "utf-8"),
    ],
)
def test_an_export_that_proves_nothing_is_refused(tmp_path: Path, system: str, text: str, encoding: str) -> None:
    with pytest.raises(WardopsError) as error:
        export(tmp_path, system, text, encoding)
    assert codes(error) == ["E0952"]


def test_by_hand_only_what_nothing_else_proves(ward: Path) -> None:
    take(ward, "A0000001", "withdraw", {"return_due": "2026-12-25"})
    book = book_of(ward)
    policy = read_life(book)
    with pytest.raises(WardopsError) as error:
        following.confirm(book, policy, [("A0000001", "4", "radius"), ("A0000001", "4", "tax"), ("A0000001", "4", "ad")], order())
    assert codes(error) == ["E0951", "E0950"]
    with pytest.raises(WardopsError) as error:
        following.confirm(book, policy, [("A0000001", "4", "radius")], order(), needed=False)
    assert codes(error) == ["E0951"]
    following.confirm(book, policy, [("A0000001", "4", "ad"), ("A0000001", "4", "printer_queue")], order())
    keep(book)
    row = book_of(ward).get("follow_ups", ("A0000001", "4", "printer_queue")) or {}
    assert (row["state"], row["proof"], row["ticket"], row["role"]) == ("done", "confirmed", TICKET, "helpdesk")


def test_the_request_of_a_business_system_has_its_form_and_leaves_out_what_is_incomplete(ward: Path) -> None:
    take(ward, "A0000005", "withdraw", {"return_due": "2026-12-25"})
    book = book_of(ward)
    made = registration.register(book, read_life(book), "residents")
    assert made.data.decode("cp932").splitlines() == [
        "区分,機器番号,端末名,MACアドレス,所属コード,用途",
        "D,A0000005,MN25D00001,024b54000006,0101,窓口",
    ]
    book.update("terminals", "A0000005", "mn", mac_lan="")
    made = registration.register(book, read_life(book), "residents")
    assert ([problem.code for problem in made.problems], made.asked) == (["E0954"], [])
    with pytest.raises(WardopsError) as error:
        registration.register(book, read_life(book), "ad")
    assert codes(error) == ["E0952"]


def test_the_checklist_says_which_system_has_not_heard(ward: Path) -> None:
    take(ward, "A0000005", "withdraw", {"return_due": "2026-12-25"})
    book = book_of(ward)
    header, rows = registration.checklist(book, read_life(book), "2026-01-01")
    cells = dict(zip(header, rows[0], strict=True))
    assert (cells["管理番号"], cells["手続"], cells["IPアドレス"], cells["住民記録システム"], cells["全部済"]) == (
        "A0000005",
        "返却待ち",
        "○",
        "未",
        "",
    )


def test_the_page_and_the_list_mark_what_is_overdue(ward: Path) -> None:
    take(ward, "A0000001", "withdraw", {"return_due": "2026-12-25"})
    set_today(ward, "2026-11-24")
    book = book_of(ward)
    items = following.follow_ups(book, read_life(book))
    page = papers.follow_up_page(book, items)
    assert "期限切れ" in page and "LG25N00001" in page and "MAC認証(RADIUS)" in page
    assert "<th>作業</th><th>管理番号</th><th>名前</th>" in page
    assert '<td class="bad">削除</td><td class="bad">A0000001</td><td class="bad">LG25N00001</td>' in page
    assert papers.follow_up_sheet(book, items).decode("utf-8-sig").count("○") == 3


def test_the_command_ends_with_1_exactly_when_something_is_overdue(ward: Path) -> None:
    def overdue() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "wardops", "life", "follow-ups", "--overdue", "--ward", str(ward)]
        return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)

    take(ward, "A0000001", "withdraw", {"return_due": "2026-12-25"})
    assert overdue().returncode == 0
    set_today(ward, "2026-11-23")
    late = overdue()
    assert (late.returncode, "E0955" in late.stderr, "期限切れ A0000001/4/radius" in late.stdout) == (1, True, True)


def test_a_usb_device_is_confirmed_by_hand_because_no_export_lists_it_by_name(ward: Path) -> None:
    take(ward, "USB-2026-0001", "lose", {})
    assert states(ward, "USB-2026-0001", "2") == {"skysea": ("remove", "open")}
    book = book_of(ward)
    following.confirm(book, read_life(book), [("USB-2026-0001", "2", "skysea")], order())
    keep(book)
    assert states(ward, "USB-2026-0001", "2") == {"skysea": ("remove", "done")}


def test_a_run_that_failed_on_one_of_two_servers_proves_nothing(ward: Path, tmp_path: Path) -> None:
    take(ward, "A0000001", "withdraw", {"return_due": "2026-12-25"})
    set_today(ward, "2036-11-22")
    step = {
        "purpose": "sync_radius",
        "layer": "lgwan",
        "scope": None,
        "plan": {"remove": ["024b54000001: vlan=101 -> -"]},
        "result": {"status": "ok"},
    }
    for status, state in (("failed", "open"), ("ok", "done")):
        folder = tmp_path / status
        with Run(folder, "sync_radius", {"layer": "lgwan", "steps": [step]}) as run:
            run.result(status)
        check(ward, evidence=folder)
        assert states(ward, "A0000001", "4")["radius"] == ("remove", state)
