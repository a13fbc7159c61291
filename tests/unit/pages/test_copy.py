"""Copies of the ledgers, whole and narrowed to a layer. covers: E1201"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.copy import BLACKED_OUT
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.inventory import inventory_report
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.page import build_page

from .wards import SAMPLE, SCHEMAS, cells, copy_of, put, small_ward

#: columns that name one thing; what stands in them of another layer must not be in a layer's copy
_NAMING = ("asset_id", "computer_name", "serial", "ip", "mac_lan", "mac_wlan", "bios_uuid")


def names_of(root: Path, *layers: str) -> set[str]:
    """Everything that names a terminal of these layers, or equipment, jobs and subnets that say so, and nothing of the other layers."""
    found: set[str] = set()
    others: set[str] = set()
    for layer in ("lgwan", "mn", "standalone"):
        for row in cells(root, f"{layer}/terminals"):
            (found if layer in layers else others).update(row[name] for name in _NAMING)
    for name, columns in {
        "printers": ("name", "asset_id", "serial", "ip", "mac"),
        "network_devices": ("name", "asset_id", "serial", "mgmt_ip", "mac"),
        "servers": ("name", "asset_id", "ip"),
        "subnets": ("cidr",),
        "jobs": ("job_id",),
        "media": ("media_id", "serial"),
        "licenses": ("license_id",),
        "radius_extra": ("mac",),
    }.items():
        for row in cells(root, name):
            (found if row["layer"] in layers else others).update(row[column] for column in columns)
    return found - others - {""}


@pytest.mark.parametrize(("layer", "others"), [("lgwan", ("mn", "standalone", "inet")), ("mn", ("lgwan", "standalone", "inet"))])
def test_a_layer_s_page_and_report_name_nothing_of_other_layers(layer: str, others: tuple[str, ...]) -> None:
    copy = copy_of(SAMPLE, layer)
    page = build_page(copy, "0" * 64).decode()
    report = inventory_report(copy, "0" * 64)
    text = page + "".join(data.decode() for data in report.values())
    foreign = names_of(SAMPLE, *others)
    assert len(foreign) > 2000
    words = set(re.findall(r"[A-Za-z0-9][A-Za-z0-9./-]*", text.replace("\\n", " ")))
    assert sorted(foreign & words) == []
    assert {name for name in names_of(SAMPLE, layer) if name.startswith("A0")} <= words


def test_the_whole_copy_has_every_row() -> None:
    copy = copy_of(SAMPLE)
    for name, sheet in copy.sheets.items():
        files = [f"{layer}/{name}" for layer in sheet.schema.layers] or [name]
        expected = [row for file in files for row in cells(SAMPLE, file)]
        assert len(sheet) == len(expected)
        for column in sheet.schema.columns:
            assert sheet.column(column) == [row[column] for row in expected], (name, column)
    assert copy.scope == "全系統"


def test_rows_follow_what_they_hang_on(tmp_path: Path) -> None:
    ward = small_ward(tmp_path)
    foreign = cells(ward, "mn/terminals")[0]["asset_id"]
    name = cells(ward, "mn/terminals")[0]["computer_name"]
    own = cells(ward, "lgwan/terminals")[0]["computer_name"]
    put(ward, "accessories", asset_id="A0000901", parent_asset_id=foreign, serial="")
    put(ward, "loans", loan_id="LN-2026-0901", asset_id="A0000901")
    put(ward, "asset_events", asset_id=foreign, number="1")
    put(ward, "asset_events", asset_id="A0000901", number="1")
    put(ward, "numbers", prefix="MN25N", last="7")
    put(ward, "address_rests", ip="10.20.1.77", holder=foreign, released_on="2026-11-01")
    put(ward, "leases", lease_id="L25-0901")
    mn = (ward / "ledgers/mn/terminals.csv").read_text(encoding="utf-8").splitlines()
    position = mn[0].split(",").index("lease_id")
    row = mn[1].split(",")
    row[position] = "L25-0901"
    (ward / "ledgers/mn/terminals.csv").write_text("\n".join([mn[0], ",".join(row), *mn[2:], ""]), encoding="utf-8")
    for number, allowed in (("0901", name), ("0902", f"{name} {own}"), ("0903", "")):
        put(ward, "usb_devices", device_id=f"USB-2026-{number}", serial=f"X{number}", allow_terminals=allowed)
    copy = copy_of(ward, "lgwan")
    assert "A0000901" not in copy.sheet("accessories").column("asset_id")
    assert "LN-2026-0901" not in copy.sheet("loans").column("loan_id")
    assert not {foreign, "A0000901"} & set(copy.sheet("asset_events").column("asset_id"))
    assert "MN25N" not in copy.sheet("numbers").column("prefix")
    assert "10.20.1.77" not in copy.sheet("address_rests").column("ip")
    assert "L25-0901" not in copy.sheet("leases").column("lease_id")
    allowed = dict(copy.sheet("usb_devices").rows("device_id", "allow_terminals"))
    assert "USB-2026-0901" not in allowed  # without its only terminal it would be allowed on every one
    assert (allowed["USB-2026-0902"], allowed["USB-2026-0903"]) == (own, "")


def test_what_only_names_another_layer_is_blacked_out(tmp_path: Path) -> None:
    ward = small_ward(tmp_path)
    foreign = cells(ward, "mn/terminals")[0]
    device = cells(ward, "network_devices")[0]["name"]
    put(ward, "switch_ports", device=device, port="90", connected_kind="terminal", connected_to=foreign["asset_id"], status="used")
    mac = foreign["mac_lan"]
    spelled = "-".join(mac[at : at + 2] for at in range(0, 12, 2)).upper()
    for number, note in enumerate(
        (f"{foreign['computer_name']}の代替", f"旧 {spelled}", f"{foreign['asset_id']}/{foreign['serial']}", "ふつうの備考")
    ):
        put(ward, "stock", stock_id=f"Z0090{number}", serial="", note=note)
    copy = copy_of(ward, "lgwan")
    ports = dict(zip(copy.sheet("switch_ports").column("port"), copy.sheet("switch_ports").column("connected_to"), strict=True))
    assert ports["90"] == BLACKED_OUT
    notes = dict(copy.sheet("stock").rows("stock_id", "note"))
    expected = [f"{BLACKED_OUT}の代替", f"旧 {BLACKED_OUT}", BLACKED_OUT, "ふつうの備考"]
    assert [notes[f"Z0090{number}"] for number in range(4)] == expected
    assert dict(copy_of(ward).sheet("stock").rows("stock_id", "note"))["Z00900"].startswith(foreign["computer_name"])


def test_several_layers_may_be_copied_together() -> None:
    copy = copy_of(SAMPLE, "lgwan", "standalone")
    assert set(copy.sheet("terminals").column("layer")) == {"lgwan", "standalone"}
    assert copy.scope == "LGWAN接続系、スタンドアロン"


def test_a_layer_that_does_not_exist_is_refused() -> None:
    with pytest.raises(WardopsError) as caught:
        copy_of(SAMPLE, "dmz")
    assert [problem.code for problem in caught.value.problems] == ["E1201"]
    assert "lgwan, mn, inet, standalone" in str(caught.value)


def test_a_missing_file_and_an_unknown_column_do_not_stop_the_copy(tmp_path: Path) -> None:
    ward = small_ward(tmp_path)
    (ward / "ledgers/mn/terminals.csv").unlink()
    (ward / "ledgers/sites.csv").write_text("code,colour\nHON,blue\n", encoding="utf-8")
    copy = copy_of(ward)
    assert copy.sheet("terminals").missing == [Ward(ward).shown(ward / "ledgers/mn/terminals.csv")]
    assert copy.sheet("sites").column("colour") == ["blue"]
    assert copy.sheet("sites").column("name") == [""]
    assert b'"blue"' in build_page(copy, "") or b'"v":"blue"' in build_page(copy, "")
    assert set(SCHEMAS.ledgers) == set(copy.sheets)
