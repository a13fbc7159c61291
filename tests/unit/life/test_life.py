"""Steps in the life of equipment: what is allowed, what each changes, what is refused and why.

covers: E0901, E0902, E0903, E0904, E0905, E0906, E0907, E0908, E0909, E0910, E0911, E0912, E0913, E0914
"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.life import pairlist, pairs
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Order
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.proofs import Proof, proof_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.life.wards import REPOSITORY, SYSTEM, TICKET, book_of, codes, keep, life_of, order

PROOF = Proof("WIPE-2026-0001")


def events(root: Path, asset_id: str) -> list[tuple[str, str, str]]:
    rows = sorted(book_of(root).find("asset_events", asset_id=asset_id), key=lambda row: int(row["number"]))
    return [(row["transition"], row["from_status"], row["to_status"]) for row in rows]


def test_from_setup_to_disposal_with_a_clean_check_after_every_step(ward: Path) -> None:
    steps = [
        ("deploy", {"dept_code": "0101", **SYSTEM}, None),
        ("lend", {}, None),
        ("take_back", {}, None),
        ("begin_setup", {}, None),
        ("deploy", SYSTEM, None),
        ("send_repair", {}, None),
        ("return_repair", {}, None),
        ("withdraw", {"return_due": "2026-12-25"}, None),
        ("return", {}, None),
        ("wipe", {}, PROOF),
        ("dispose", {}, Proof("SCRAP-2026-0001")),
    ]
    for name, values, proof in steps:
        life = life_of(ward)
        life.take("A0000003", name, values, proof)
        keep(life.book)
    row = book_of(ward).get("terminals", "A0000003", "lgwan") or {}
    assert (row["status"], row["dept_code"], row["site"], row["floor"], row["ip"], row["ring"]) == ("disposed", "0101", "HON", "2", "", "")
    assert events(ward, "A0000003")[:2] == [("opening", "", "setup"), ("deploy", "setup", "active")]
    last = book_of(ward).get("asset_events", ("A0000003", "12")) or {}
    assert (last["transition"], last["proof"], last["ticket"], last["role"]) == ("dispose", "SCRAP-2026-0001", TICKET, "helpdesk")


def test_deployment_gives_an_address_of_the_new_floor_and_rests_the_old_one(ward: Path) -> None:
    life = life_of(ward)
    event = life.take("A0000003", "deploy", {"dept_code": "0101", **SYSTEM})
    assert (event.thing.row["ip"], event.thing.row["vlan"], event.thing.row["ring"]) == ("10.16.2.21", "102", "R2")
    assert event.thing.row["assigned_date"] == "2026-11-22"
    keep(life.book)
    assert (book_of(ward).get("address_rests", "10.16.15.20") or {})["holder"] == "A0000003"


def test_a_return_lets_go_of_ports_usb_and_accessories(ward: Path) -> None:
    for name, values in (("withdraw", {"return_due": "2026-12-25"}), ("return", {})):
        life = life_of(ward)
        life.take("A0000001", name, values)
        keep(life.book)
    book = book_of(ward)
    assert [row["status"] for row in book.find("switch_ports", port="1")] == ["free"]
    assert (book.get("usb_devices", "USB-2026-0001") or {})["allow_terminals"] == "LG25N00002"
    mouse = book.get("accessories", "A0000101") or {}
    assert (mouse["status"], mouse["parent_asset_id"]) == ("stock", "")


def test_a_usb_device_without_a_terminal_left_is_denied_not_opened_to_the_section(ward: Path) -> None:
    life = life_of(ward)
    for asset_id in ("A0000001", "A0000002"):
        life.take(asset_id, "withdraw", {"return_due": "2026-12-25"})
        life.take(asset_id, "return")
    device = life.book.get("usb_devices", "USB-2026-0001") or {}
    assert (device["allow_terminals"], device["permission"]) == ("", "deny")
    keep(life.book)


def test_a_replacement_takes_over_place_port_usb_and_accessories_and_both_name_each_other(ward: Path) -> None:
    life = life_of(ward)
    pairs.replace_all(life, [("A0000001", "A0000003")], {"return_due": "2026-12-25"}, SYSTEM)
    keep(life.book)
    book = book_of(ward)
    old, new = (book.get("terminals", asset_id, "lgwan") or {} for asset_id in ("A0000001", "A0000003"))
    assert (old["status"], old["ip"], new["status"], new["dept_code"], new["floor"]) == ("return_pending", "", "active", "0105", "1")
    assert (book.get("switch_ports", ("HON-01-L2-01", "1")) or {})["connected_to"] == "A0000003"
    assert (book.get("usb_devices", "USB-2026-0001") or {})["allow_terminals"] == "LG25N00002 LG26N00003"
    assert (book.get("accessories", "A0000101") or {})["parent_asset_id"] == "A0000003"
    named = {(row["asset_id"], row["partner"], row["transition"]) for row in book.find("asset_events", ticket=TICKET) if row["partner"]}
    assert named == {("A0000001", "A0000003", "withdraw"), ("A0000003", "A0000001", "deploy")}


def test_a_list_of_pairs_is_done_as_a_whole_or_every_error_is_named_with_its_line(ward: Path, tmp_path: Path) -> None:
    def replace(text: str, encoding: str = "utf-8") -> list[tuple[str, int]]:
        path = tmp_path / "pairs.csv"
        path.write_text(text, encoding=encoding)
        life = life_of(ward)
        try:
            pairs.replace_listed(life, pairlist.read_pairs(life.things, path), {"return_due": "2026-12-25"}, SYSTEM)
        except WardopsError as error:
            assert all(problem.path == "pairs.csv" for problem in error.problems)
            return [(problem.code, problem.line) for problem in error.problems]
        keep(life.book)
        return []

    bad = "備考,old,new\n,LG25N99999,A0000003\n,A0000001,A0000002\n\n,A0000001,SYN00000004\n,,\n,A0000002,\n"
    assert replace(bad) == [("E0914", 2), ("E0902", 3), ("E0912", 5), ("E0914", 7)]
    assert replace("old,neu\nA0000001,A0000003\n") == [("E0913", 0)]
    assert replace("old,new,旧機\nA0000001,A0000003,A0000001\n") == [("E0913", 1)]
    assert replace("old,new\n") == [("E0913", 0)]
    assert (book_of(ward).get("terminals", "A0000001", "lgwan") or {})["status"] == "active"
    assert replace("更新の一覧\n旧機,新機\nＬＧ２５Ｎ００００１,syn00000003\n", "cp932") == []
    book = book_of(ward)
    old, new = (book.get("terminals", asset_id, "lgwan") or {} for asset_id in ("A0000001", "A0000003"))
    assert (old["status"], new["status"], new["dept_code"]) == ("return_pending", "active", "0105")


def test_a_spare_stands_in_until_the_repaired_one_is_back(ward: Path) -> None:
    life = life_of(ward)
    life.book.update("terminals", "A0000003", "lgwan", status="stock", ip="", vlan="", ring="", **SYSTEM)
    pairs.send_to_repair(life, "A0000001", "A0000003", {})
    keep(life.book)
    book = book_of(ward)
    spare = book.get("terminals", "A0000003", "lgwan") or {}
    assert (spare["status"], spare["dept_code"]) == ("lent", "0105")
    assert (book.get("switch_ports", ("HON-01-L2-01", "1")) or {})["connected_to"] == "A0000003"
    life = life_of(ward)
    pairs.back_from_repair(life, "A0000001", {})
    keep(life.book)
    book = book_of(ward)
    assert {
        row["asset_id"]: row["status"] for row in book.rows("terminals", "lgwan").values() if row["asset_id"] in ("A0000001", "A0000003")
    } == {
        "A0000001": "active",
        "A0000003": "stock",
    }
    assert (book.get("switch_ports", ("HON-01-L2-01", "1")) or {})["connected_to"] == "A0000001"
    assert events(ward, "A0000003")[-2:] == [("lend", "stock", "lent"), ("take_back", "lent", "stock")]


def test_other_kinds_of_things_live_by_the_same_policy(ward: Path) -> None:
    life = life_of(ward)
    life.take("A0000201", "withdraw")
    life.take("A0000103", "lose")
    life.take("USB-2026-0001", "lose")
    keep(life.book)
    book = book_of(ward)
    printer = book.get("printers", "PL-HON-0101") or {}
    assert (printer["status"], printer["ip"], printer["queue"]) == ("return_pending", "", "")
    assert [row["status"] for row in book.find("switch_ports", port="2")] == ["free"]
    assert (book.get("accessories", "A0000103") or {})["status"] == "lost"
    usb = book.get("usb_devices", "USB-2026-0001") or {}
    assert (usb["status"], usb["permission"]) == ("lost", "deny")


def test_rows_that_an_import_has_added_get_the_events_of_a_delivery(ward: Path) -> None:
    life = life_of(ward)
    row = {**(life.book.get("terminals", "A0000003", "lgwan") or {}), "asset_id": "A0000801", "computer_name": "LG26N00801"}
    life.book.put("terminals", {**row, "serial": "SYN80000001", "ip": "10.16.15.30", "mac_lan": "024b54ff0001", "bios_uuid": ""}, "lgwan")
    life.record_new()
    keep(life.book)
    assert events(ward, "A0000801") == [("receive", "", "stock"), ("begin_setup", "stock", "setup")]
    systems = {row["system"] for row in book_of(ward).find("follow_ups", asset_id="A0000801")}
    assert systems == {"radius", "ad", "wsus", "skysea", "license"}


@pytest.mark.parametrize(
    ("asset_id", "step", "values", "code", "text"),
    [
        ("A9999999", "move", {}, "E0901", "A9999999"),
        ("A0000001", "wipe", {}, "E0902", "返却待ち withdraw"),
        ("A0000001", "explode", {}, "E0903", "explode"),
        ("A0000005", "withdraw", {}, "E0904", "返却期限"),
        ("A0000003", "deploy", {}, "E0904", "OSバージョン"),
        ("A0000001", "move", {"ip": "10.16.1.99"}, "E0908", "ip"),
        ("A0000001", "move", {"dept_code": "0109"}, "E0910", "0109"),
        ("A0000001", "move", {"site": "ZZZ", "floor": "1"}, "E0910", "ZZZ"),
        ("A0000001", "move", {"site": "HON", "floor": "9"}, "E0823", "9"),
    ],
)
def test_refused(ward: Path, *, asset_id: str, step: str, values: dict[str, str], code: str, text: str) -> None:
    life = life_of(ward)
    with pytest.raises(WardopsError) as error:
        life.take(asset_id, step, values)
    assert codes(error) == [code]
    assert text in str(error.value)
    assert life.book.changes() == []


def test_a_wipe_needs_a_record_and_a_record_of_this_machine(ward: Path, tmp_path: Path) -> None:
    life = life_of(ward)
    with pytest.raises(WardopsError) as error:
        life.take("A0000004", "wipe")
    assert codes(error) == ["E0905"]
    other = tmp_path / "wipe-other.json"
    other.write_text('{"serial": "SYN000000045", "result": "ok"}', encoding="utf-8")  # one digit more: another machine
    with pytest.raises(WardopsError) as error:
        life.take("A0000004", "wipe", proof=proof_of(str(other)))
    assert codes(error) == ["E0906"]
    right = tmp_path / "wipe-4.json"
    right.write_bytes('{"serial": "syn00000004", "result": "ok"}'.encode("utf-16"))
    life.take("A0000004", "wipe", proof=proof_of(str(right)))
    cell = (life.last_event("A0000004") or {})["proof"]
    assert cell.startswith("wipe-4.json@") and len(cell) == len("wipe-4.json@") + 64
    keep(life.book)


@pytest.mark.parametrize("text", ["なし.pdf", "no-such-file.json", "消去証明 1"])
def test_a_proof_that_is_neither_file_nor_number(text: str) -> None:
    with pytest.raises(WardopsError) as error:
        proof_of(text)
    assert codes(error) == ["E0907"]


def test_a_proof_whose_file_name_may_hold_a_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "証明書 見本太郎.json"
    path.write_text("A0000004", encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        proof_of(str(path))
    assert codes(error) == ["E0907"]


def test_an_order_without_ticket_with_a_name_and_of_tomorrow_is_refused_at_once(ward: Path) -> None:
    with pytest.raises(WardopsError) as error:
        Order(dt.date(2026, 11, 23), "", "見本太郎").check(book_of(ward).today)
    assert codes(error) == ["E0907"] * 3


def test_a_step_before_the_last_event_is_refused(ward: Path) -> None:
    life = life_of(ward, dt.date(2025, 5, 31))
    with pytest.raises(WardopsError) as error:
        life.take("A0000001", "move")
    assert codes(error) == ["E0911"]


@pytest.mark.parametrize(("old", "new"), [("A0000001", "A0000001"), ("A0000001", "A0000005"), ("A0000001", "A0000201")])
def test_things_that_make_no_pair(ward: Path, old: str, new: str) -> None:
    with pytest.raises(WardopsError) as error:
        pairs.replace(life_of(ward), old, new, {"return_due": "2026-12-25"}, SYSTEM)
    assert codes(error) == ["E0909"]


def test_all_errors_of_several_things_at_once(ward: Path) -> None:
    with pytest.raises(WardopsError) as error:
        life_of(ward).take_all(["A0000001", "A0000001", "A0000004", "A9999999"], "withdraw", {"return_due": "2026-12-25"})
    assert codes(error) == ["E0912", "E0902", "E0901"]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_walk_along_allowed_steps_leaves_a_ward_without_errors(ward: Path, tmp_path: Path, data: st.DataObject) -> None:
    root = tmp_path / "walk"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(ward, root)
    life = life_of(root)
    for _ in range(data.draw(st.integers(1, 8))):
        asset_id = data.draw(st.sampled_from(["A0000001", "A0000002", "A0000003", "A0000004", "A0000005", "A0000201", "A0000101"]))
        thing = life.things.get(asset_id)
        allowed = thing.kind.allowed(thing.status)
        if not allowed:
            continue
        step = data.draw(st.sampled_from(allowed))
        known = {
            **SYSTEM,
            "return_due": "2026-12-25",
            "parent_asset_id": "A0000002",
            "queue": "PL-HON-0101-CD",
            "ip": "",
            "assigned_date": "2026-11-22",
        }
        known |= {"mac": "024b54000101", "driver": "汎用ドライバ", "vlan": "113"}
        values = {name: known[name] for name in step.require if not thing.row[name]}
        if "ip" in values or ("parent_asset_id" in values and life.things.get("A0000002").status in ("returned", "wiped", "disposed")):
            continue
        life.take(asset_id, step.name, values, PROOF if step.proof else None)
    keep(life.book)


def test_the_command_shows_refuses_and_writes(ward: Path) -> None:
    def wardops(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "wardops", "life", *words, "--ward", str(ward)]
        return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)

    shown = wardops("show", "A0000004")
    assert "返却済" in shown.stdout and "消去 wipe" in shown.stdout and "相手 A0000001" in shown.stdout
    refused = wardops("step", "dispose", "A0000004", "--ticket", TICKET)
    assert (refused.returncode, "E0902" in refused.stderr) == (1, True)
    planned = wardops("step", "withdraw", "A0000002", "--ticket", TICKET, "--set", "return_due=2026-12-25")
    assert planned.returncode == 0 and "計画のみ" in planned.stdout
    assert (book_of(ward).get("terminals", "A0000002", "lgwan") or {})["status"] == "active"
    written = wardops("step", "withdraw", "A0000002", "--ticket", TICKET, "--set", "return_due=2026-12-25", "--write")
    assert written.returncode == 0, written.stderr
    assert (book_of(ward).get("terminals", "A0000002", "lgwan") or {})["status"] == "return_pending"
    replaced = wardops("replace", "--old", "A0000001", "--new", "A0000003", "--return-due", "2026-12-25", "--ticket", TICKET, "--write")
    assert "E0904" in replaced.stderr  # OS の版がまだない
    words = [word for name, value in SYSTEM.items() for word in ("--set", f"{name}={value}")]
    replaced = wardops(
        "replace", "--old", "A0000001", "--new", "A0000003", "--return-due", "2026-12-25", "--ticket", TICKET, "--write", *words
    )
    assert replaced.returncode == 0, replaced.stderr
    assert order().ticket in wardops("show", "A0000003").stdout
