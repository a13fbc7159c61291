"""Import files of products, and the arguments' documentation. covers: E0520, E0521, E0522"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.radius import arguments, profiles
from ansible_collections.ward.ops.plugins.module_utils.radius.desired import desired_set

from tests.unit.radius import wards

REPOSITORY = Path(__file__).resolve().parents[3]
POLICY = "policies/radius.yml"


def export(ward: Path, name: str) -> bytes:
    return profiles.export(Ward(ward), desired_set(Ward(ward), "lgwan"), name)


def test_netattest_is_cp932_with_crlf_and_quotes(ward: Path) -> None:
    lines = export(ward, "netattest_eps").decode("cp932").split("\r\n")
    assert lines[:2] == ['"MACアドレス","VLAN","備考"', '"024b54000002","102","terminal:LG25N00001"']
    assert len(lines) == 15
    assert lines[-1] == ""


def test_radgate_is_utf8(ward: Path) -> None:
    lines = export(ward, "radgate").decode("utf-8").split("\n")
    assert lines[:2] == ["Login Name,Access Level,Tag,Note", "02:4b:54:00:00:02,1,102,terminal:LG25N00001"]


def test_utf16_begins_with_its_mark(ward: Path) -> None:
    change(ward, "encoding: cp932", "encoding: utf-16-le")
    assert export(ward, "netattest_eps").startswith(b"\xff\xfe\x22\x00M\x00")


def test_the_same_ledgers_give_the_same_bytes(ward: Path) -> None:
    first = export(ward, "radgate")
    rows = wards.read(ward / "ledgers/lgwan/terminals.csv")
    wards.write(ward / "ledgers/lgwan/terminals.csv", wards.TERMINALS, reversed(rows))
    assert export(ward, "radgate") == first


def test_more_than_the_product_holds(ward: Path) -> None:
    change(ward, "max_entries: 2000", "max_entries: 13")
    assert export(ward, "radgate")
    change(ward, "max_entries: 13", "max_entries: 12")
    with pytest.raises(WardopsError, match=r"E0521.*13.*12"):
        export(ward, "radgate")


def test_characters_that_the_product_cannot_read_are_all_named(ward: Path) -> None:
    wards.change_cells(ward, "ledgers/printers.csv", "name", "PL-HON-0301", name="𠮷野家前")
    wards.change_cells(ward, "ledgers/network_devices.csv", "name", "HON-03-L2-07", name="𠮷田")
    with pytest.raises(WardopsError, match="E0522") as caught:
        export(ward, "netattest_eps")
    assert [problem.params["mac"] for problem in caught.value.problems] == [wards.mac(0x800001), wards.mac(0x900001)]


@pytest.mark.parametrize("name", ["freeradius", "nobody"])
def test_no_import_file(ward: Path, name: str) -> None:
    with pytest.raises(WardopsError, match=r"E0520.*netattest_eps, radgate"):
        export(ward, name)


def change(ward: Path, old: str, new: str) -> None:
    text = (ward / POLICY).read_text(encoding="utf-8")
    assert old in text
    (ward / POLICY).write_text(text.replace(old, new), encoding="utf-8")


def documented(module: str) -> dict[str, Any]:
    """The options of a module and of the fragments that it extends."""
    text = (REPOSITORY / "library" / f"{module}.py").read_text(encoding="utf-8")
    page = yaml.safe_load(text.split('DOCUMENTATION = r"""')[1].split('"""')[0])
    fragments = (REPOSITORY / "plugins/doc_fragments/radius.py").read_text(encoding="utf-8")
    options: dict[str, Any] = dict(page["options"])
    for name in page.get("extends_documentation_fragment", []):
        part = fragments.split(f'{name.rpartition(".")[2].upper()} = r"""')[1].split('"""')[0]
        options |= yaml.safe_load(part)["options"]
    return options


@pytest.mark.parametrize(
    ("module", "spec"),
    [
        ("radius_mac_entries", {**arguments.SYNC, **arguments.TRANSPORT}),
        ("radius_isolation", arguments.ISOLATION),
        ("radius_probe", arguments.PROBE),
    ],
)
def test_the_documentation_says_what_the_arguments_are(module: str, spec: dict[str, dict[str, Any]]) -> None:
    options = documented(module)
    facts = ("type", "default", "choices", "elements", "required")
    shown = {name: {fact: option[fact] for fact in facts if fact in option} for name, option in options.items()}
    assert shown == {name: {fact: words[fact] for fact in facts if fact in words} for name, words in spec.items()}


def test_secrets_are_marked() -> None:
    assert arguments.DATABASE["db_password"]["no_log"] is True
    assert arguments.PROBE["secret"]["no_log"] is True
