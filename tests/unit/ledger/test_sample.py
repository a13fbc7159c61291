"""The full sample ward: no errors, every rule checked in full; one mistake in 38,000 rows is one error at its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.table import read_table
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import check_ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.rules.all import RULES

SAMPLE = REPOSITORY / "inventories" / "sample"
Row = dict[str, str]


def test_sample_ward_has_no_errors_and_every_rule_saw_all_of_it() -> None:
    report = check_ward(SAMPLE)
    assert [problem.render() for problem in report.problems] == []
    assert [note.render() for note in report.notes] == []
    assert report.rules == len(RULES)
    assert {
        name: report.counts[name] for name in ("lgwan/terminals", "mn/terminals", "standalone/terminals", "printers", "network_devices")
    } == {
        "lgwan/terminals": 3000,
        "mn/terminals": 600,
        "standalone/terminals": 150,
        "printers": 450,
        "network_devices": 647,
    }


def change(path: Path, wanted: Callable[[Row], bool], column: str, value: Callable[[Row], str]) -> int:
    """Change one cell of the first row that fits; the line of the row."""
    table = read_table(path)
    lines = path.read_text(encoding="utf-8").split("\n")
    for row, line in zip(table.dicts(), table.lines, strict=True):
        if wanted(row):
            cells = [value(row) if name == column else row[name] for name in table.header]
            assert not any("," in cell for cell in cells)
            lines[line - 1] = ",".join(cells)
            path.write_text("\n".join(lines), encoding="utf-8")
            return line
    raise LookupError(column)


def active(row: Row) -> bool:
    return row["status"] == "active" and row.get("ip", row.get("mgmt_ip", "x")) != ""


CHANGES = {
    "E0360": ("lgwan/terminals", active, "mac_lan", lambda row: "01" + row["mac_lan"][2:]),
    "E0361": ("mn/terminals", active, "mac_lan", lambda row: "da" + row["mac_lan"][2:]),
    "E0317": ("lgwan/terminals", active, "vlan", lambda row: str(int(row["vlan"]) + 1)),
    "E0319": ("mn/terminals", active, "floor", lambda row: "12" if row["floor"] != "12" else "1"),
    "E0313": ("printers", active, "layer", lambda _row: "inet"),
    "E0301": ("accessories", lambda row: row["parent_asset_id"] != "", "parent_asset_id", lambda _row: "A9999999"),
    "E0330": ("departments", lambda row: row["code"] == "0105", "valid_to", lambda _row: "2026-11-21"),
    "E0332": ("leases", lambda _row: True, "end_date", lambda _row: "1999-12-31"),
    "E0383": ("servers", lambda row: row["name"] == "LG-RAD01", "name", lambda _row: "LG-RAD00"),
    "E0399": ("stock", lambda _row: True, "note", lambda _row: "office@ward.example"),
}


@pytest.mark.parametrize("code", sorted(CHANGES))
def test_one_mistake_in_the_full_ward(code: str, tmp_path: Path) -> None:
    ledger, wanted, column, value = CHANGES[code]
    ward = Path(shutil.copytree(SAMPLE, tmp_path / "ward"))
    line = change(ward / "ledgers" / f"{ledger}.csv", wanted, column, value)
    report = check_ward(ward)
    assert code in {problem.code for problem in report.problems}
    if code not in ("E0330", "E0383"):  # many rows use a section; a server's name is used elsewhere, too
        assert [(problem.code, Path(problem.path).stem, problem.line) for problem in report.problems] == [(code, Path(ledger).name, line)]
