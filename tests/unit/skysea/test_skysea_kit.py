"""The profile's test kit: what it says of an export that fits, and of ones that do not."""

import csv
import io
from pathlib import Path

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.skysea import kit
from ansible_collections.ward.ops.plugins.module_utils.skysea.layout import layout_of

from lab import skysea_sim

POLICY = yaml.safe_load((Path(__file__).parents[3] / "inventories/sample/policies/skysea.yml").read_text(encoding="utf-8"))
PART = POLICY["usb_devices"]
DEVICES = [f"USB-2026-{number:04d}" for number in range(1, 9)]
KNOWN = {"device_id": DEVICES, "serial": [f"SYN{number:08d}" for number in range(8)]}


@pytest.fixture(scope="module")
def export() -> str:
    state = {}
    for number, key in enumerate(DEVICES):
        row = {"device_id": key, "vid": "0A00", "pid": "1000", "serial": f"SYN{number:08d}", "kind": "USBメモリ", "permission": "使用可"}
        state[key] = {**row, "valid_to": "2027-03-31", "use": "試験", "dept_name": "政策企画課", "terminals": ""}
    return skysea_sim.give(PART, state)[2:].decode("utf-16-le")


def verdicts(text: str, encoding: str = "utf-16") -> kit.Findings:
    return kit.examine(layout_of(PART["export"]), text.encode(encoding), KNOWN)


def of(found: kit.Findings, title: str) -> kit.Verdict:
    return next(one for one in found.columns if one.title == title)


def test_an_export_that_fits(export: str) -> None:
    found = verdicts(export)
    assert found.fits and found.rows == 8 and all(line.startswith("OK") for line in kit.lines(found))


def test_a_renamed_a_strange_and_a_missing_column(export: str) -> None:
    found = verdicts(export.replace('"シリアル"', '"シリアル番号"').replace('"管理番号"', '"管理 番号"'))
    assert of(found, "シリアル").position == 0 and "見出しがありません" in of(found, "シリアル").ja
    assert "「管理 番号」" in of(found, "管理番号").ja
    assert found.unknown == ["管理 番号", "シリアル番号"] and not found.fits


def test_values_in_another_form_are_shown_with_their_lines(export: str) -> None:
    found = verdicts(export.replace("2027-03-31", "2027/03/31").replace("使用可", "許可", 1))
    assert of(found, "有効期限").failing == 8 and of(found, "有効期限").samples[0] == "2 行目: 2027/03/31"
    assert of(found, "使用制御").samples == ("2 行目: 許可",)


def test_a_column_of_another_content_shows_by_the_ledger(export: str) -> None:
    rows = list(csv.reader(io.StringIO(export, newline=""), delimiter="\t"))
    for row in rows[1:]:
        row[0] = row[3]
    text = "".join("\t".join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)
    assert "台帳にない値" in of(verdicts(text), "管理番号").ja


def test_the_file_itself_in_another_form(export: str) -> None:
    found = verdicts(export.replace("\t", ",").replace("\r\n", "\n"), "cp932")
    said = " ".join(ja for ja, _ in found.file)
    assert "文字コードは cp932" in said and "コンマ" in said and "LF" in said


def test_columns_in_another_order(export: str) -> None:
    rows = [line.split("\t") for line in export.splitlines()]
    found = verdicts("".join("\t".join([row[1], row[0], *row[2:]]) + "\r\n" for row in rows))
    assert any("順序" in ja for ja, _ in found.file) and all(one.fits for one in found.columns)


def test_an_export_with_a_quote_that_never_closes_is_an_error_with_a_code(export: str) -> None:
    with pytest.raises(WardopsError) as error:
        verdicts(export + '"' + "a" * (1 << 21))
    assert [problem.code for problem in error.value.problems] == ["E1501"]
