"""The split itself: bytes kept, order kept, rows and yen balanced, every damage named.

covers: E1310, E1311, E1312, E1313, E1314, E1315, E1316, E1317, E1318, E1323, E1324
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import random
import resource
import secrets
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.payment import pipeline
from ansible_collections.ward.ops.plugins.module_utils.payment import records as core
from ansible_collections.ward.ops.plugins.module_utils.payment import split as splitting
from ansible_collections.ward.ops.plugins.module_utils.payment.archive import Archive
from ansible_collections.ward.ops.plugins.module_utils.payment.split import Input, split
from ansible_collections.ward.ops.plugins.module_utils.payment.splitter import Reading
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.payment import days
from tests.unit.payment.days import HEADER, row
from tools import payment_day


def codes(error: pytest.ExceptionInfo[WardopsError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def test_every_row_goes_where_the_rules_say_with_the_header_repeated(tmp_path: Path) -> None:
    given = [
        row("01"),
        row("02", "100008", "-50"),
        row("03", "555555", tax="001"),
        row("04", "555555", "400", kind="7"),
        row("05", "555555", "4000", kind="7"),
        row("06", time="20261201000000"),
        row("07", time="20260331235959"),
        row("08", time="20261131000000"),
        row("09", amount="1,5"),
    ]
    staged = days.run(tmp_path, HEADER + b"".join(given))
    assert days.outputs(staged) == {
        "0302": HEADER + given[0],
        "0208": HEADER + given[1] + given[2],
        "0604": HEADER + given[3],
        "0305": HEADER + given[5],
        "未振分": HEADER + b"".join(given[index] for index in (4, 6, 7, 8)),
    }
    assert days.amounts(staged.manifest)["0208"] == (2, 250, 1, -50)
    assert staged.manifest.reasons == {"規則なし": 2, "日付不明": 1, "列数不一致": 1}
    assert staged.manifest.status == "attention"
    assert [file.name for file in staged.manifest.files][:2] == [
        "収納結果_20261122_0208_税務課.csv",
        "収納結果_20261122_0302_戸籍住民課.csv",
    ]
    assert json.loads((staged.folder / "manifest.json").read_bytes())["totals"]["input"]["rows"] == 9


@pytest.mark.parametrize(
    "body",
    [
        row("1")[:-2] + b"\n",
        row("1")[:-2],
        row("1") + row("2")[:-1] + b"\n" + row("3")[:-2],
        b'"1",1,100001,300,20261122101500,"a\r\nb\n\rc, ""d"""\r\n',
        "1,1,100001,300,20261122101500,ソ表ポ～髙﨑①㈱\r\n".encode("cp932"),
        b"1,1,100001,300,20261122101500,\x87\x90\xed\x40\xfa\x54\r\n",
        b"1,1,100001,300,20261122101500,\xff\x00\x81\xfe\x1a\r\n",
        b"1,1,100001,300,20261122101500,=1+1\r\n2,1,100001,300,20261122101500,-1\r\n3,1,100001,300,20261122101500,@x\r\n",
        b'1,1,"100001","300","20261122101500",x\r\n',
        b"1,1,100001,000000000300,20261122101500,x\r\n",
    ],
    ids=[
        "LF",
        "no final line end",
        "mixed",
        "line ends in quotes",
        "trail bytes",
        "no round trip",
        "no characters",
        "formulas",
        "quoted",
        "long",
    ],
)
@pytest.mark.parametrize(
    "prefix", [HEADER, b"\xef\xbb\xbf" + HEADER.decode("cp932").encode(), HEADER.replace(b",", b'","').join([b'"', b""])]
)
def test_bytes_are_kept(tmp_path: Path, body: bytes, prefix: bytes) -> None:
    if prefix.startswith(b'"'):
        prefix = prefix[:-2] + b'"\r\n'
    staged = days.run(tmp_path, prefix + body)
    assert days.outputs(staged) == {"0302": prefix + body}
    assert staged.manifest.totals["input"].yen == 300 * body.count(b"2026112210")


def test_a_file_without_header_and_with_byte_order_mark(tmp_path: Path) -> None:
    body = b"\xef\xbb\xbf" + row("1") + row("2", "100008")
    staged = days.run(tmp_path, body, days.layout(header=False))
    assert days.outputs(staged) == {"0302": body[:3] + row("1"), "0208": body[:3] + row("2", "100008")}


FIELD = st.one_of(
    st.sampled_from([b"100001", b"100008", b"300", b"-7", b"20261122101500", b"001", b"7", b"", b'"1,2"', b'"a\r\nb"', b'""', b"\x83\x5c"]),
    st.binary(max_size=6).map(lambda data: data.replace(b'"', b"").replace(b"\n", b"")),
)
RECORD = st.one_of(
    st.builds(
        lambda number, kind, code, yen, time, tax: b",".join([number, kind, code, yen, time, tax]),
        *[FIELD] * 6,
    ),
    st.builds(
        lambda number, code, yen: b"%d,7,%s,%d,20261122101500,001" % (number, code, yen),
        st.integers(0, 30),
        st.sampled_from([b"100001", b"100008", b"777777"]),
        st.integers(-(10**13), 10**13),
    ),
    st.lists(FIELD, max_size=8).map(b",".join),
)
CONTENT = st.builds(
    lambda items, tail: b"".join(record + end for record, end in items) + tail,
    st.lists(st.tuples(RECORD, st.sampled_from([b"\r\n", b"\n", b"\r\n", b"\n\n"])), max_size=25),
    st.one_of(st.just(b""), RECORD, st.binary(max_size=40)),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=CONTENT, block=st.sampled_from([64, 200, 1 << 20]))
def test_outputs_in_the_input_s_order_are_the_input(content: bytes, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arbitrary bytes: no record is lost, changed, doubled or moved within its section; the counts are an independent recount's."""
    monkeypatch.setattr(core, "BLOCK", block)
    folder = tmp_path / secrets.token_hex(8)
    folder.mkdir()
    if content.count(b'"') % 2:
        with pytest.raises(WardopsError) as error:
            days.run(folder, HEADER + content)
        assert codes(error) == ["E1315"]
        return
    staged = days.run(folder, HEADER + content)
    expected = [record for record in days.records(content) if record not in (b"\n", b"\r\n")]
    found = {section: days.records(data)[1:] for section, data in days.outputs(staged).items() if b"\r\n" in data and section}
    if not expected:
        assert [file.kind for file in staged.manifest.files] == ["no_data"]
        return
    assert Counter(record for part in found.values() for record in part) == Counter(expected)
    queues = {section: iter(part) for section, part in found.items()}
    heads = {section: next(queue, None) for section, queue in queues.items()}
    for record in expected:  # each output is a subsequence of the input
        section = next(section for section, head in heads.items() if head == record)
        heads[section] = next(queues[section], None)
    assert staged.manifest.totals["input"].rows == len(expected)
    assert sum(file.amounts.rows for file in staged.manifest.files) == len(expected)
    assert sum(file.amounts.yen for file in staged.manifest.files) == staged.manifest.totals["input"].yen


def recount(path: Path) -> dict[str, tuple[int, int, int]]:
    """Rows, yen, cancelled rows by procedure code with the standard library alone, in a process of its own."""
    script = textwrap.dedent("""
        import csv, json, sys
        from collections import defaultdict
        sums = defaultdict(lambda: [0, 0, 0])
        with open(sys.argv[1], encoding="cp932", errors="surrogateescape", newline="") as stream:
            for row in list(csv.reader(stream))[1:]:
                if row:
                    yen = int(row[8]) if len(row) == 16 else 0
                    for number, value in enumerate((1, yen, yen < 0)):
                        sums[row[5] if len(row) == 16 else "?"][number] += value
        print(json.dumps(sums))
    """)
    return json.loads(subprocess.check_output([sys.executable, "-c", script, str(path)]))


def test_a_dirty_day_is_what_an_independent_recount_says(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    with path.open("wb") as stream:
        payment_day.write(stream, 12_000, days.DAY, spoil=True)
    form, rules = days.sample()
    staged = split(Input(path, path.name, days.DAY), tmp_path / "stage", form, rules)
    whole = recount(path)
    totals = staged.manifest.totals
    assert [sum(item[part] for item in whole.values()) for part in range(3)] == [
        totals["input"].rows,
        totals["input"].yen,
        totals["input"].cancelled_rows,
    ]
    parts: Counter[str] = Counter()
    for file in staged.manifest.files:
        found = recount(staged.folder / file.path)
        assert sum(item[0] for item in found.values()) == file.amounts.rows
        assert sum(item[1] for item in found.values()) == file.amounts.yen
        assert sum(item[2] for item in found.values()) == file.amounts.cancelled_rows
        parts.update({code: item[0] for code, item in found.items()})
    assert parts == {code: item[0] for code, item in whole.items()}
    assert {kind: totals[kind].rows for kind in ("unrouted", "duplicates")} == {"unrouted": 22, "duplicates": 11}


def test_blocks_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "day.csv"
    with path.open("wb") as stream:
        payment_day.write(stream, 3_000, days.DAY, spoil=True)
    form, rules = days.sample()
    results = []
    for block in (1 << 20, 4096, 777):
        monkeypatch.setattr(core, "BLOCK", block)
        staged = split(Input(path, path.name, days.DAY), tmp_path / str(block), form, rules)
        results.append((staged.folder / "manifest.json").read_bytes())
    assert results[0] == results[1] == results[2]


def test_records_of_all_widths_are_gathered_whole_and_in_order(tmp_path: Path) -> None:
    """Narrow, wide and very wide rows (wider than what is copied at once) beside each other, in many sections."""
    dice = random.Random(7)
    widths = [dice.choice((0, 1, 30, 200, 900, core.WIDEST - 200, core.WIDEST, 2 * core.WIDEST, 40_000)) for _ in range(1500)]
    codes_ = [dice.choice((b"100001", b"100008", b"777777")) for _ in widths]
    given = [
        b"%d,7,%s,%d,20261122101500,%s\n" % (number, code, number % 97, secrets.token_hex(width // 2 + 1).encode()[:width])
        for number, (code, width) in enumerate(zip(codes_, widths, strict=True))
    ]
    found = days.outputs(days.run(tmp_path, HEADER + b"".join(given)))
    names = {b"100001": "0302", b"100008": "0208", b"777777": "未振分"}
    for code, name in names.items():
        assert found[name] == HEADER + b"".join(record for record, own in zip(given, codes_, strict=True) if own == code)


def test_the_same_input_again_changes_nothing_and_check_mode_says_the_same(tmp_path: Path) -> None:
    data = HEADER + row("1") + row("1")
    path = tmp_path / "day.csv"
    path.write_bytes(data)
    given = Input(path, path.name, days.DAY)
    planned = split(given, tmp_path / "stage", days.layout(), days.routing(), check=True)
    assert planned.changed
    assert not (tmp_path / "stage").exists()
    first = days.run(tmp_path, data)
    assert (first.changed, first.manifest, first.folder) == (True, planned.manifest, planned.folder)
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    again = days.run(tmp_path, data)
    assert (again.changed, again.manifest) == (False, first.manifest)
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before
    assert not split(given, tmp_path / "stage", days.layout(), days.routing(), check=True).changed


def test_a_day_without_rows_says_so(tmp_path: Path) -> None:
    staged = days.run(tmp_path, HEADER + b"\r\n")
    (file,) = staged.manifest.files
    assert (staged.manifest.status, file.kind, file.deliver, file.name) == (
        "no_data",
        "no_data",
        True,
        "収納結果_20261122_全課_該当なし.csv",
    )
    assert (staged.folder / file.path).read_text(encoding="cp932").strip() == "2026-11-22 該当なし"
    assert staged.manifest.totals["blank_lines"] == 1


TRAILER = {"place": "trailer", "mark": "TRL", "rows": 2, "yen": 3}
FIRST = {"place": "header", "mark": "HDR", "rows": 2, "yen": 3}


@pytest.mark.parametrize("end", [b"\r\n", b"", b"\r\n\r\n"])
def test_control_totals_are_compared_and_not_delivered(tmp_path: Path, end: bytes) -> None:
    body = row("1") + row("2", amount="-100")
    staged = days.run(tmp_path, HEADER + body + b"TRL,2,200" + end, days.layout(TRAILER))
    assert days.outputs(staged) == {"0302": HEADER + body}
    assert staged.manifest.control == {"rows": 2, "yen": 200}
    staged = days.run(tmp_path, b"HDR,2,200\r\n" + HEADER + body + end[:2], days.layout(FIRST))
    assert days.outputs(staged) == {"0302": HEADER + body}


@pytest.mark.parametrize(
    ("data", "form", "code", "place"),
    [
        (HEADER + row("1") + b"TRL,2,300\r\n", days.layout(TRAILER), "E1312", "day.csv:3"),
        (HEADER + row("1") + b"TRL,1,301\r\n", days.layout(TRAILER), "E1312", "day.csv:3"),
        (HEADER + row("1"), days.layout(TRAILER), "E1313", "day.csv:3"),
        (HEADER + row("1") + b"TRL,1,300\r\n" + row("2"), days.layout(TRAILER), "E1313", "day.csv:4"),
        (HEADER + b"TRL,1\r\n", days.layout(TRAILER), "E1313", "day.csv:2"),
        (HEADER + row("1"), days.layout(FIRST), "E1313", "day.csv:1"),
        (b"", days.layout(), "E1311", "day.csv"),
        (b"\r\n", days.layout(), "E1311", "day.csv"),
        (HEADER.replace(b",", b";") + row("1"), days.layout(), "E1310", "day.csv:1"),
        (HEADER + row("1") + b'2,"1,100001\r\n' + row("3"), days.layout(), "E1315", "day.csv:3"),
        (HEADER + row("1") + b"x" * (core.LONGEST + 1) + b"\r\n", days.layout(), "E1314", "day.csv:3"),
        (HEADER + row("1") + b"x" * (3 * core.BLOCK), days.layout(), "E1314", "day.csv:3"),
        (b"\xff\xfe" + "納付番号".encode("utf-16-le"), days.layout(), "E1316", "day.csv"),
        (b"PK\x03\x04" + b"x" * 99, days.layout(), "E1316", "day.csv"),
        (HEADER.decode("cp932").encode() + row("1"), days.layout(), "E1316", "day.csv:1"),
    ],
)
def test_a_damaged_file_is_refused_whole_and_named(tmp_path: Path, data: bytes, form: object, code: str, place: str) -> None:
    with pytest.raises(WardopsError) as error:
        days.run(tmp_path, data, form)  # type: ignore[arg-type]
    assert set(codes(error)) == {code}
    assert error.value.problems[0].where == place
    assert list((tmp_path / "stage").iterdir()) == []


def test_all_differences_of_the_header_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(WardopsError) as error:
        days.run(tmp_path, "納付番号,区分,手続コード,金額\r\n".encode("cp932"))
    assert [problem.params["position"] for problem in error.value.problems] == [2, 4, 5, 6]
    assert "4 列目の見出しが違います：「金額」（様式では「納付金額」）" in str(error.value)


def test_a_changed_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WardopsError) as error:
        days.run(tmp_path, HEADER + row("1"), sha256="0" * 64)
    assert codes(error) == ["E1317"]


def test_books_that_do_not_balance_stop_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prove = splitting._prove

    def miscounted(reading: Reading, *others: object) -> None:
        prove(dataclasses.replace(reading, size=reading.size + 1), *others)  # type: ignore[arg-type]

    monkeypatch.setattr(splitting, "_prove", miscounted)
    with pytest.raises(WardopsError) as error:
        days.run(tmp_path, HEADER + row("1"))
    assert codes(error) == ["E1318"]
    assert list((tmp_path / "stage").iterdir()) == []


def test_an_altered_result_is_found(tmp_path: Path) -> None:
    data = HEADER + row("1")
    staged = days.run(tmp_path, data)
    file = staged.folder / staged.manifest.files[0].path
    file.write_bytes(file.read_bytes().replace(b"300", b"900"))
    with pytest.raises(WardopsError) as error:
        days.run(tmp_path, data)
    assert codes(error) == ["E1324"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """A file system of 1 MiB, in a mount namespace of its own."""
    path = tmp_path / "day.csv"
    with path.open("wb") as stream:
        payment_day.write(stream, 20_000, days.DAY)
    (tmp_path / "small").mkdir()
    script = textwrap.dedent(f"""
        import sys; sys.path[:0] = {[str(Path(__file__).parents[3] / "collections"), str(Path(__file__).parents[3])]!r}
        from pathlib import Path
        from tests.unit.payment import days
        from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
        try:
            days.split(days.Input(Path({str(path)!r}), "day", days.DAY), Path({str(tmp_path / "small")!r}) / "stage", *days.sample())
        except WardopsError as error:
            print(error.problems[0].code, list((Path({str(tmp_path / "small")!r}) / "stage").iterdir()))
    """)
    command = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" -c "$3"'
    result = subprocess.run(
        ["unshare", "--mount", "sh", "-c", command, "sh", str(tmp_path / "small"), sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout, result.stderr) == ("E1323 []\n", "")


def test_a_line_without_end_needs_no_memory(tmp_path: Path) -> None:
    """4 GiB of zeros in a sparse file: refused at its beginning, within 40 MiB beyond the interpreter."""
    path = tmp_path / "endless.csv"
    with path.open("wb") as stream:
        stream.write(HEADER)
        stream.truncate(4 << 30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WardopsError) as error:
        split(Input(path, path.name, days.DAY, sha256="0" * 64), tmp_path / "stage", days.layout(), days.routing())
    assert codes(error) == ["E1314"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024


def test_excel_reads_what_is_delivered(tmp_path: Path) -> None:
    staged = days.run(tmp_path, HEADER + b'1,1,100001,300,20261122101500,"a\r\nb"\r\n')
    (data,) = days.outputs(staged).values()
    assert list(csv.reader(io.StringIO(data.decode("cp932"), newline="")))[1] == ["1", "1", "100001", "300", "20261122101500", "a\r\nb"]


@pytest.mark.parametrize("changes", [{"duplicates": "未振分"}, {"unrouted": "0302"}, {"folder": "収納", "file_name": "結果_{date}"}])
def test_two_places_that_are_one_stop_the_run_before_it_reads(tmp_path: Path, changes: dict[str, str]) -> None:
    """Whoever runs without ``make check`` must not find another section's rows, or rows that are not delivered, in a section's file."""
    path = tmp_path / "day.csv"
    path.write_bytes(HEADER + row("1") + row("1"))
    with pytest.raises(WardopsError) as error:
        split(Input(path, path.name, days.DAY), tmp_path / "stage", days.layout(), days.routing(policy={**days.RULES, **changes}))
    assert codes(error) == ["E1308"]


def test_what_has_no_end_or_still_grows_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(tmp_path / "archive")
    os.mkfifo(tmp_path / "pipe")
    growing = tmp_path / "day.csv"
    growing.write_bytes(HEADER + row("1"))
    once = pipeline.digest

    def and_grows(stream: io.BufferedReader) -> tuple[int, str]:
        found = once(stream)
        with growing.open("ab") as more:
            more.write(row("2"))
        return found

    monkeypatch.setattr(pipeline, "digest", and_grows)
    for path, code in ((Path("/dev/zero"), "E0102"), (tmp_path / "pipe", "E0102"), (tmp_path, "E0102"), (growing, "E0100")):
        with pytest.raises(WardopsError) as error:
            pipeline.take(archive, path, days.DAY)
        assert codes(error) == [code]
    assert archive.entries() == [] and list(archive.incoming.iterdir()) == []
