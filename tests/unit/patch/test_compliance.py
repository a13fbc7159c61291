"""適用状況一覧: the numbers against a count of our own, reasons, gaps, hostile names, two runs, check mode.

covers: E1913, E1914, E1915
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch import compliance_report, compliance_task, run, snapshots
from ansible_collections.ward.ops.plugins.module_utils.patch.compliance import Standing, by_section
from ansible_collections.ward.ops.plugins.module_utils.patch.compliance_logons import read_logons
from ansible_collections.ward.ops.plugins.module_utils.patch.compliance_reasons import Reason
from ansible_collections.ward.ops.plugins.module_utils.patch.compliance_source import Request, read

from tests.unit.patch.compliance_ward import FIRST, OPENED, Reported
from tests.unit.patch.ward import Fixture
from wardops.__main__ import main

EVIL = "</script><script>document.title='x'</script>\"'<b>"


def codes(error: pytest.ExceptionInfo[WardopsError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    return Reported(tmp_path_factory.mktemp("reported"), 400, 4, 18)


@pytest.fixture
def few(tmp_path: Path) -> Reported:
    return Reported(tmp_path, 60, 3, 6)


def table(data: bytes, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(encoding))))


def own_count(path: Path) -> Counter[tuple[str, str, str]]:
    """Ring, section, word of every terminal, from the file alone and without our code."""
    told = json.loads(path.read_text(encoding="utf-8"))
    found: Counter[tuple[str, str, str]] = Counter()
    for place, (ring, dept, report) in enumerate(zip(told["rings"], told["depts"], told["reports"], strict=True)):
        digits = {row[place] for row in told["states"].values()}
        opened = max(told["approved"].get(ring, {}).values(), default="")
        if not opened:
            word = "適用前"
        elif not report or dt.datetime.fromisoformat(report) < dt.datetime.fromisoformat(opened):
            word = "未通信"
        else:
            word = "失敗" if "5" in digits else "未適用" if digits & set("023") else "再起動待ち" if "6" in digits else "適用済"
        found[ring, dept, word] += 1
    return found


def test_every_number_is_that_of_an_independent_count(reported: Reported) -> None:
    day, before = reported.days[-1], reported.days[-2]
    files = compliance_report.files(reported.read())
    expected = own_count(reported.state / "lgwan" / f"{day}.json")
    earlier = own_count(reported.state / "lgwan" / f"{before}.json")
    words = ("適用済", "再起動待ち", "未適用", "失敗", "未通信", "適用前")
    rows = table(files["patch-compliance.csv"])
    found = {(row["リング"], row["課コード"], word): int(row[word]) for row in rows for word in words if int(row[word])}
    assert found == dict(expected) and len({word for *_, word in found}) >= 5
    assert sum(int(row["対象"]) for row in rows) == 400 == sum(expected.values())
    for row in rows:
        key = (row["リング"], row["課コード"], "適用済")
        assert int(row["前日差"]) == expected[key] - earlier[key] and row["基準日"] == str(day) and row["部"] and row["課"]
        assert row["適用率"] == f"{100 * expected[key] / int(row['対象']):.1f}"
    terminals = table(files["patch-compliance-terminals.csv"])
    assert Counter((one["リング"], one["課コード"], one["状況"]) for one in terminals) == expected
    kept = json.loads(files["patch-compliance.json"])
    for part in ("rings", "sections", "models"):
        assert sum(one["target"] for one in kept[part]) == kept["total"]["target"] == 400
        assert sum(one["done"] for one in kept[part]) == sum(count for key, count in expected.items() if key[2] == "適用済")
    assert [sum(one["counts"].values()) for one in kept["days"]] == [400] * 18
    assert kept["days"][3]["counts"]["ahead"] == sum(ring != "R0" for ring in (row[5] for row in reported.rows))


def test_the_numbers_are_those_of_the_gate(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path, {"R0": 4, "R1": 12, "R2": 8})
    fixture.plan()
    for ring in ("R0", "R1"):
        fixture.until(fixture.day(ring))
        run.stage(fixture.server, fixture.asked(ring))
    fixture.until(fixture.day("R1") + dt.timedelta(days=3))
    looked = run.look(fixture.server, fixture.asked("R2"))
    today = fixture.day("R1") + dt.timedelta(days=3)
    made = read(Request(fixture.root, fixture.state, "mn", "2027-01", today))
    counts = Counter((line.ring, line.standing) for line in made.lines)
    for measure in looked["rings"][:2]:
        ours = [counts[measure["ring"], one] for one in (Standing.DONE, Standing.RESTART, Standing.LACKING, Standing.FAILED)]
        assert ours == [measure[name] for name in ("done", "restart", "lacking", "failed")] and measure["done"]
        assert counts[measure["ring"], Standing.SILENT] == measure["size"] - measure["reported"]
    assert counts["R2", Standing.AHEAD] == 8


def test_limits_leave_what_they_say(reported: Reported) -> None:
    pilot = reported.read(ring="先行適用")
    assert {line.ring for line in pilot.lines} == {"R1"} and not pilot.outsiders and pilot.request.limit == "リング 先行適用"
    code = reported.rows[-1][3]
    named = reported.read(section=reported.read().sections[code][1])
    assert {line.dept for line in named.lines} == {code} == {line.dept for line in reported.read(section=code).lines}
    names = frozenset(row[1] for row in reported.rows[:3])
    assert {line.name for line in reported.read(only=names).lines} == names
    for wrong, expected in (({"ring": "R9"}, "E1900"), ({"section": "ない課"}, "E1915"), ({"only": frozenset(("X",))}, "E1915")):
        with pytest.raises(WardopsError) as error:
            reported.read(**wrong)
        assert codes(error) == [expected]
    with pytest.raises(WardopsError) as error:
        read(dataclasses.replace(reported.request(), layer="../lgwan"))
    assert codes(error) == ["E1900"]


def test_days_that_are_missing_or_damaged_are_said_and_leave_a_gap(few: Reported) -> None:
    folder = few.state / "lgwan"
    (folder / f"{few.days[2]}.json").unlink()
    last = folder / f"{few.days[-1]}.json"
    last.write_bytes(last.read_bytes()[:-200])
    (folder / f"{few.days[1]}.json.tmp").write_bytes(b"half")
    made = few.read()
    assert (made.day, made.before) == (few.days[4], few.days[3])
    assert [one.counts is not None for one in made.days] == [True, True, False, True, True]
    assert any(f"{few.days[-1]} の記録がないため" in note for note in made.notes)
    assert any(f"記録がない日: {few.days[2]}" in note for note in made.notes)
    again = few.read(day=few.days[2])
    assert again.day == few.days[1] and not any("壊れて" in note for note in again.notes)
    with pytest.raises(WardopsError) as error:
        few.read(day=FIRST - dt.timedelta(days=1))
    assert codes(error) == ["E1914"]
    for path in folder.glob("*.json"):
        path.write_text('{"format": 2}', encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        few.read()
    assert codes(error) == ["E1909"]


def test_updates_that_change_in_the_middle(few: Reported) -> None:
    guids = [one.id.guid for one in few.updates]
    now = few.snapshot(few.days[-1])
    digits = dict(now.states) | {guids[0]: "5" * len(now.names)}
    catalogue = {guids[0]: (201, "expired"), guids[1]: (202, "")}
    few.keep(dataclasses.replace(now, states=digits, catalogue=catalogue))
    made = few.read()
    notes = "\n".join(made.notes)
    assert "提供元が取り下げた" in notes and "201 から 202" in notes and "サーバーにない" in notes and "1 / 3 件" in notes
    assert Standing.FAILED not in {line.standing for line in made.lines}  # a withdrawn update fails nobody


def test_two_cycles_of_a_day_keep_what_each_of_them_saw(few: Reported) -> None:
    now = few.snapshot(few.days[-1])
    other = "11111111-0000-4000-8000-000000000001"
    turned = slice(None, None, -1)
    approved = {"R2": {other: now.at}}
    few.keep(
        dataclasses.replace(
            now,
            names=now.names[turned],
            depts=now.depts[turned],
            rings=now.rings[turned],
            ids=now.ids[turned],
            reports=now.reports[turned],
            models=now.models[turned],
            syncs=now.syncs[turned],
            states={other: "2" * len(now.names)},
            approved=approved,
            catalogue={other: (1, "")},
        )
    )
    kept = snapshots.read(few.state, "lgwan", few.days[-1])
    guid = few.updates[0].id.guid
    assert kept.states[guid] == now.states[guid][turned] and kept.states[other] == "2" * len(now.names)
    assert kept.approved is not None and now.approved is not None
    assert kept.approved["R0"] == now.approved["R0"] and kept.approved["R2"] == approved["R2"]
    assert Counter(one.standing for one in few.read().lines)[Standing.DONE] > 0


def aged(few: Reported, name: str, **facts: Any) -> None:
    """Change one terminal of the last snapshot."""
    path = few.state / "lgwan" / f"{few.days[-1]}.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    place = told["names"].index(name)
    for column, value in facts.items():
        told[column][place] = value
    path.write_text(json.dumps(told), encoding="utf-8")


@pytest.mark.parametrize(
    ("status", "known", "report", "sync", "logon", "reason"),
    [
        ("active", True, -20, -20, None, Reason.OFF),
        ("active", True, -20, -20, -1, Reason.BROKEN),
        ("lent", True, -20, -20, -1, Reason.BROKEN),
        ("active", True, -20, -20, -19, Reason.OFF),
        ("active", True, -20, 0, None, Reason.MUTE),
        ("lent", True, -20, -20, None, Reason.LENT),
        ("setup", True, None, None, None, Reason.SETUP),
        ("active", False, None, None, -1, Reason.UNMANAGED),
        ("lent", False, None, None, None, Reason.LENT),
        ("active", False, None, None, "missing", Reason.NOT_JOINED),
        ("active", False, None, None, "disabled", Reason.DISABLED),
        ("active", False, None, None, None, Reason.ABSENT),
        ("returned", True, -20, -20, None, Reason.GONE),
        ("", True, -20, -20, None, Reason.NO_LEDGER),
    ],
)
def test_why_a_terminal_is_quiet(
    few: Reported, status: str, *, known: bool, report: int | None, sync: int | None, logon: int | str | None, reason: Reason
) -> None:
    now = dt.datetime.fromisoformat(few.snapshot(few.days[-1]).at)

    def moment(days: Any) -> str:
        return (now + dt.timedelta(days=days)).isoformat() if isinstance(days, int) else ""

    name = few.rows[0][1]
    aged(few, name, ids="id-1" if known else "", reports=moment(report), syncs=moment(sync))
    few.rows = [[*row[:4], status, *row[5:]] if row[1] == name else row for row in few.rows if row[1] != name or status]
    few.ledger()
    entry = {"name": name.lower() + "$", "last_logon": moment(logon) or None, "enabled": logon != "disabled"}
    others = [{"name": row[1], "last_logon": now.isoformat()} for row in few.rows[1:]]
    path = few.root / "logons.json"
    listed = others if logon == "missing" else [entry, *others]
    path.write_text(json.dumps({"format": 1, "as_of": now.isoformat(), "computers": listed}), encoding="utf-8")
    cause = few.read(logons=path).causes[name]
    assert cause.reason is reason
    signs = [days for days in (report, sync, logon) if isinstance(days, int)]
    assert cause.sign == (now + dt.timedelta(days=max(signs)) if signs else None)


def test_computers_of_the_server_that_are_in_no_ring(few: Reported) -> None:
    now = few.snapshot(few.days[-1])
    states = {
        "LG25D90001": "returned",
        "LG25D90002": "stock",
        "LG25D90003": "repair",
        "LG25D90004": "return_pending",
        "LG25D90005": "active",
    }
    few.rows += [[f"A9{name[5:]}", name, "合成", "0101", status, "R2", "", ""] for name, status in states.items()]
    few.ledger()
    (few.root / "ledgers/mn").mkdir()
    (few.root / "ledgers/mn/terminals.csv").write_text("asset_id,computer_name,status\nA1,MN25D00001,active\n", encoding="utf-8")
    former = few.rows[3][1]
    others = [("stranger", f"{name}.ward.example", f"id-{name}", now.at, now.at) for name in (*states, "MN25D00001", "NEW-PC", "DESKTOP-X")]
    others = [(*one[:2], f"id-{former}", *one[3:]) if one[1].startswith("NEW-PC") else one for one in others]
    others.append(("stale", few.rows[5][1], "old-id", "", ""))
    few.keep(dataclasses.replace(now, others=tuple(others), excluded=((few.rows[7][1], "R2", "0101"),)))
    made = few.read()
    found = {one.name.partition(".")[0]: one.reason for one in made.outsiders}
    assert found == {
        "LG25D90001": Reason.GONE,
        "LG25D90002": Reason.STOCK,
        "LG25D90003": Reason.REPAIR,
        "LG25D90004": Reason.RETURNING,
        "LG25D90005": Reason.NEW,
        "MN25D00001": Reason.OTHER_LAYER,
        "NEW-PC": Reason.RENAMED,
        "DESKTOP-X": Reason.UNKNOWN,
        few.rows[5][1]: Reason.STALE,
    }
    assert {one.note for one in made.outsiders} == {"", "mn", former}
    assert made.lines[-1].standing is Standing.EXCLUDED
    content = compliance_report.data(made)
    assert content["total"]["excluded"] == 1 and content["total"]["target"] == 60 and sum(content["outsiders"].values()) == 9


def test_what_a_section_is_told(reported: Reported) -> None:
    made = reported.read()
    lacking = by_section(made.lines)
    assert all(
        line.dept == code and line.standing not in (Standing.DONE, Standing.AHEAD) for code, those in lacking.items() for line in those
    )
    assert sum(map(len, lacking.values())) == sum(line.standing in (1, 2, 3, 4) for line in made.lines)
    failed = next(line for line in made.lines if line.standing is Standing.FAILED)
    assert failed.failed == ("5900001",) == tuple(kb for kb, _ in failed.open)[:1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_logons_as_windows_writes_them(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "logons.csv"
    rows = ["MN25D00001$,2027-01-20T09:00:00+09:00,TRUE", 'mn25d00002.mn.ward.example,"",False', "MN25D00003,2027-03-01T00:00:00Z,True"]
    text = "\r\n".join(["computer_name,last_logon,enabled,as_of", *(f"{row},2027-01-21T00:00:00Z" for row in rows), ""])
    path.write_bytes(text.encode(encoding))
    found = read_logons(path, "x")
    assert [(one.last and one.last.isoformat(), one.enabled) for one in found.by_name.values()] == [
        ("2027-01-20T00:00:00+00:00", True),
        (None, False),
        ("2027-01-21T00:00:00+00:00", True),  # of the future: no later than the list
    ]
    assert found.of("MN25D00001.mn.ward.example") is found.by_name["mn25d00001"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("computer_name,last_logon\nA,\n", 1),
        ("computer_name,last_logon,enabled,as_of\n", 1),
        ("computer_name,last_logon,enabled,as_of\nA,昨日,true,2027-01-21T00:00Z\nB,,perhaps,2027-01-21T00:00Z\n,,1,2027-01-21T00:00Z\n", 3),
        ("computer_name,last_logon,enabled,as_of\nA,2027-01-20T09:00,true,2027-01-21T00:00Z\n", 1),
        ("computer_name,last_logon,enabled,as_of\nA,,1,2027-01-21T00:00Z\na$,,1,2027-01-21T00:00Z\n", 1),
        ("computer_name,last_logon,enabled,as_of\nA,,1,2027-01-21T00:00Z\nB,,1,2027-01-22T00:00Z\n", 1),
        ('computer_name,last_logon,enabled,as_of\n"A,,1\n', 1),
        ("computer_name,last_logon,enabled,as_of\nA,,1\n", 1),
        ('{"format": 2}', 1),
        ('{"format": 1, "as_of": 3, "computers": [{"name": "A"}]}', 1),
        ("[" * 100_000, 1),
        ("computer_name,last_logon,enabled,as_of\nA,9999-12-31T23:59:59-14:00,1,2027-01-21T00:00Z\n", 1),
    ],
)
def test_dirty_lists_of_logons(tmp_path: Path, text: str, count: int) -> None:
    path = tmp_path / "logons"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        read_logons(path, "logons")
    assert codes(error) == ["E1913"] * count


def test_hostile_names_stay_text(few: Reported) -> None:
    now = few.snapshot(few.days[-1])
    few.keep(
        dataclasses.replace(now, models=(EVIL, "=HYPERLINK(1)", "+1", *now.models[3:]), others=(("stranger", EVIL, "@x", now.at, ""),))
    )
    files = compliance_report.files(few.read())
    page = files["patch-compliance.html"].decode()
    assert page.count("</script>") == 2 and "document.title='x'</script>" not in page and "<b>" not in page
    rows = table(files["patch-compliance-terminals.csv"])
    assert [row["機種"] for row in rows[:3]] == [EVIL, "'=HYPERLINK(1)", "'+1"]
    assert table(files["patch-compliance-outsiders.csv"])[0]["ID"] == "'@x"
    few.keep(dataclasses.replace(now, models=("𠮷", *now.models[1:])))
    with pytest.raises(WardopsError) as error:
        compliance_report.files(few.read(), "cp932")
    assert codes(error) == ["E0124"]


def test_check_mode_says_what_a_run_writes_and_a_second_run_writes_nothing(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path, {"R0": 2, "R1": 3, "R2": 4})
    fixture.plan()
    fixture.until(fixture.day("R0"))
    run.stage(fixture.server, fixture.asked("R0"))
    today = fixture.day("R0") + dt.timedelta(days=2)
    fixture.until(today)
    request = Request(fixture.root, fixture.state, "mn", "2027-01", today)
    wish = compliance_task.Wanted(request, tmp_path / "out", tmp_path / "evidence", "cp932", check=True, now=fixture.world.now)
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    foreseen = compliance_task.run(wish, fixture.server)
    assert foreseen["changed"] and sorted(str(path) for path in tmp_path.rglob("*")) == before
    done = compliance_task.run(dataclasses.replace(wish, check=False), fixture.server)
    assert {name: done[name] for name in ("counts", "diff", "changed", "notes", "files")} == {
        name: foreseen[name] for name in ("counts", "diff", "changed", "notes", "files")
    }
    assert done["counts"]["target"] == 9 and done["counts"]["ahead"] == 7
    assert table((tmp_path / "out/patch-compliance.csv").read_bytes(), "cp932")[0]["リング"] == "R0"
    assert snapshots.latest(fixture.state, "mn", today) is not None
    again = compliance_task.run(dataclasses.replace(wish, check=False), fixture.server)
    assert not again["changed"] and json.loads(Path(done["evidence"]).read_text(encoding="utf-8"))
    yesterday = dataclasses.replace(request, day=today - dt.timedelta(days=1))
    with pytest.raises(WardopsError) as error:
        compliance_task.run(dataclasses.replace(wish, request=yesterday), fixture.server)
    assert codes(error) == ["E1901"]


def test_a_snapshot_of_the_old_form_is_still_read(few: Reported) -> None:
    path = few.state / "lgwan" / f"{few.days[-1]}.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    for name in ("models", "syncs", "approved", "catalogue", "excluded", "others"):
        del told[name]
    path.write_text(json.dumps({**told, "format": 1}), encoding="utf-8")
    made = few.read()
    assert any("旧形式" in note for note in made.notes) and {line.ring for line in made.lines} == set(OPENED)


def test_the_command_line_writes_the_same_report(few: Reported, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = ["--ward", str(few.root), "--state", str(few.state), "--out", str(tmp_path / "out")]
    words = ["patch", "report", "2027-01", "--layer", "lgwan", "--on", str(few.days[-1]), "--ring", "pilot", *places]
    assert main(words) == 0
    assert (tmp_path / "out/patch-compliance.csv").read_bytes() == compliance_report.files(few.read(ring="pilot"))["patch-compliance.csv"]
    assert "対象 3 台" in capsys.readouterr().out
    assert main([*words[:3], "--layer", "mn", *places]) == 1
    assert "E1914" in capsys.readouterr().err
