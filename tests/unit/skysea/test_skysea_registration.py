"""From ledgers and the console's export to import files: rules, guards, and what is left over.

covers: E1504, E1505, E1506, E1507, E1508, E1509
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.table import format_table
from ansible_collections.ward.ops.plugins.module_utils.skysea import task

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "inventories" / "sample"
LEDGERS = {"usb_devices": "usb_devices.csv", "terminals": "lgwan/terminals.csv"}


class Console:
    """The simulated console, and a small ward beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ward = folder, folder / "ward"
        for name in ("usb_devices.csv", "departments.csv", "lgwan/terminals.csv"):
            header, *rows = list(csv.reader((SAMPLE / "ledgers" / name).open(encoding="utf-8", newline="")))
            kept = rows if name == "departments.csv" else rows[:60]
            (self.ward / "ledgers" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.ward / "ledgers" / name).write_bytes(format_table(header, kept))
        shutil.copytree(SAMPLE / "policies", self.ward / "policies")
        names = [row["computer_name"] for row in self.rows("terminals") if row["status"] == "active"]
        for number, row in enumerate(self.rows("usb_devices")):  # the terminals that were kept
            self.change("usb_devices", row["device_id"], allow_terminals=names[number % len(names)] if row["allow_terminals"] else "")

    def rows(self, ledger: str) -> list[dict[str, str]]:
        with (self.ward / "ledgers" / LEDGERS[ledger]).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def change(self, ledger: str, key: str, **cells: str) -> None:
        rows = self.rows(ledger)
        for row in rows:
            if next(iter(row.values())) == key:
                row.update(cells)
        (self.ward / "ledgers" / LEDGERS[ledger]).write_bytes(format_table(list(rows[0]), [list(row.values()) for row in rows]))

    def policy(self, change: Callable[[dict[str, Any]], None]) -> None:
        path = self.ward / "policies" / "skysea.yml"
        rules = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(rules)
        path.write_text(yaml.safe_dump(rules, allow_unicode=True), encoding="utf-8")

    def sim(self, part: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "lab.skysea_sim", "--policy", self.ward / "policies/skysea.yml", "--part", part]
        argv += ["--state", self.folder / f"{part}.json", *words]
        return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)

    def export(self, part: str) -> Path:
        path = self.folder / f"{part}.csv"
        assert self.sim(part, "export", path).returncode == 0
        return path

    def run(self, part: str, **more: Any) -> dict[str, Any]:
        folder, evidence = self.folder / f"out-{part}", self.folder / "evidence"
        export = more.pop("export", None) or self.export(part)
        return task.run(task.Request(part, self.ward, more.pop("layer", "lgwan"), export, folder, evidence, **more))

    def settle(self, part: str, **more: Any) -> None:
        """Register everything that is pending, as the person at the console does."""
        found = self.run(part, **more)
        done = self.sim(part, "import", *found["files"])
        assert done.returncode == 0, done.stderr

    def state(self, part: str) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = json.loads((self.folder / f"{part}.json").read_text(encoding="utf-8"))
        return found


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


def counts(found: dict[str, Any]) -> tuple[int, ...]:
    return tuple(found["plan"]["counts"][name] for name in ("add", "change", "remove", "held"))


@pytest.mark.parametrize("part", ["terminals", "usb_devices"])
def test_import_then_export_proves_equality(console: Console, part: str) -> None:
    first = console.run(part)
    assert first["changed"] and not first["equal"] and first["plan"]["counts"]["add"] > 50
    console.settle(part)
    second = console.run(part)
    assert second["equal"] and counts(second) == (0, 0, 0, 0) and second["files"] == [] and second["rest"] == []
    assert not console.run(part)["changed"]


def test_only_the_difference_is_written(console: Console) -> None:
    console.settle("usb_devices")
    rows = [row for row in console.rows("usb_devices") if row["status"] == "active" and row["valid_to"] >= "2026-11-22"]
    console.change("usb_devices", rows[0]["device_id"], use="住民票の受け渡し〜窓口")
    console.change("usb_devices", rows[1]["device_id"], status="disposed")
    console.change("usb_devices", rows[2]["device_id"], valid_to="2026-11-21")
    found = console.run("usb_devices", allow_remove=10)
    assert counts(found) == (0, 1, 2, 0)
    assert [Path(name).name for name in found["files"]] == ["SKYSEAデバイス_change_01.txt", "SKYSEAデバイス_delete_01.txt"]
    console.settle("usb_devices", allow_remove=10)
    assert console.run("usb_devices")["equal"], "also with a wave dash"
    assert not {rows[1]["device_id"], rows[2]["device_id"]} & set(console.state("usb_devices"))


def test_a_lost_device_is_denied_at_once(console: Console) -> None:
    console.settle("usb_devices")
    row = next(row for row in console.rows("usb_devices") if row["status"] == "active" and row["serial"])
    console.change("usb_devices", row["device_id"], status="lost")
    console.settle("usb_devices")
    entry = console.state("usb_devices")[row["device_id"]]
    assert (entry["permission"], entry["terminals"]) == ("使用不可", "")


def test_a_device_whose_terminals_were_returned_is_no_longer_allowed(console: Console) -> None:
    console.settle("usb_devices")
    row = next(row for row in console.rows("usb_devices") if row["status"] == "active" and row["allow_terminals"])
    users = [one["device_id"] for one in console.rows("usb_devices") if one["allow_terminals"] == row["allow_terminals"]]
    terminal = next(one for one in console.rows("terminals") if one["computer_name"] == row["allow_terminals"])
    console.change("terminals", terminal["asset_id"], status="returned", ip="", vlan="", ring="")
    console.settle("usb_devices", allow_remove=len(users))
    assert not set(users) & set(console.state("usb_devices"))


@pytest.mark.parametrize("cells", [{"serial": ""}, {"serial": "", "identify_by": "model", "reason": ""}])
def test_a_device_that_is_not_identified_is_left_alone_and_named(console: Console, cells: dict[str, str]) -> None:
    console.settle("usb_devices")
    row = next(
        row for row in console.rows("usb_devices") if row["status"] == "active" and row["serial"] and row["valid_to"] >= "2026-11-22"
    )
    console.change("usb_devices", row["device_id"], **cells)
    found = console.run("usb_devices")
    assert [problem["code"] for problem in found["problems"]] == ["E1505"] and counts(found) == (0, 0, 0, 1)
    assert not found["equal"] and found["files"] == []


def test_two_devices_of_one_identity_are_both_left_alone(console: Console) -> None:
    rows = [row for row in console.rows("usb_devices") if row["status"] == "active" and row["serial"] and row["valid_to"] >= "2026-11-22"]
    twin = {name: rows[0][name] for name in ("vid", "pid")} | {"serial": rows[0]["serial"].lower()}
    console.change("usb_devices", rows[1]["device_id"], **twin)
    found = console.run("usb_devices")
    assert [problem["code"] for problem in found["problems"]] == ["E1506"]
    console.settle("usb_devices")
    assert not {rows[0]["device_id"], rows[1]["device_id"]} & set(console.state("usb_devices"))


def test_a_value_that_the_file_cannot_hold_leaves_only_its_row_out(console: Console) -> None:
    console.policy(lambda rules: rules["usb_devices"]["import"].update(encoding="cp932"))
    row = next(row for row in console.rows("usb_devices") if row["status"] == "active" and row["valid_to"] >= "2026-11-22")
    console.change("usb_devices", row["device_id"], use="𠮷野様あて")
    found = console.run("usb_devices")
    assert [(problem["code"], problem["where"]) for problem in found["problems"]] == [("E1503", row["device_id"])]
    console.settle("usb_devices")
    assert row["device_id"] not in console.state("usb_devices") and len(console.state("usb_devices")) > 50


def test_what_the_console_did_not_take_is_listed_with_its_reason(console: Console) -> None:
    console.settle("usb_devices")
    rows = [row for row in console.rows("usb_devices") if row["status"] == "active" and row["valid_to"] >= "2026-11-22"][:3]
    for row in rows:
        console.change("usb_devices", row["device_id"], use="新しい目的")
    console.run("usb_devices")  # files are written, and nobody imports them; one is changed by hand, one ledger row changes again
    state = console.state("usb_devices")
    state[rows[1]["device_id"]]["use"] = "手で直した"
    (console.folder / "usb_devices.json").write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    console.change("usb_devices", rows[2]["device_id"], use="さらに新しい目的")
    reasons = {item["key"]: item["ja"] for item in console.run("usb_devices")["rest"]}
    expected = ("取り込まれていない", "値が取込ファイルと違う", "台帳が変わった")
    assert all(said in reasons[row["device_id"]] for row, said in zip(rows, expected, strict=True)), reasons


def test_files_of_a_killed_run_do_not_stay(console: Console) -> None:
    console.run("usb_devices")
    folder = console.folder / "out-usb_devices"
    (folder / "manifest.json").unlink()
    for name in ("SKYSEAデバイス_delete_01.txt", "SKYSEAデバイス_new_02.txt", "notes.txt"):
        (folder / name).write_text("x", encoding="utf-8")
    assert console.run("usb_devices", check=True)["changed"]
    assert console.run("usb_devices")["changed"] and not console.run("usb_devices")["changed"]
    names = {path.name for path in folder.iterdir() if path.is_file()}
    assert names == {"SKYSEAデバイス_new_01.txt", "manifest.json", "notes.txt"}


def refused(console: Console, part: str, **more: Any) -> str:
    folder = console.folder / f"out-{part}"
    before = sorted(folder.glob("*")) if folder.exists() else []
    with pytest.raises(WardopsError) as error:
        console.run(part, **more)
    assert (sorted(folder.glob("*")) if folder.exists() else []) == before, "nothing was written"
    record = json.loads(max((console.folder / "evidence").glob("0*.json")).read_bytes())
    assert record["result"]["status"] == "refused"
    return error.value.problems[0].code


def test_more_deletions_than_the_guard_allows_are_refused(console: Console) -> None:
    console.settle("terminals")
    for row in console.rows("terminals")[:10]:
        console.change("terminals", row["asset_id"], status="returned", ip="", vlan="", ring="")
    assert refused(console, "terminals") == "E0120"
    assert counts(console.run("terminals", allow_remove=10))[2] > 5


def test_more_terminals_than_licences_are_refused(console: Console) -> None:
    console.policy(lambda rules: rules["licences"].update(lgwan=20))
    assert refused(console, "terminals") == "E1504"


def test_an_old_export_is_refused(console: Console) -> None:
    path = console.export("terminals")
    os.utime(path, (time.time() - 8 * 86400,) * 2)
    assert refused(console, "terminals", export=path) == "E1507"


def test_an_export_with_a_key_twice_is_refused(console: Console) -> None:
    console.settle("terminals")
    path = console.export("terminals")
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[1])
    assert refused(console, "terminals", export=path) == "E1508"


def test_a_layer_without_console_is_refused(console: Console) -> None:
    assert refused(console, "terminals", layer="inet") == "E1509"


def test_a_limit_touches_no_other_terminal(console: Console) -> None:
    names = [row["computer_name"] for row in console.rows("terminals") if row["status"] == "active"][:3]
    found = console.run("terminals", scope=frozenset(names))
    assert sorted(item["key"] for item in found["plan"]["items"]) == sorted(names)


def test_the_check_mode_plans_the_same_and_writes_nothing(console: Console) -> None:
    planned = console.run("usb_devices", check=True)
    assert not (console.folder / "out-usb_devices").exists() and not (console.folder / "evidence").exists()
    done = console.run("usb_devices")
    assert planned["plan"] == done["plan"] and planned["files"] == done["files"] and planned["changed"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.decode("utf-16").encode("utf-8"),
        lambda data: data[: len(data) // 4 * 2],
        lambda data: data.replace("新規".encode("utf-16-le"), "追加".encode("utf-16-le")),
        lambda data: data.replace("2027-".encode("utf-16-le"), "2027/".encode("utf-16-le")),
    ],
    ids=["encoding", "cut off", "flag", "date"],
)
def test_the_simulated_console_refuses_what_a_console_refuses(console: Console, damage: Callable[[bytes], bytes]) -> None:
    (name,) = console.run("usb_devices")["files"]
    Path(name).write_bytes(damage(Path(name).read_bytes()))
    done = console.sim("usb_devices", "import", name)
    assert done.returncode == 1 and "取り込めません" in done.stderr
    assert console.sim("usb_devices", "export", console.folder / "x").stdout.startswith("sim: 0 件")


def test_the_report_names_stock_expiry_and_seldom_used(console: Console) -> None:
    console.settle("usb_devices")
    row = next(row for row in console.rows("usb_devices") if row["kind"] == "secure_usb" and row["status"] == "active" and row["serial"])
    console.change("usb_devices", row["device_id"], status="stock")
    ended = next(one for one in console.rows("usb_devices") if one["status"] == "active" and one["device_id"] != row["device_id"])
    console.change("usb_devices", ended["device_id"], valid_to="2026-12-01")
    found = console.run("usb_devices")
    folder = Path(found["report"]).parent
    with (folder / "secure_usb.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert {"管理番号": row["device_id"], "シリアル": row["serial"], "台帳": "在庫", "コンソール": "許可"} in list(
            csv.DictReader(stream)
        )
    with (folder / "expiring.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert {one["管理番号"]: one["残り日数"] for one in csv.DictReader(stream)}[ended["device_id"]] == "9"
    page = Path(found["report"]).read_text(encoding="utf-8")
    assert "要実機確認" in page and row["device_id"] in page
    console.settle("terminals")
    state = console.state("terminals")
    name = next(one["computer_name"] for one in console.rows("terminals") if one["status"] == "active")
    for key in state:
        state[key]["last_used"] = "2026/07/01" if key == name else "2026/11/20"
    (console.folder / "terminals.json").write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    report = Path(console.run("terminals")["report"])
    with (report.parent / "seldom_used.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert [one["コンピュータ名"] for one in csv.DictReader(stream)] == [name]


def _active(console: Console) -> dict[str, str]:
    return next(row for row in console.rows("usb_devices") if row["status"] == "active" and row["serial"] and row["allow_terminals"])


@pytest.mark.parametrize("cells", [{"use": "長" * 60}, {"valid_to": "2027/3/31"}, {"dept_code": "0101", "use": "改行\u0007"}])
def test_a_lost_device_is_denied_whatever_else_its_row_says(console: Console, cells: dict[str, str]) -> None:
    console.settle("usb_devices")
    row = _active(console)
    console.change("usb_devices", row["device_id"], status="lost", **cells)
    found = console.run("usb_devices")
    assert counts(found) == (0, 1, 0, 0) and [problem["code"] for problem in found["problems"]] == ["E1503"], "denied, and reported"
    console.settle("usb_devices")
    assert console.state("usb_devices")[row["device_id"]]["permission"] == "使用不可"


def test_nothing_with_the_identity_of_a_lost_device_stays_allowed(console: Console) -> None:
    console.settle("usb_devices")
    lost, twin = (row for row in console.rows("usb_devices")[:40] if row["device_id"] in _two(console))
    console.change("usb_devices", lost["device_id"], status="lost")
    console.change("usb_devices", twin["device_id"], **{name: lost[name] for name in ("vid", "pid", "serial")})
    found = console.run("usb_devices")
    assert counts(found) == (0, 1, 1, 0) and [problem["code"] for problem in found["problems"]] == ["E1506"]
    console.settle("usb_devices")
    state = console.state("usb_devices")
    assert state[lost["device_id"]]["permission"] == "使用不可" and twin["device_id"] not in state


def _two(console: Console) -> list[str]:
    rows = console.rows("usb_devices")[:40]
    return [row["device_id"] for row in rows if row["status"] == "active" and row["serial"] and row["valid_to"] > "2027"][:2]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"valid_to": "2026-11-31"}, "E1503"),
        ({"valid_to": "R9.3.31"}, "E1503"),
        ({"status": "使用中"}, "E1510"),
        ({"permission": "x"}, "E1503"),
    ],
)
def test_a_cell_that_make_check_would_refuse_is_named_and_its_row_held(console: Console, cells: dict[str, str], code: str) -> None:
    """covers: E1510"""
    console.settle("usb_devices")
    console.change("usb_devices", _active(console)["device_id"], **cells)
    found = console.run("usb_devices")
    assert counts(found) == (0, 0, 0, 1) and [problem["code"] for problem in found["problems"]] == [code]


@pytest.mark.parametrize("cells", [{"mac_lan": "zz"}, {"assigned_date": "昨日"}])
def test_a_terminal_with_a_bad_cell_is_held(console: Console, cells: dict[str, str]) -> None:
    console.settle("terminals")
    terminal = next(row for row in console.rows("terminals") if row["status"] == "active")
    console.change("terminals", terminal["asset_id"], **cells)
    found = console.run("terminals")
    assert counts(found) == (0, 0, 0, 1) and [problem["code"] for problem in found["problems"]] == ["E1503"]


@pytest.mark.parametrize("part", ["terminals", "usb_devices"])
def test_a_key_that_is_twice_or_empty_registers_nothing_by_chance(console: Console, part: str) -> None:
    console.settle(part)
    key = "computer_name" if part == "terminals" else "device_id"
    one, two, three = [row for row in console.rows(part) if row["status"] == "active"][:3]
    first = next(iter(one))
    console.change(part, two[first], **{key: one[key]})
    console.change(part, three[first], **{key: ""})
    found = console.run(part)
    assert counts(found) == (0, 0, 2, 1), "neither row of the key decides, and no empty key is registered"
    assert [problem["code"] for problem in found["problems"]] == ["E1510", "E1510"]


@pytest.mark.parametrize(
    "text", ["[]", '{"rows": 5}', '{"rows": [1]}', '{"rows": [{"key": "x"}]}', '{"rows": [{"key": [], "before": 1, "after": {}}]}', "{"]
)
def test_a_damaged_manifest_is_as_good_as_none(console: Console, text: str) -> None:
    console.run("usb_devices")
    (console.folder / "out-usb_devices" / "manifest.json").write_text(text, encoding="utf-8")
    found = console.run("usb_devices")
    assert found["changed"] and found["rest"] == []


def test_a_folder_that_cannot_be_is_an_error_with_a_code(console: Console) -> None:
    (console.folder / "out-usb_devices").write_text("a file", encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        console.run("usb_devices")
    assert [problem.code for problem in error.value.problems] == ["E0105"]


def test_a_node_of_another_layer_makes_no_files(console: Console) -> None:
    words = ["skysea", "usb_devices", "--ward", console.ward, "--export", console.export("usb_devices"), "--folder", console.folder / "out"]
    for layer, code in (("mn", "E0403"), ("", "E0401")):
        environ = {**os.environ, "WARDOPS_LAYER": layer, "WARDOPS_EVIDENCE": str(console.folder / "evidence")}
        argv = [sys.executable, "-m", "wardops", *words, "--layer", "lgwan"]
        done = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and code in done.stderr and not (console.folder / "out").exists()
