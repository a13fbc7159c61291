"""Three-way merge of ledgers by row and column.

covers: E0831, E0832, E0833, E0835
"""

import csv
import io
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.table import format_table
from ansible_collections.ward.ops.plugins.module_utils.ledger.formatting import canonical, format_sorted
from ansible_collections.ward.ops.plugins.module_utils.ledger.merging import Merge, Unmergeable, merge
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import LedgerSchema, load_document
from hypothesis import given
from hypothesis import strategies as st

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas" / "ledgers"
SITES = LedgerSchema(load_document(SCHEMAS / "sites.schema.json"), "sites")
PORTS = LedgerSchema(load_document(SCHEMAS / "switch_ports.schema.json"), "switch_ports")
STOCK = LedgerSchema(load_document(SCHEMAS / "stock.schema.json"), "stock")
BASE = ["DCA,電算センター,dc,1", "HON,本庁舎,main,0", "KMA,区民事務所A,office,4"]

Rows = dict[str, tuple[str, str, str]]


def sites(*lines: str) -> bytes:
    return "\n".join(["code,name,kind,number", *lines, ""]).encode()


def three(ours: list[str], theirs: list[str], base: list[str] = BASE) -> Merge:
    return merge((sites(*base), sites(*ours), sites(*theirs)), SITES, "ledgers/sites.csv")


def codes(result: Merge) -> list[str]:
    return [problem.code for problem in result.problems]


def test_different_rows_merge_and_stay_sorted() -> None:
    result = three([*BASE, "ECO,エコ,branch,19"], ["AAA,新館,branch,20", *BASE[1:]])
    assert result.problems == []
    assert result.data == sites("AAA,新館,branch,20", "ECO,エコ,branch,19", BASE[1], BASE[2])


def test_different_cells_of_one_row_merge() -> None:
    result = three([BASE[0], "HON,新庁舎,main,0", BASE[2]], [BASE[0], "HON,本庁舎,main,9", BASE[2]])
    assert result.problems == [] and b"HON,\xe6\x96\xb0\xe5\xba\x81\xe8\x88\x8e,main,9\n" in result.data


def test_the_same_cell_with_two_values_is_a_conflict_that_shows_both_rows() -> None:
    result = three(["DCA,電算室,dc,5", *BASE[1:]], ["DCA,計算センター,dc,1", *BASE[1:]])
    assert result.data.decode() == (
        "code,name,kind,number\n<<<<<<< ours\nDCA,電算室,dc,5\n=======\nDCA,計算センター,dc,5\n>>>>>>> theirs\n"
        + "\n".join([*BASE[1:], ""])
    )
    (problem,) = result.problems
    assert problem.where == "ledgers/sites.csv:3"
    assert (
        problem.text("ja") == "DCA の拠点名（name）を双方が違う値に変えています：元「電算センター」、こちら「電算室」、相手「計算センター」"
    )


def test_the_same_key_added_twice_is_a_conflict_and_the_same_row_twice_is_none() -> None:
    result = three([*BASE, "NEW,北館,branch,20"], [*BASE, "NEW,南館,branch,20"])
    assert codes(result) == ["E0832"]
    assert b"NEW,\xe5\x8c\x97" in result.data and b"NEW,\xe5\x8d\x97" in result.data
    assert three([*BASE, "NEW,北館,branch,20"], [*BASE, "NEW,北館,branch,20"]).problems == []


@pytest.mark.parametrize("ours_removes", [True, False])
def test_removed_and_changed_is_a_conflict(ours_removes: bool) -> None:
    sides = (BASE[1:], ["DCA,電算室,dc,1", *BASE[1:]])
    result = three(*(sides if ours_removes else sides[::-1]))
    assert codes(result) == ["E0833"]
    assert "電算室".encode() in result.data
    assert three(BASE[1:], BASE).data == sites(*BASE[1:])


def test_a_value_that_must_be_unique_given_out_by_both_sides_is_a_conflict() -> None:
    header = ",".join(STOCK.columns)
    rows = {number: f"Z0000{number},switch,X,,,HON,A01-01,1,0,2026-10-01," for number in (1, 2)}
    other = {number: row.replace("X,,", "X,SYN00000001,") for number, row in rows.items()}

    def table(*lines: str) -> bytes:
        return "\n".join([header, *lines, ""]).encode()

    versions = table(rows[1], rows[2]), table(other[1], rows[2]), table(rows[1], other[2])
    result = merge(versions, STOCK, "stock.csv")
    assert codes(result) == ["E0835"] and "Z00001、Z00002" in result.problems[0].text("ja")
    assert result.data == table(other[1], other[2])  # whole rows: no markers, but Git stops
    assert merge((versions[2], versions[1], versions[2]), STOCK, "x").problems == []


def test_integer_keys_sort_as_numbers_and_a_key_of_two_columns_works() -> None:
    def ports(*numbers: int, device: str = "HON-01-L2-01") -> bytes:
        return "\n".join(
            ["device,port,kind,vlan,connected_kind,connected_to,outlet,status", *(f"{device},{n},access,101,,,,free" for n in numbers), ""]
        ).encode()

    result = merge((ports(1, 9), ports(1, 9, 10), ports(1, 2, 9)), PORTS, "x")
    assert result.data == ports(1, 2, 9, 10) and result.problems == []


def test_new_and_removed_columns() -> None:
    wide = b"code,name,kind,number,note\nDCA,a,dc,1,x\n"
    narrow = b"code,name,kind,number\nDCA,a,dc,1\n"
    changed = b"code,name,kind,number\nDCA,b,dc,1\n"
    assert merge((narrow, wide, changed), SITES, "x").data == b"code,name,kind,number,note\nDCA,b,dc,1,x\n"
    assert merge((wide, narrow, wide.replace(b",a,", b",b,")), SITES, "x").data == changed
    with pytest.raises(Unmergeable):
        merge((wide, narrow, wide.replace(b",x", b",y")), SITES, "x")


@pytest.mark.parametrize(
    "damaged",
    [
        sites(BASE[0], BASE[0]),
        sites("a,b"),
        b"name,kind\n",
        sites(*BASE).decode().encode("cp932"),
        sites("<<<<<<< a", BASE[0]),
        b'code,name\n"',
    ],
)
def test_damaged_versions_are_never_merged_by_rows(damaged: bytes) -> None:
    for position in range(3):
        versions = [sites(*BASE)] * 3
        versions[position] = damaged
        with pytest.raises(Unmergeable):
            merge((versions[0], versions[1], versions[2]), SITES, "x")


def test_both_sides_add_the_file() -> None:
    assert merge((b"", sites(BASE[0]), sites(BASE[1])), SITES, "x").data == sites(BASE[0], BASE[1])


# --- properties

CELL = st.sampled_from(["", "a", "b", 'q"t', "本,庁", "é"])
TABLE = st.dictionaries(st.sampled_from(["AAA", "BBB", "CCC", "DDD"]), st.tuples(CELL, CELL, CELL))


def encode(rows: Rows) -> bytes:
    return format_table(SITES.columns, [[key, *cells] for key, cells in sorted(rows.items())])


def merged(base: Rows, ours: Rows, theirs: Rows) -> Merge:
    return merge((encode(base), encode(ours), encode(theirs)), SITES, "x")


def decode(data: bytes) -> Rows:
    return {row[0]: (row[1], row[2], row[3]) for row in list(csv.reader(io.StringIO(data.decode())))[1:]}


@given(TABLE, TABLE)
def test_one_side_that_did_nothing_takes_the_other(base: Rows, other: Rows) -> None:
    for ours, theirs in ((base, other), (other, base), (other, other)):
        result = merged(base, ours, theirs)
        assert (result.data, result.problems) == (encode(other), [])


@given(TABLE, TABLE, TABLE)
def test_every_cell_that_a_side_changed_is_in_the_result(base: Rows, ours: Rows, theirs: Rows) -> None:
    """Clean or not: what a side wrote is the row's value, or stands between the markers."""
    result = merged(base, ours, theirs)
    rows = [row for row in csv.reader(io.StringIO(result.data.decode())) if len(row) == 4]
    for side in (ours, theirs):
        for key, cells in side.items():
            for position, cell in enumerate(cells, 1):
                if cell != base.get(key, ("", "", ""))[position - 1]:
                    assert any(row[0] == key and row[position] == cell for row in rows)


@given(TABLE, TABLE, TABLE)
def test_sides_are_treated_alike_and_a_clean_result_is_canonical(base: Rows, ours: Rows, theirs: Rows) -> None:
    one, other = merged(base, ours, theirs), merged(base, theirs, ours)
    assert sorted(codes(one)) == sorted(codes(other))
    if not one.problems:
        assert one.data == other.data == canonical(one.data, SITES, "x")


@given(TABLE, TABLE, TABLE)
def test_a_cell_merges_as_the_rule_says(base: Rows, ours: Rows, theirs: Rows) -> None:
    """Against the rule for one cell, written down once more in the plainest way."""
    result = merged(base, ours, theirs)
    keys = base.keys() & ours.keys() & theirs.keys()
    if result.problems:
        return
    found = decode(result.data)
    for key in keys:
        for position in range(3):
            before, own, other = (side[key][position] for side in (base, ours, theirs))
            assert found[key][position] == (other if own == before else own)


@given(st.lists(st.tuples(st.sampled_from("ABCDEF"), CELL), max_size=12), st.randoms())
def test_the_canonical_form_does_not_depend_on_the_order_and_is_stable(cells: list[tuple[str, str]], random: object) -> None:
    rows = [[f"{key}XX", cell, "office", str(index)] for index, (key, cell) in enumerate(dict(cells).items())]
    wanted = format_sorted(SITES, SITES.columns, rows)
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert canonical(format_table(SITES.columns, rows), SITES, "x") == wanted
    assert canonical(wanted, SITES, "x") == wanted
