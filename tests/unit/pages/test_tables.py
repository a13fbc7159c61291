"""The inventory report's numbers, counted a second time without our own code."""

from __future__ import annotations

import csv
import datetime as dt
import io
import ipaddress
import json
from collections import Counter
from pathlib import Path

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.charts import bars
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.copy import Copy
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.expiring import expiring, overdue_loans
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.inventory import inventory_report
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.tables import (
    by_age,
    by_model,
    by_os,
    by_ring,
    by_section,
    fiscal_year_of,
    subnets,
    terminals,
    zones,
)

from .wards import SAMPLE, cells, copy_of, put, small_ward

TODAY = dt.date(2026, 11, 22)
LAYERS = ("lgwan", "mn", "standalone")


@pytest.fixture(scope="module")
def copy() -> Copy:
    return copy_of(SAMPLE)


@pytest.fixture(scope="module")
def owned() -> list[dict[str, str]]:
    rows = [{"layer": layer, **row} for layer in LAYERS for row in cells(SAMPLE, f"{layer}/terminals")]
    return [row for row in rows if row["status"] not in ("returned", "wiped", "disposed")]


def test_sections(copy: Copy, owned: list[dict[str, str]]) -> None:
    report = by_section(copy, terminals(copy))
    counts = Counter((row["dept_code"], row["layer"]) for row in owned)
    printers = Counter(row["dept_code"] for row in cells(SAMPLE, "printers") if row["status"] not in ("returned", "disposed"))
    for row in report.rows:
        cell = dict(zip(report.header, row, strict=True))
        assert [cell["LGWAN接続系"], cell["マイナンバー利用事務系"], cell["スタンドアロン"]] == [counts[row[0], layer] for layer in LAYERS]
        assert cell["プリンタ"] == printers[str(row[0])]
    total = report.header.index("端末計")
    assert sum(int(row[total]) for row in report.rows) == len(owned)
    assert "DX戦略課" in [row[1] for row in report.rows]


def test_models_ages_rings_and_builds_add_up(copy: Copy, owned: list[dict[str, str]]) -> None:
    found = terminals(copy)
    used = [row for row in owned if row["status"] in ("setup", "active", "lent")]
    models = by_model(copy, found)
    assert {row[0]: row[-1] for row in models.rows} == Counter(row["model"] for row in owned)
    assert [row[-1] for row in models.rows] == sorted((row[-1] for row in models.rows), reverse=True)
    ages = by_age(copy, found)
    assert {row[0]: row[-1] for row in ages.rows} == Counter(f"20{row['computer_name'][2:4]}年度" for row in owned)
    assert [ages.rows[row][1] for row in sorted(ages.warn)] == [row[1] for row in ages.rows if isinstance(row[1], int) and row[1] >= 5]
    rings = Counter((row["ring"], row["layer"]) for row in used)
    assert sum(int(row[3]) for row in by_ring(copy, found).rows) == sum(rings.values()) == len(used)
    builds = by_os(copy, found)
    assert {row[0]: row[-1] for row in builds.rows} == Counter(
        f"{row['os_version']} {row['os_build']}".strip() or "（記入なし）" for row in used
    )


def test_a_ring_outside_its_size_is_marked(tmp_path: Path) -> None:
    copy = copy_of(small_ward(tmp_path))
    report = by_ring(copy, terminals(copy))
    policy = {ring["code"]: ring for ring in yaml.safe_load((copy.ward.policies / "rings.yml").read_text(encoding="utf-8"))["rings"]}
    for number, (code, _, _, count, low, high) in enumerate(report.rows):
        outside = (low != "" and int(count) < int(low)) or (high != "" and int(count) > int(high)) or code not in policy
        assert (number in report.warn) == outside


@pytest.mark.parametrize(
    ("name", "assigned", "lease", "year"),
    [
        ("LG25N00001", "2026-05-01", "2024-05-01", 2025),
        ("LG99N00001", "2026-05-01", "2024-03-31", 2023),  # 2099 lies ahead: the name is not believed
        ("", "2026-04-01", "", 2026),
        ("", "2026-03-31", "", 2025),
        ("???", "31.3.2026", "", 0),
    ],
)
def test_the_fiscal_year_of_purchase(name: str, assigned: str, lease: str, year: int) -> None:
    assert fiscal_year_of(name, assigned, lease, TODAY) == year


def test_subnets_against_another_way_of_counting(copy: Copy) -> None:
    plan = yaml.safe_load((SAMPLE / "policies/networks.yml").read_text(encoding="utf-8"))
    held = {row["ip"] for layer in LAYERS for row in cells(SAMPLE, f"{layer}/terminals")}
    held |= {row["ip"] for name in ("printers", "servers") for row in cells(SAMPLE, name)}
    held |= {row["mgmt_ip"] for row in cells(SAMPLE, "network_devices")}
    taken = Counter(str(ipaddress.ip_network(f"{ip}/25", strict=False)) for ip in held if ip)
    report = subnets(copy)
    shown = {row[0]: row for row in report.rows}
    for row in cells(SAMPLE, "subnets"):
        network = ipaddress.ip_network(row["cidr"])
        owners = next(set(zone["owners"]) for zone in plan["zones"] if zone["code"] == row["zone"])
        parts = [part for part in plan["host_ranges"] if owners & set(part["owners"])]
        offsets = {address: number for number, address in enumerate(network)}
        usable = [
            address
            for address in network.hosts()
            if str(address) != row["gateway"] and (not owners or any(part["first"] <= offsets[address] <= part["last"] for part in parts))
        ]
        used = sum(taken[str(half)] for half in (network.subnets(new_prefix=25) if network.prefixlen == 24 else [network]))
        assert shown[row["cidr"]][6:9] == [used, len(usable), max(len(usable) - used, 0)], row["cidr"]
        assert int(shown[row["cidr"]][9]) == -(-used * 100 // len(usable))
    assert sum(int(row[3]) for row in zones(copy).rows) == sum(int(row[6]) for row in report.rows)
    assert [number for number, row in enumerate(report.rows) if int(row[9]) >= 80] == sorted(report.warn)


def test_overdue_loans(copy: Copy) -> None:
    expected = {row["loan_id"] for row in cells(SAMPLE, "loans") if not row["returned_date"] and row["due_date"] < TODAY.isoformat()}
    report = overdue_loans(copy)
    assert {row[0] for row in report.rows} == expected
    assert expected
    assert all(TODAY - dt.timedelta(days=int(row[-1])) == dt.date.fromisoformat(str(row[-2])) for row in report.rows)


def test_what_ends_is_listed_from_its_day_on(tmp_path: Path) -> None:
    ward = small_ward(tmp_path)
    for number, (day, status) in enumerate(
        [
            ("2026-11-21", "active"),
            ("2026-11-22", "active"),
            ("2026-12-22", "active"),
            ("2026-12-23", "active"),
            ("2026-12-01", "cancelled"),
        ]
    ):
        put(ward, "licenses", license_id=f"S0090{number}", valid_to=day, status=status)
    put(ward, "leases", lease_id="L20-0901", end_date="2026-10-01", extended_to="2027-09-30", status="extended")
    put(ward, "leases", lease_id="L20-0902", end_date="2026-10-01", extended_to="2026-12-05", status="extended")
    report = expiring(copy_of(ward), 30)
    ours = {str(row[1]): row[-1] for row in report.rows if str(row[1]).startswith(("S009", "L20-09"))}
    assert ours == {"S00900": -1, "S00901": 0, "S00902": 30, "L20-0902": 13}
    assert [report.rows[row][-1] for row in report.warn] == [row[-1] for row in report.rows if int(row[-1]) < 0]


def test_an_exception_that_names_another_layer_is_not_in_a_layer_s_report(tmp_path: Path) -> None:
    ward = small_ward(tmp_path)
    foreign = cells(ward, "mn/terminals")[0]["asset_id"]
    item = {"id": "EX-2026-901", "kind": "x", "subject": foreign, "expires_on": dt.date(2026, 12, 1)}
    (ward / "policies/exceptions.yml").write_text(yaml.safe_dump({"exceptions": [item]}), encoding="utf-8")
    assert "EX-2026-901" in [row[1] for row in expiring(copy_of(ward), 30).rows]
    assert "EX-2026-901" not in [row[1] for row in expiring(copy_of(ward, "lgwan"), 30).rows]


def test_damaged_cells_are_left_to_the_check(tmp_path: Path) -> None:
    ward = small_ward(tmp_path)
    put(ward, "loans", loan_id="LN-2026-0900", due_date="来週", returned_date="")
    put(ward, "printers", name="PL-HON-0909", asset_id="A0000909", ip="10.16.13.999.1", status="壊れた")
    put(ward, "subnets", cidr="10.16.1/24")
    put(ward, "subnets", cidr="x")
    files = inventory_report(copy_of(ward), "")
    assert b"<svg" in files["inventory.html"]


def test_the_files_of_the_report(copy: Copy) -> None:
    files = inventory_report(copy, "c" * 64, 60)
    assert files == inventory_report(copy, "c" * 64, 60)
    data = json.loads(files["inventory.json"])
    assert (data["ward"], data["today"], data["within"], data["scope"]) == ("見本区", "2026-11-22", 60, "全系統")
    for name, table in data["tables"].items():
        text = files[f"{name}.csv"].decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert rows[0] == table["header"]
        assert [[str(cell) for cell in row] for row in table["rows"]] == [[_bare(cell) for cell in row] for row in rows[1:]]
        assert table["title"] in files["inventory.html"].decode()
    assert inventory_report(copy, "", encoding="cp932")["by_section.csv"].decode("cp932").startswith("課コード,課名")


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell


def test_hostile_words_stay_words_in_the_report(tmp_path: Path) -> None:
    ward = small_ward(tmp_path)
    evil = '</svg><script>alert("$x_1$")</script>'
    path = ward / "ledgers/lgwan/terminals.csv"
    rows = cells(ward, "lgwan/terminals")
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "model": evil} for row in rows)
    put(ward, "licenses", license_id="S00901", product="=cmd|' /C calc'!A0", valid_to="2026-12-01", status="active")
    files = inventory_report(copy_of(ward), "")
    page = files["inventory.html"].decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(" in page
    assert "'=cmd|' /C calc'!A0" in files["expiring.csv"].decode("utf-8-sig")


def test_a_chart_without_numbers_is_no_chart() -> None:
    assert bars("x", "t", [], {"a": []}) == ""
    assert bars("x", "t", ["a"], {"a": [0]}) == ""
    assert bars("x", "<t>", ["_a$b", "\x00"], {"_s": [1, 2], "u": [0, 3]}).startswith('<svg role="img" aria-label="&lt;t&gt;"')
