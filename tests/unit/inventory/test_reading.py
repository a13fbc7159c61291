"""Reading by columns gives what the strict reader gives, or leaves the file to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.table import parse_table
from ansible_collections.ward.ops.plugins.module_utils.inventory.reading import read_columns
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CELLS = st.text(st.sampled_from('ab,"\n\r\\é\0 端\u2028\x0b'), max_size=6)
FILES = st.one_of(
    st.text(st.sampled_from('ab,"\n\r\\é\0 端\u2028\x0b'), max_size=60),
    st.lists(st.lists(CELLS, min_size=2, max_size=2).map(",".join), max_size=6).map(
        lambda rows: "a,b\n" + "".join(f"{row}\n" for row in rows)
    ),
)


@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=FILES)
def test_columns_are_those_of_the_strict_reader(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.csv"
    path.write_bytes(text.encode())
    try:
        table = parse_table(path.read_bytes(), "ledger.csv").checked()
    except WardopsError as error:
        with pytest.raises(WardopsError) as caught:
            read_columns(path, "ledger.csv")
        assert caught.value.problems == error.problems
        return
    columns = read_columns(path, "ledger.csv")
    assert columns.header == table.header
    assert [list(cells) for cells in columns.cells.values()] == [table.column(name) for name in table.header]
    assert [columns.line(row) for row in range(len(columns.rows))] == list(table.lines)


def test_rows_of_one_value_keep_their_places(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("name,layer\na,lgwan\nb,mn\nc,lgwan\n", encoding="utf-8")
    mine = read_columns(path, "ledger.csv").where("layer", "lgwan")
    assert list(mine.cells["name"]) == ["a", "c"]
    assert mine.problem("E0407", 1, "layer").where == "ledger.csv:4:3"


def test_invalid_utf8_is_an_error_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_bytes(b"name\na\n\x83m\n")
    with pytest.raises(WardopsError) as caught:
        read_columns(path, "ledger.csv")
    assert (caught.value.problems[0].code, caught.value.problems[0].where) == ("E0110", "ledger.csv:3:1")
