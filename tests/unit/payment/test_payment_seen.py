"""Payments that come twice: within a file, across 90 days, never across an input's own future. covers: E1319, E1320, E1321, E1325"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from ansible_collections.ward.ops.plugins.module_utils.payment import columns, pipeline, receipt
from ansible_collections.ward.ops.plugins.module_utils.payment.archive import Archive
from ansible_collections.ward.ops.plugins.module_utils.payment.records import Reader
from ansible_collections.ward.ops.plugins.module_utils.payment.seen import Index, Keys, Origin
from ansible_collections.ward.ops.plugins.module_utils.payment.split import Staged, reindex
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.payment import days
from tests.unit.payment.days import HEADER, row
from tools import payment_day


def day(number: int) -> dt.date:
    return days.DAY + dt.timedelta(days=number)


def run(folder: Path, body: bytes, number: int = 0, name: str = "day.csv", time: str = "070000") -> Staged:
    date = day(number)
    index = Index(folder / "seen")
    return days.run(folder, HEADER + body, index=index, name=name, day=date, taken_at=f"{date:%Y%m%d}T{time}Z")


def test_a_clock_that_was_set_back_hides_nothing(tmp_path: Path) -> None:
    run(tmp_path, row("1"), 0, "one.csv", "070000")
    run(tmp_path, row("2"), -3, "three.csv")
    assert days.amounts(run(tmp_path, row("1") + row("2"), 0, "two.csv", "060000").manifest) == {"重複": (2, 600, 0, 0)}


def test_the_first_row_is_the_payment_and_later_ones_are_kept_apart(tmp_path: Path) -> None:
    staged = run(tmp_path, row("1") + row("2") + row("1", amount="999") + row("1", time="20261122101501") + row("1", kind="2"))
    assert days.outputs(staged)["重複"] == HEADER + row("1", amount="999")
    assert staged.manifest.duplicates == [{"record": 4, "line": 4, "first_record": 2}]
    (file,) = [file for file in staged.manifest.files if file.kind == "duplicates"]
    assert not file.deliver
    assert [problem.code for problem in receipt.problems(staged.manifest, staged.folder)] == ["E1321"]


def test_a_cancellation_is_no_duplicate_of_its_payment(tmp_path: Path) -> None:
    staged = run(tmp_path, row("1") + row("1", amount="-300") + row("1", amount="-300"))
    assert days.amounts(staged.manifest) == {"0302": (2, 0, 1, -300), "重複": (1, -300, 1, -300)}


def test_a_row_without_payment_number_is_never_a_duplicate(tmp_path: Path) -> None:
    assert "重複" not in days.outputs(run(tmp_path, row("") + row("")))


@pytest.mark.parametrize(("back", "seen"), [(1, True), (90, True), (91, False)])
def test_ninety_days_back(tmp_path: Path, back: int, seen: bool) -> None:
    run(tmp_path, row("1") + row("2"), -back, "old.csv")
    staged = run(tmp_path, row("1") + row("3"))
    assert ("重複" in days.outputs(staged)) is seen
    if seen:
        assert staged.manifest.duplicates[0]["day"] == f"{day(-back):%Y%m%d}"


def test_a_whole_file_again_with_one_more_row(tmp_path: Path) -> None:
    body = b"".join(row(str(number)) for number in range(500))
    run(tmp_path, body, name="one.csv")
    staged = run(tmp_path, body + row("500"), name="two.csv", time="080000")
    assert days.amounts(staged.manifest) == {"0302": (1, 300, 0, 0), "重複": (500, 150000, 0, 0)}


def test_an_older_day_split_again_is_not_compared_with_its_future(tmp_path: Path) -> None:
    old = row("1") + row("2")
    first = (run(tmp_path, old, -2, "old.csv").folder / "manifest.json").read_bytes()
    run(tmp_path, old + row("3"), -1, "next.csv")
    again = days.run(
        tmp_path / "stage", HEADER + old, index=Index(tmp_path / "seen"), name="old.csv", day=day(-2), taken_at="20261120T070000Z"
    )
    assert again.changed
    assert (again.folder / "manifest.json").read_bytes() == first


@pytest.mark.parametrize("damage", ["lost", "cut", "altered", "empty"])
def test_the_index_is_made_again_from_the_archived_inputs(tmp_path: Path, damage: str) -> None:
    body = b"".join(row(str(number)) for number in range(300))
    run(tmp_path, body, -1, "old.csv")
    (path,) = (tmp_path / "seen").iterdir()
    good = path.read_bytes()
    if damage == "lost":
        path.unlink()
    else:
        path.write_bytes({"cut": good[:-7], "altered": good[:-5] + b"xxxxx", "empty": b""}[damage])
    form = days.layout()
    old = pipeline.Input(tmp_path / "old.csv", "old.csv", day(-1), path.name.split("_")[2].removesuffix(".seen"))
    assert reindex([old], tmp_path / "stage", form, days.routing(form), Index(tmp_path / "seen")) == []
    assert path.read_bytes() == good
    assert days.amounts(run(tmp_path, row("7")).manifest) == {"重複": (1, 300, 0, 0)}


def test_an_input_that_cannot_be_split_is_not_indexed(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(HEADER + b'1,"')
    form = days.layout()
    bad = pipeline.Input(tmp_path / "bad.csv", "bad.csv", day(-1), "a" * 64)
    assert [one.sha256 for one in reindex([bad], tmp_path / "stage", form, days.routing(form), Index(tmp_path / "seen"))] == ["a" * 64]
    assert list((tmp_path / "seen").iterdir()) == []


def test_unrouted_rows_are_delivered_later_through_their_own_file(tmp_path: Path) -> None:
    """And a run that only knows the old rules changes nothing in between."""
    first = run(tmp_path, row("1") + row("2", "777777"))
    unrouted = next(file for file in first.manifest.files if file.kind == "unrouted")
    data = (first.folder / unrouted.path).read_bytes()
    path = tmp_path / "unrouted.csv"
    path.write_bytes(data)
    form = days.layout()
    more = {"code": "777777", "name_ja": "新", "routes": [{"dept_code": "0604", "valid_from": "2026-04-01"}]}
    policy = {**days.RULES, "procedures": [*days.RULES["procedures"], more]}
    given = pipeline.Input(path, path.name, days.DAY, taken_at="20261122T090000Z", serial=2)
    second = pipeline.split(given, tmp_path / "stage", form, days.routing(form, policy), Index(tmp_path / "seen"))
    assert days.outputs(second) == {"0604": HEADER + row("2", "777777")}
    assert second.manifest.files[0].name == "収納結果_20261122_0604_生活衛生課_2.csv"
    again = run(tmp_path, row("2", "777777") + row("9"), 1)
    assert days.outputs(again) == {"0302": HEADER + row("9"), "重複": HEADER + row("2", "777777")}


def request(tmp_path: Path, file: Path | None, **more: object) -> pipeline.Request:
    given = {"ward": days.SAMPLE, "folder": tmp_path / "work", "evidence": tmp_path / "evidence", "file": file, **more}
    return pipeline.Request(**given)  # type: ignore[arg-type]


SAMPLE_HEADER = payment_day.COLUMNS.encode("cp932")


def sample_row(number: str, code: str) -> bytes:
    return f"20261122,13999,{number},1,1,{code},x,U,500,20261122101500,1,1,09,,00,ok\r\n".encode()


def test_the_pipeline_settles_unrouted_rows_and_is_idempotent(tmp_path: Path) -> None:
    file = tmp_path / "day.csv"
    file.write_bytes(SAMPLE_HEADER + b"\r\n" + sample_row("1", "100001") + sample_row("2", "555555"))
    planned = pipeline.run(request(tmp_path, file, check=True))
    assert not (tmp_path / "work").exists()
    assert not (tmp_path / "evidence").exists()
    done = pipeline.run(request(tmp_path, file))
    assert (done["changed"], done["failed"], [problem.code for problem in done["problems"]]) == (True, True, ["E1320"])
    assert f"--work {tmp_path / 'work'} --file '{tmp_path / 'work' / 'stage'}/" in done["problems"][0].render()
    assert {**planned["results"][0]} == done["results"][0]
    receipts = {path: Path(path).read_bytes() for path in done["receipts"]}
    again = pipeline.run(request(tmp_path, file))
    assert (again["changed"], again["failed"]) == (False, True)
    assert {path: Path(path).read_bytes() for path in again["receipts"]} == receipts
    renamed = tmp_path / "renamed.csv"
    renamed.write_bytes(file.read_bytes())
    assert not pipeline.run(request(tmp_path, renamed))["changed"]
    unrouted = next(Path(done["results"][0]["folder"]).glob("未振分/*.csv"))
    later = pipeline.run(request(tmp_path, unrouted))
    assert [(one["status"], one["unrouted"]["rows"]) for one in later["results"]] == [("attention", 1), ("attention", 1)]
    assert [problem.code for problem in later["problems"]] == ["E1320"]  # the same row, once


def test_no_input_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(pipeline.WardopsError) as error:
        pipeline.run(request(tmp_path, None))
    assert error.value.problems[0].code == "E1319"


def test_one_bad_file_does_not_stop_the_day_s_others(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "work" / "archive")
    for number, body in enumerate((b"nonsense", SAMPLE_HEADER + b"\r\n" + sample_row("1", "100001"))):
        file = tmp_path / f"{number}.csv"
        file.write_bytes(body)
        pipeline.take(archive, file, days.DAY)
    done = pipeline.run(request(tmp_path, None))
    assert {problem.code for problem in done["problems"]} == {"E1310"}
    assert [one["sections"] for one in done["results"]] == [{"rows": 1, "yen": 500}]


PIECE = st.sampled_from([b"", b"0", b"1", b"12345678", b"123456789", b"1" * 16, b"1" * 20, b"2" * 24, b"3" * 25, b"\x00", b"a\x00"])


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(PIECE, PIECE, PIECE, st.sampled_from([b"5", b"-5"])), min_size=2, max_size=30))
def test_keys_are_equal_exactly_for_equal_payments(rows: list[tuple[bytes, bytes, bytes, bytes]]) -> None:
    import io  # noqa: PLC0415

    data = b"".join(b",".join(fields) + b"\n" for fields in rows)
    (block,) = Reader(io.BytesIO(data), "x", len).blocks()
    every = np.arange(len(block))
    amounts, _ = columns.yen(block, *block.field(every, 3))
    found = [tuple(key) for key in columns.keys(block, every, (0, 1, 2), amounts < 0).tolist()]
    for one, left in zip(found, rows, strict=True):
        for other, right in zip(found, rows, strict=True):
            if left[0] and right[0]:
                assert (one == other) == (left == right), (left, right)
        assert (one == (0, 0)) == (not left[0])


@settings(max_examples=200, deadline=None)
@given(
    fields=st.lists(
        st.one_of(st.integers(-(10**14), 10**14).map(lambda value: b"%d" % value), st.binary(max_size=18)), min_size=1, max_size=20
    )
)
def test_amounts_in_bulk_are_what_the_plain_function_says(fields: list[bytes]) -> None:
    import io  # noqa: PLC0415

    fields = [field.translate(None, b'",\n\r') for field in fields]
    (block,) = Reader(io.BytesIO(b"".join(field + b",x\n" for field in fields)), "x", len).blocks()
    amounts, good = columns.yen(block, *block.field(np.arange(len(block)), 0))
    expected = [columns.plain_yen(field) for field in fields]
    assert [amount if fine else None for amount, fine in zip(amounts.tolist(), good.tolist(), strict=True)] == expected


def test_many_parts_sort_as_one(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    values = chance.integers(1, 2**63, (20_000, 2)).astype(np.uint64)
    results = []
    for size in (1, 1 << 34):
        keys = Keys(size, tmp_path)
        keys.add(values[:9000], np.arange(9000))
        keys.add(np.concatenate((values[9000:], values[:50])), np.arange(9000, 20_050))
        found = keys.compare([])
        index = Index(tmp_path / str(size))
        origin = Origin("20261122", "a" * 64)
        index.write(origin, keys)
        results.append((next((tmp_path / str(size)).iterdir()).read_bytes(), found.count, found.examples))
        keys.close()
    assert results[0] == results[1]
    assert results[0][1] == 50
    assert results[0][2][0] == {"record": 20_000, "first_record": 0}


def test_keys_that_agree_in_half_are_different_payments(tmp_path: Path) -> None:
    keys = Keys(1, tmp_path)
    values = np.array([[5, 1], [5, 2], [5, 1], [7, 1], [5, 2], [5, 3]], np.uint64)
    keys.add(values, np.arange(10, 16))
    found = keys.compare([])
    assert found.examples == [{"record": 12, "first_record": 10}, {"record": 14, "first_record": 11}]
    assert np.flatnonzero(found.among(10, 6)).tolist() == [2, 4]
