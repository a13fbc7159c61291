"""Files of the console: what is written is read back, by ourselves and by the simulated console; what is damaged is refused.

covers: E1501, E1502, E1503
"""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.skysea.layout import Layout, layout_of, read, spell, write
from hypothesis import given
from hypothesis import strategies as st

POLICY = yaml.safe_load((Path(__file__).parents[3] / "inventories/sample/policies/skysea.yml").read_text(encoding="utf-8"))
COLUMNS = [
    {"title": "キー", "field": "key"},
    {"title": "語", "field": "word", "values": {"ro": "読取専用", "rw": "使用可"}},
    {"title": "日", "field": "day", "date": True},
    {"title": "MAC", "field": "mac", "mac": "-"},
]


def layout(**more: Any) -> Layout:
    part = {"encoding": "cp932", "delimiter": "comma", "quote": "all", "header": True, "date": "%Y/%m/%d", "columns": COLUMNS}
    return layout_of({**part, **more})


_CP932 = st.characters(codec="cp932", exclude_categories=("Cc",)).filter(lambda char: char.encode("cp932").decode("cp932") == char)
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.text(_CP932, min_size=1, max_size=12),
            "word": st.sampled_from(["", "ro", "rw"]),
            "day": st.one_of(st.just(""), st.dates().map(lambda day: day.isoformat()).filter(lambda text: text >= "1000")),
            "mac": st.one_of(st.just(""), st.integers(0, 2**48 - 1).map(lambda number: f"{number:012x}")),
        }
    ),
    max_size=12,
)


@given(
    rows=_ROWS,
    encoding=st.sampled_from(["cp932", "utf-8-sig", "utf-16-le"]),
    delimiter=st.sampled_from(["comma", "tab"]),
    quote=st.sampled_from(["all", "needed"]),
    date=st.sampled_from(["%Y/%m/%d", "%Y-%m-%d", "%Y%m%d"]),
    max_rows=st.integers(1, 5),
)
def test_what_is_written_is_read_back(rows: list[dict[str, str]], max_rows: int, **form: Any) -> None:
    one = layout(**form, max_rows=max_rows)
    files = list(write(one, [("new", row) for row in rows]))
    assert len(files) == -(-len(rows) // max_rows)
    found = [row for data in files for _, row in read(one, data, "x").rows]
    assert found == rows
    assert all(data.endswith("\r\n".encode("utf-16-le" if form["encoding"] == "utf-16-le" else "ascii")) for data in files)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("key", "𠮷野", "cp932 にありません"),
        ("key", "改\n行", "制御文字"),
        ("word", "deny", "値の対応にない"),
        ("key", "あ" * 3, "長すぎます"),
    ],
)
def test_a_value_that_the_file_cannot_hold_is_named(field: str, text: str, said: str) -> None:
    columns = [{**item, "width": 5} if item["field"] == "key" else item for item in COLUMNS]
    one = layout(columns=columns)
    column = next(item for item in one.columns if item.field == field)
    with pytest.raises(WardopsError) as error:
        spell(one, column, text)
    (problem,) = error.value.problems
    assert problem.code == "E1503" and said in problem.text("ja")


GOOD = '"キー","語","日","MAC"\r\n"A","使用可","2026/11/22","02-4B-54-00-00-01"\r\n'


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (GOOD.encode("utf-8"), "E1501", "読めないバイト"),
        (GOOD.replace("語", "値").encode("cp932"), "E1501", "ない列: 語"),
        (GOOD.replace('"キー","語"', '"語","キー"').encode("cp932"), "E1501", "列の順序"),
        (GOOD.replace('"A"', '"A').encode("cp932"), "E1501", "引用符"),
        (b"", "E1501", "ない列"),
    ],
)
def test_a_file_of_another_form_is_refused(data: bytes, code: str, said: str) -> None:
    with pytest.raises(WardopsError) as error:
        read(layout(), data, "export.csv")
    (problem,) = error.value.problems
    assert problem.code == code and said in problem.text("ja") and problem.path == "export.csv"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("使用可", "使用不可", "「使用不可」"),
        ("2026/11/22", "2026-11-22", "2026-11-22"),
        ("-01", "-0", "02-4B"),
        ('"A",', "", "セルが 3 個"),
    ],
)
def test_a_row_that_cannot_be_understood_is_named_with_its_line(before: str, after: str, said: str) -> None:
    text = GOOD + GOOD.splitlines(keepends=True)[1].replace(before, after, 1)
    reading = read(layout(), text.encode("cp932"), "export.csv")
    assert len(reading.rows) == 1
    (problem,) = reading.problems
    assert problem.code == "E1502" and problem.line == 3 and said in problem.text("ja")


@pytest.mark.parametrize("part", ["terminals", "usb_devices"])
def test_the_sample_layouts_hold_what_they_need(part: str) -> None:
    for side in ("import", "export"):
        assert set(POLICY[part]["key"]) <= set(layout_of(POLICY[part][side]).fields)
    assert set(layout_of(POLICY[part]["import"]).fields) <= set(layout_of(POLICY[part]["export"]).fields)
    assert sum(bool(column.flag) for column in layout_of(POLICY[part]["import"]).columns) == 1


def test_a_spreadsheet_reads_the_file_as_it_was_meant() -> None:
    (data,) = write(layout(), [("new", {"key": 'a"b,c', "word": "rw", "day": "2026-11-22", "mac": "024b54000001"})])
    assert list(csv.reader(io.StringIO(data.decode("cp932"))))[1] == ['a"b,c', "使用可", "2026/11/22", "02-4B-54-00-00-01"]
