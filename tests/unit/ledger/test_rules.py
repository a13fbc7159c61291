"""The rules' own logic where a damaged file cannot show it: graphs, address arithmetic, the table of rules."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.catalogue import CATALOGUE
from ansible_collections.ward.ops.plugins.module_utils.common.table import Table
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.ledger import ipv4
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import check_ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.data import Ledger
from ansible_collections.ward.ops.plugins.module_utils.ledger.rules.all import RULES
from ansible_collections.ward.ops.plugins.module_utils.ledger.rules.outage import find_cycles
from ansible_collections.ward.ops.plugins.module_utils.ledger.rules.subnets import SubnetIndex
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import LedgerSchema, load_schemas
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.negative.cases import build

SCHEMAS = load_schemas(REPOSITORY / "schemas")
CORE = REPOSITORY / "plugins" / "module_utils" / "ledger"
GRAPHS = st.integers(1, 7).flatmap(
    lambda size: st.dictionaries(st.integers(0, size), st.lists(st.integers(0, size), max_size=4), min_size=1).map(
        lambda graph: {str(node): [str(target) for target in targets] for node, targets in graph.items()}
    )
)


def on_a_cycle(graph: dict[str, list[str]]) -> set[str]:
    """Nodes that reach themselves, by closure."""
    reach = {node: set(targets) for node, targets in graph.items()}
    for _ in graph:
        reach = {node: near | {far for one in near for far in reach.get(one, ())} for node, near in reach.items()}
    return {node for node in graph if node in reach[node]}


@settings(max_examples=300)
@given(graph=GRAPHS)
def test_cycles_are_real_and_none_is_overlooked(graph: dict[str, list[str]]) -> None:
    cycles = find_cycles(graph)
    for cycle in cycles:
        assert all(after in graph[before] for before, after in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        assert cycle[0] == min(cycle)
    assert bool(cycles) == bool(on_a_cycle(graph))
    broken = {node: [target for target in targets if (node, target) not in _edges(cycles)] for node, targets in graph.items()}
    assert len(on_a_cycle(broken)) <= len(on_a_cycle(graph))


def _edges(cycles: list[list[str]]) -> set[tuple[str, str]]:
    return {edge for cycle in cycles for edge in zip(cycle, [*cycle[1:], cycle[0]], strict=True)}


def test_a_long_chain_needs_no_deep_recursion() -> None:
    size = 20_000
    chain = {str(number): [str(number + 1)] for number in range(size)}
    assert find_cycles(chain) == []
    chain[str(size)] = ["0"]
    assert [len(cycle) for cycle in find_cycles(chain)] == [size + 1]


@given(st.integers(0, 2**32 - 1))
def test_addresses_as_numbers(number: int) -> None:
    assert ipv4.to_text(number) == str(ipaddress.IPv4Address(number))
    assert ipv4.to_int(str(ipaddress.IPv4Address(number))) == number


@settings(max_examples=100)
@given(
    networks=st.lists(st.tuples(st.integers(0, 2**16 - 1), st.integers(16, 30)), min_size=1, max_size=8),
    address=st.integers(0, 2**16 - 1),
)
def test_the_subnet_of_an_address(networks: list[tuple[int, int]], address: int) -> None:
    base = int(ipaddress.IPv4Address("10.16.0.0"))
    plan = {ipaddress.IPv4Network((base + offset, length), strict=False) for offset, length in networks}
    columns = ["cidr", "layer", "site", "zone", "floor", "vlan", "gateway"]
    schema = LedgerSchema({"properties": {name: {} for name in columns}}, "subnets")
    rows = [[str(network), *[""] * 6] for network in plan]
    ledger = Ledger("subnets", "", schema, Table("x", columns, rows, range(2, len(rows) + 2)))
    ledger.columns = dict(zip(columns, zip(*rows, strict=True), strict=True))
    found = SubnetIndex(ledger, True).find(base + address)
    holding = {str(network) for network in plan if ipaddress.IPv4Address(base + address) in network}
    assert (found.cidr if found else None) in (holding or {None})


def test_the_table_of_rules_names_every_code_that_the_rules_use() -> None:
    named = {code for rule in RULES for code in rule.codes}
    used = {code for path in (CORE / "rules").glob("*.py") for code in re.findall(r'"(E[0-9]{4})"', path.read_text(encoding="utf-8"))}
    assert named == used
    assert named <= set(CATALOGUE)
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_every_code_of_the_ranges_of_ledgers_is_used() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in CORE.rglob("*.py"))
    assert [code for code in CATALOGUE if code.startswith(("E02", "E03")) and f'"{code}"' not in texts] == []


@pytest.mark.parametrize("name", sorted(SCHEMAS.ledgers))
def test_a_missing_ledger_is_one_error_and_notes(name: str, tmp_path: Path) -> None:
    build(tmp_path / "no case", tmp_path / "ward")
    gone = [*(tmp_path / "ward").glob(f"ledgers/{name}.csv"), *(tmp_path / "ward").glob(f"ledgers/*/{name}.csv")]
    for path in gone:
        path.unlink()
    report = check_ward(tmp_path / "ward", schemas=SCHEMAS)
    assert [problem.code for problem in report.problems] == ["E0200"] * len(gone)
    assert all(name in str(note.params["what"]) for note in report.notes)


@pytest.mark.parametrize("name", sorted(SCHEMAS.policies))
def test_a_missing_policy_is_one_error_and_notes(name: str, tmp_path: Path) -> None:
    build(tmp_path / "no case", tmp_path / "ward")
    (tmp_path / "ward" / "policies" / f"{name}.yml").unlink()
    report = check_ward(tmp_path / "ward", schemas=SCHEMAS)
    assert [problem.code for problem in report.problems] == ["E0200"]
    assert all(f"{name}.yml" in str(note.params["what"]) for note in report.notes)


@pytest.mark.parametrize("name", sorted(SCHEMAS.ledgers))
def test_a_ledger_with_a_header_only_is_never_a_traceback(name: str, tmp_path: Path) -> None:
    build(tmp_path / "no case", tmp_path / "ward")
    for path in [*(tmp_path / "ward").glob(f"ledgers/{name}.csv"), *(tmp_path / "ward").glob(f"ledgers/*/{name}.csv")]:
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    report = check_ward(tmp_path / "ward", schemas=SCHEMAS)
    lost = {"E0301", "E0302", "E0310", "E0382", "E0342", "E0820", "E0925", "E0928"}  # what points to a row that is gone
    assert {problem.code for problem in report.problems} <= lost


@pytest.mark.parametrize("name", sorted(SCHEMAS.ledgers))
def test_every_column_of_a_ledger_can_be_missing(name: str, tmp_path: Path) -> None:
    """Each column taken away in turn: E0123, nothing about rows, no traceback."""
    build(tmp_path / "no case", tmp_path / "ward")
    path = next(iter([*(tmp_path / "ward").glob(f"ledgers/{name}.csv"), *(tmp_path / "ward").glob(f"ledgers/lgwan/{name}.csv")]))
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    for position, column in enumerate(rows[0]):
        text = "".join(",".join([*row[:position], *row[position + 1 :]]) + "\n" for row in rows)
        path.write_text(text, encoding="utf-8")
        report = check_ward(tmp_path / "ward", schemas=SCHEMAS)
        assert [problem.code for problem in report.problems] == ["E0123"], column
