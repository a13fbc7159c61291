"""Rules, layouts and files of the payment tests, and an independent recount."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.payment import layout as layouts
from ansible_collections.ward.ops.plugins.module_utils.payment.layout import Layout
from ansible_collections.ward.ops.plugins.module_utils.payment.manifest import Manifest
from ansible_collections.ward.ops.plugins.module_utils.payment.routing import Routing
from ansible_collections.ward.ops.plugins.module_utils.payment.seen import Index
from ansible_collections.ward.ops.plugins.module_utils.payment.split import Input, Staged, split

SAMPLE = Path(__file__).resolve().parents[3] / "inventories" / "sample"
DAY = dt.date(2026, 11, 22)
#: a small form of the file: number, class, procedure, yen, time, tax item
COLUMNS = ["納付番号", "納付区分", "手続コード", "納付金額", "収納日時", "税目料金番号"]
ROLES = {
    "procedure": "手続コード",
    "tax_item": "税目料金番号",
    "amount": "納付金額",
    "number": "納付番号",
    "kind": "納付区分",
    "time": "収納日時",
}
HEADER = ",".join(COLUMNS).encode("cp932") + b"\r\n"
RULES: dict[str, Any] = {
    "folder": "{dept_code}/{date}",
    "file_name": "収納結果_{date}_{dept_code}_{section}",
    "unrouted": "未振分",
    "duplicates": "重複",
    "counts_on": "収納日時",
    "procedures": [
        {
            "code": "100001",
            "name_ja": "証明",
            "routes": [
                {"dept_code": "0302", "valid_from": "2026-04-01", "valid_to": "2026-11-30"},
                {"dept_code": "0305", "valid_from": "2026-12-01"},
            ],
        },
        {"code": "100008", "name_ja": "税", "routes": [{"dept_code": "0208", "valid_from": "2026-04-01"}]},
    ],
    "tax_items": [{"code": "001", "name_ja": "税", "routes": [{"dept_code": "0208", "valid_from": "2026-04-01"}]}],
    "rules": [
        {
            "name_ja": "少額",
            "when": [{"column": "納付区分", "one_of": ["7", "9"]}, {"column": "納付金額", "at_least": 100, "at_most": 1000}],
            "routes": [{"dept_code": "0604", "valid_from": "2026-04-01"}],
        }
    ],
}


def layout(control: Mapping[str, Any] | None = None, *, header: bool = True) -> Layout:
    profile = {"name": "small", "encoding": "cp932", "header": header, "columns": COLUMNS, "roles": ROLES}
    if control:
        profile["control"] = control
    return layouts.load({"use": "small", "profiles": [profile]})


def routing(form: Layout | None = None, policy: Mapping[str, Any] = RULES) -> Routing:
    return Routing(policy, form or layout(), Ward(SAMPLE).table("departments").dicts(), DAY)


def sample() -> tuple[Layout, Routing]:
    """The sample ward's own."""
    ward = Ward(SAMPLE)
    form = layouts.load(ward.policy("payment_layout"))
    return form, Routing(ward.policy("payment_routing"), form, ward.table("departments").dicts(), DAY)


def row(number: str, code: str = "100001", amount: str = "300", *, kind: str = "1", time: str = "20261122101500", tax: str = "") -> bytes:
    return f"{number},{kind},{code},{amount},{time},{tax}\r\n".encode("cp932")


def run(folder: Path, data: bytes, form: Layout | None = None, index: Index | None = None, **source: Any) -> Staged:
    """Split some bytes below a folder."""
    path = folder / source.pop("name", "day.csv")
    path.write_bytes(data)
    form = form or layout()
    given = Input(path, path.name, source.pop("day", DAY), **source)
    return split(given, folder / "stage", form, routing(form), index)


def outputs(staged: Staged) -> dict[str, bytes]:
    """Contents of the staged files by section."""
    return {file.section: (staged.folder / file.path).read_bytes() for file in staged.manifest.files}


def amounts(manifest: Manifest) -> dict[str, tuple[int, int, int, int]]:
    return {
        file.section: (file.amounts.rows, file.amounts.yen, file.amounts.cancelled_rows, file.amounts.cancelled_yen)
        for file in manifest.files
    }


def records(data: bytes) -> list[bytes]:
    """The records of some bytes, found octet by octet: the plain way, as RFC 4180 has it."""
    found, start, inside = [], 0, False
    for position, octet in enumerate(data):
        if octet == 0x22:
            inside = not inside
        elif octet == 0x0A and not inside:
            found.append(data[start : position + 1])
            start = position + 1
    if start < len(data):
        found.append(data[start:])
    return found
