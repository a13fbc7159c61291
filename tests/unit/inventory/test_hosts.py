"""Hosts, groups and variables from the ledgers, and every error of the reading.

covers: E0404, E0405, E0406, E0407, E0408, E0409, E0410, E0411, E0412, E0413, E0416, E0417
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.inventory import columns
from ansible_collections.ward.ops.plugins.module_utils.inventory.completeness import Requirement, check_hosts
from ansible_collections.ward.ops.plugins.module_utils.inventory.hosts import Hosts, read_hosts
from ansible_collections.ward.ops.plugins.module_utils.inventory.source import find_source, read_source

from tests.unit.inventory.wards import NETWORKS, TERMINAL, terminal, write

NOWHERE = Path("/nonexistent")


def variables(hosts: Hosts) -> dict[str, dict[str, Any]]:
    return {name: row for part in hosts.sets for name, row in zip(part.names, part.variables(), strict=True)}


def groups(hosts: Hosts) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for part in hosts.sets:
        for column in part.groups:
            for group, name in zip(column, part.names, strict=True):
                if group:
                    found.setdefault(group, set()).add(name)
    return found


def read(source: Path, layer: str = "lgwan") -> Hosts:
    return read_hosts(Ward(source.parents[1]), layer)


def errors(source: Path) -> list[tuple[str, str]]:
    """Codes and places (file name, line, column) of the findings."""
    with pytest.raises(WardopsError) as caught:
        read(source)
    return [(problem.code, problem.where.rpartition("/")[2]) for problem in caught.value.problems]


def test_only_the_hosts_of_the_layer(source: Path) -> None:
    assert set(variables(read(source))) == {
        *(f"LG25N{number:05d}" for number in (1, 2, 3)),
        *("PL-HON-0101", "PL-HON-0102", "HON-01-CR-01", "HON-02-L2-01", "LG-RAD01", "LG-RAD02"),
    }
    assert set(variables(read(source, "mn"))) == {"MN25N90001", "MN25N90002", "PM-HON-0103", "MN-RAD01"}
    assert len(read(source, "inet")) == 0


def test_groups(source: Path) -> None:
    found = groups(read(source))
    assert found["layer_lgwan"] == set(variables(read(source)))
    assert found["kind_printer"] == {"PL-HON-0101", "PL-HON-0102"}
    assert found["kind_mfp"] == {"PL-HON-0101"}
    assert found["function_radius"] == found["kind_server"] == {"LG-RAD01", "LG-RAD02"}
    assert found["site_HON"] == {"PL-HON-0101", "PL-HON-0102", "HON-01-CR-01", "HON-02-L2-01"}
    assert found["os_cisco_ios"] == found["role_core"] == found["vendor_cisco"] == {"HON-01-CR-01"}
    assert found["dept_0001"] == found["ring_R1"] == found["model_lifebook_u0001_k"] == {"LG25N00001"}
    assert found["status_spare"] == {"HON-02-L2-01"}
    assert found["status_standby"] == {"LG-RAD02"}


def test_variables_have_the_types_of_the_schema_and_empty_cells_are_absent(source: Path) -> None:
    rows = variables(read(source))
    server = rows["LG-RAD02"]
    assert server["virtual"] is False
    assert server["vlan"] == 10
    assert (server["layer"], server["ledger"], server["ledger_name"]) == ("lgwan", "servers", "LG-RAD02")
    assert rows["HON-02-L2-01"]["serial_no"] == "AP0002"
    assert "mgmt_ip" not in rows["HON-02-L2-01"]
    assert rows["HON-01-CR-01"]["mgmt_ip"] == "10.28.0.1"
    assert rows["LG25N00003"]["dept_code"] == "0003"


def test_all_findings_at_once_with_their_places(source: Path) -> None:
    ledgers = source.parents[1] / "ledgers"
    rows = [terminal(1), terminal(2).replace(",102", ",1e2"), terminal(3).replace("LG25N00003", "a b"), terminal(1)]
    write(ledgers / "lgwan" / "terminals.csv", TERMINAL + "\n" + "".join(rows))
    path = ledgers / "servers.csv"
    write(path, path.read_text(encoding="utf-8").replace(",true,", ",TRUE,", 1))
    assert errors(source) == [("E0407", "terminals.csv:4:10"), ("E0412", "terminals.csv:3:84"), ("E0412", "servers.csv:2:64")]


CASES: dict[str, tuple[str, str, str, str]] = {
    # code: file, old text, new text, place
    "E0407": ("servers.csv", "LG-RAD02", "localhost", "servers.csv:3:1"),
    "E0408": ("servers.csv", "LG-RAD02", "hon-01-cr-01", "servers.csv:3:1"),
    "E0409": ("servers.csv", "LG-RAD02", "Site_DCA", "servers.csv:3:1"),
    "E0410": ("network_devices.csv", ",ApresiaLight GM124,", ",(?),", "network_devices.csv:3:44"),
    "E0411": ("servers.csv", ",function,", ",ansible_connection,", "servers.csv:1:21"),
    "E0412": ("network_devices.csv", ",2,,4001,", ",２,,4001,", "network_devices.csv:3:83"),
    "E0123": ("servers.csv", ",layer,", ",system,", "servers.csv:1"),
    "E0116": ("servers.csv", ",standby", ",standby,,,", "servers.csv:3"),
}


@pytest.mark.parametrize("code", CASES)
def test_errors(source: Path, code: str) -> None:
    name, old, new, place = CASES[code]
    path = source.parents[1] / "ledgers" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    write(path, text.replace(old, new, 1))
    assert (code, place) in errors(source)


def test_a_column_that_would_hide_another_one(source: Path) -> None:
    path = source.parents[1] / "ledgers" / "servers.csv"
    write(path, path.read_text(encoding="utf-8").replace("asset_id,", "ledger_name,", 1))
    assert errors(source) == [("E0411", "servers.csv:1:6")]


def test_a_damaged_schema(tmp_path: Path) -> None:
    write(tmp_path / "servers.schema.json", '{"properties": {"vlan": {"$ref": "#/$defs/none"}}}')
    with pytest.raises(WardopsError) as caught:
        columns.column_types("servers", tmp_path)
    assert caught.value.problems[0].code == "E0413"


def test_the_types_of_a_schema_follow_references(tmp_path: Path) -> None:
    properties = '"a": {"$ref": "#/$defs/n"}, "b": {"type": ["string", "null"]}, "c": {"type": "array", "x-separator": "|"}'
    write(tmp_path / "x.schema.json", f'{{"$defs": {{"n": {{"type": "integer"}}}}, "properties": {{{properties}}}}}')
    assert columns.column_types("x", tmp_path) == {"a": ("integer", ";"), "c": ("array", "|")}


def guard(source: Path, environ: Mapping[str, str]) -> str:
    with pytest.raises(WardopsError) as caught:
        read_source(source, environ, NOWHERE)
    return caught.value.problems[0].code


def test_the_layer_guard(source: Path) -> None:
    assert read_source(source, {"WARDOPS_LAYER": "lgwan"}, NOWHERE).layer == "lgwan"
    assert guard(source, {}) == "E0401"
    assert guard(source, {"WARDOPS_LAYER": "mn"}) == "E0403"
    declaration = write(source.parent / "layer", "mn\n")
    with pytest.raises(WardopsError, match="E0402"):
        read_source(source, {"WARDOPS_LAYER": "lgwan"}, declaration)


def test_the_guard_comes_before_the_data(source: Path) -> None:
    (source.parents[1] / "policies" / "networks.yml").write_bytes(b"\x00")
    assert guard(source, {"WARDOPS_LAYER": "mn"}) == "E0403"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "",
        "plugin: other\nlayer: lgwan\nward: ..\n",
        "plugin: ward.ops.ledger\nward: ..\n",
        "plugin: ward.ops.ledger\nlayer: [lgwan]\nward: ..\n",
        "plugin: ward.ops.ledger\nlayer: lgwan\nward: ..\ncompose: {}\n",
        'plugin: ward.ops.ledger\nlayer: lgwan\nward: "a\\0b"\n',
    ],
)
def test_a_wrong_source(source: Path, text: str) -> None:
    write(source, text)
    assert guard(source, {"WARDOPS_LAYER": "lgwan"}) == "E0404"


def test_a_layer_that_the_ward_does_not_know(source: Path) -> None:
    networks = source.parents[1] / "policies" / "networks.yml"
    for text in (NETWORKS.replace("lgwan", "lgw"), "layers: 3\n", "[]\n"):
        write(networks, text)
        assert guard(source, {"WARDOPS_LAYER": "lgwan"}) == "E0405"


def test_a_layer_without_network(source: Path) -> None:
    assert guard(source.parents[1] / "standalone" / "ledger.yml", {"WARDOPS_LAYER": "standalone"}) == "E0406"


def test_completeness(source: Path) -> None:
    hosts = read(source)
    rules = (Requirement("network_devices", ("active", "spare"), ("mgmt_ip", "vlan", "firmware")),)
    found = check_hosts(hosts, ["HON-02-L2-01", "LG-RAD01", "stranger"], rules)
    assert [(problem.code, problem.params["host"], problem.params.get("variables")) for problem in found] == [
        ("E0416", "HON-02-L2-01", "mgmt_ip, firmware"),
        ("E0417", "stranger", None),
    ]
    assert found[0].where.endswith("network_devices.csv:3")


def test_find_source(source: Path) -> None:
    assert find_source([Path("hosts.ini"), source.parent]) == source
    assert find_source([source]) == source
    assert find_source([source.parents[1]]) is None
