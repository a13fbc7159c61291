"""Notices of a cycle: the texts, who gets which, nothing before the approval, a ward's own words.

covers: E1975, E1976, E1977, E1978
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch import notices, notices_task, snapshots
from ansible_collections.ward.ops.plugins.module_utils.patch.compliance import OPEN
from ansible_collections.ward.ops.plugins.module_utils.patch.notices_task import Asked

from tests.mailserver import PASSWORD, USER, MailServer
from tests.unit.patch.compliance_ward import LAYER, Reported
from wardops.__main__ import main

ENVIRON = {"WARDOPS_MAIL_USER": USER, "WARDOPS_MAIL_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    return Reported(tmp_path_factory.mktemp("reported"), 600, 3, 17)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path) as running:
        yield running


@pytest.fixture
def asked(reported: Reported, tmp_path: Path) -> Asked:
    now = dt.datetime.combine(reported.days[-1], dt.time(9), dt.timezone(dt.timedelta(hours=9)))
    return Asked(reported.root, LAYER, "2027-01", tmp_path / "out", tmp_path / "state", tmp_path / "evidence", now=now)


def with_states(asked: Asked, reported: Reported) -> Asked:
    asked.state.mkdir()
    (asked.state / LAYER).symlink_to(reported.state / LAYER)
    return asked


def approve(reported: Reported, **more: str) -> None:
    words = {
        "application": "申請-1",
        "layer": LAYER,
        "ring": "R2",
        "approver": "d1",
        "minutes": "議事録-1",
        "plan": reported.plan.digest[:16],
    }
    path = reported.root / "policies/patch/2027-01/decisions.yml"
    path.write_text(
        yaml.safe_dump({"approvals": [{**words, "at": "2027-01-25T10:00:00+09:00", **more}]}, allow_unicode=True), encoding="utf-8"
    )


def reach(reported: Reported, server: MailServer) -> None:
    path = reported.root / "policies/mail.yml"
    words = yaml.safe_load(path.read_bytes())
    path.write_text(yaml.safe_dump({**words, "server": "127.0.0.1", "port": server.port, "ca": str(server.ca)}), encoding="utf-8")


def codes(error: pytest.ExceptionInfo[WardopsError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def test_the_texts_say_what_the_plan_and_the_snapshot_say(reported: Reported, asked: Asked) -> None:
    with_states(asked, reported)
    foreseen = notices_task.run(replace(asked, check=True))
    assert foreseen["changed"] and not asked.folder.exists()
    done = notices_task.run(asked)
    assert done["files"] == foreseen["files"]
    assert notices_task.run(asked)["changed"] is False
    text = (asked.folder / "周知文.txt").read_text("utf-8")
    last = max((one for one in reported.plan.dates if one.layer == LAYER), key=lambda one: one.day)
    assert f"令和9年{last.day.month}月{last.day.day}日" in text and "LGWAN接続系" in text and "KB5900001" in text
    assert "先行適用の結果" in text and "件名：" in text
    assert 15 <= done["seconds"]["放送文.txt"] <= 90

    # 未適用案内: each terminal that needs somebody stands in its own section's letter, and nobody else's
    lines = reported.read(day=reported.days[-1]).lines
    wanted: dict[str, set[str]] = {}
    for line in lines:
        if line.standing in OPEN:
            wanted.setdefault(line.dept, set()).add(line.name)
    found = {
        path.stem.removeprefix(f"未適用案内-{reported.days[-1]}-"): path.read_text("utf-8") for path in asked.folder.glob("未適用案内-*")
    }
    assert found.keys() == wanted.keys()
    for code, content in found.items():
        assert {line.name for line in lines if line.name in content} == wanted[code]


def test_nothing_is_sent_before_the_approval_and_then_once(reported: Reported, asked: Asked, server: MailServer) -> None:
    with_states(asked, reported)
    (reported.root / "policies/patch/2027-01/decisions.yml").unlink(missing_ok=True)
    with pytest.raises(WardopsError) as error:
        notices_task.run(replace(asked, send=True), ENVIRON)
    assert codes(error) == ["E1976"] and not asked.folder.exists()
    for wrong in ({"plan": "0" * 16}, {"at": "2027-02-25T10:00:00+09:00"}, {"layer": "mn"}, {"ring": "R1"}):
        approve(reported, **wrong)
        with pytest.raises(WardopsError) as error:
            notices_task.run(replace(asked, send=True), ENVIRON)
        assert codes(error) == ["E1976"], wrong
    approve(reported, layer="")
    holds = reported.root / "policies/patch/2027-01/holds.yml"
    hold = {"layer": LAYER, "ring": "R1", "reason": "失敗", "by": "d1", "at": "2027-01-26T09:00:00+09:00", "taken_back": False}
    holds.write_text(yaml.safe_dump({"holds": [hold]}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        notices_task.run(replace(asked, send=True), ENVIRON)
    assert codes(error) == ["E1978"] and not asked.folder.exists()
    holds.unlink()
    reach(reported, server)
    foreseen = notices_task.run(replace(asked, send=True, check=True), ENVIRON)
    assert server.handler.mails == []
    refused = foreseen["mails"][-1]["to"]
    server.handler.refuse = {refused: "550 5.1.1 unknown"}
    done = notices_task.run(replace(asked, send=True), ENVIRON)
    assert [(one["to"], one["id"]) for one in done["mails"]] == [(one["to"], one["id"]) for one in foreseen["mails"]]
    assert done["problem"].code == "E1977" and done["counts"]["refused"] == 1
    sections = {path.stem[-4:] for path in asked.folder.glob("未適用案内-*")}
    assert {str(one["To"]) for one in server.handler.mails} | {refused} == {
        "all-sections@ward.example",
        "ict-leaders@ward.example",
        *(f"{code}@ka.ward.example" for code in sections),
    }
    count = len(server.handler.mails)
    again = notices_task.run(replace(asked, send=True), ENVIRON)
    assert (len(server.handler.mails), again["changed"]) == (count, False)
    # a run after midnight has no newer list to send, a person says what was refused shall go again, a new snapshot goes out anew
    later = replace(asked, send=True, now=asked.now + dt.timedelta(days=1))
    assert notices_task.run(later, ENVIRON)["counts"] == again["counts"] and len(server.handler.mails) == count
    server.handler.refuse = {}
    notices_task.settle(asked, done["mails"][-1]["id"], "again", "メールボックスを作った")
    assert notices_task.run(later, ENVIRON)["problem"] is None and len(server.handler.mails) == (count := count + 1)
    reported.keep(reported.snapshot(reported.days[-1] + dt.timedelta(days=1)))
    notices_task.run(later, ENVIRON)
    assert [str(one["To"]) for one in server.handler.mails[count:]].count("all-sections@ward.example") == 0
    assert len(server.handler.mails) > count
    assert PASSWORD not in "".join(path.read_text("utf-8") for path in asked.evidence.rglob("*.json"))


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("件名：x\n{{ nothing_of_that_name }}\n", 2),
        ("件名：x\n\n{% for %}\n", 3),
        ("件名：{{ ().__class__.__mro__ }}\n", 1),
        ("本文だけ\n", 1),
        ("件名：\n本文\n", 1),
        ("件名：x\n{{ 1 / 0 }}\n", 2),
        ("件名：x\n\n{{ {}.popitem() }}\n", 3),
        ("件名：x\n{% include 'board.txt' %}\n", 2),
    ],
)
def test_a_ward_has_its_own_words_and_a_wrong_one_is_named(reported: Reported, asked: Asked, template: str, line: int) -> None:
    own = reported.root / "policies/notices/board.txt"
    own.parent.mkdir(exist_ok=True)
    board = replace(asked, kinds=(notices.BOARD,))
    try:
        own.write_text("件名：区の言葉 {{ begin | wareki }}\n本文 {{ office.name }}\n", encoding="utf-8")
        notices_task.run(board)
        assert (asked.folder / "掲示文.txt").read_text("utf-8").startswith("件名：区の言葉 令和9年")
        assert "<h1>区の言葉 令和9年" in (asked.folder / "掲示文.html").read_text("utf-8")
        own.write_text("件名：<b>&\n", encoding="utf-8-sig")  # as Notepad saves it
        done = notices_task.run(replace(board, pdf=True))
        assert "<h1>&lt;b&gt;&amp;</h1>" in (asked.folder / "掲示文.html").read_text("utf-8")
        assert (asked.folder / "掲示文.pdf").read_bytes().startswith(b"%PDF-")
        assert [Path(name).name for name in done["files"]] == ["掲示文.txt", "掲示文.html", "掲示文.pdf"]
        own.write_text(template, encoding="utf-8")
        with pytest.raises(WardopsError) as error:
            notices_task.run(board)
        assert [(one.code, Path(one.path).name, one.line) for one in error.value.problems] == [("E1975", "board.txt", line)]
    finally:
        own.unlink()


def test_before_the_first_report_there_are_texts_and_no_lists(asked: Asked) -> None:
    done = notices_task.run(asked)
    assert [Path(name).name for name in done["files"]] == ["周知文.txt", "掲示文.txt", "放送文.txt", "掲示文.html"]
    assert "先行適用の結果" not in (asked.folder / "周知文.txt").read_text("utf-8")
    with pytest.raises(WardopsError) as error:
        notices_task.run(replace(asked, kinds=(notices.LACKING,)))
    assert codes(error) == ["E1914"]


def test_days_are_due_and_read_as_people_say_them(asked: Asked, reported: Reported) -> None:
    due = notices_task.run(replace(asked, check=True))["due"]
    last = [one for one in reported.plan.dates if one.layer == LAYER][-1]
    assert due["broadcast"] == last.day.isoformat() == "2027-01-27"
    assert due["announce"] == "2027-01-20" and due["usual_board"] > last.deadline.date().isoformat()
    said = [notices.yomi(dt.date(2027, 4, day)).removeprefix("しがつ ") for day in (1, 8, 9, 10, 11, 14, 17, 19, 20, 24, 29, 30)]
    assert said[:6] == ["ついたち", "ようか", "ここのか", "とおか", "じゅういちにち", "じゅうよっか"]
    assert said[6:] == ["じゅうしちにち", "じゅうくにち", "はつか", "にじゅうよっか", "にじゅうくにち", "さんじゅうにち"]
    assert notices.yomi(dt.date(2027, 9, 3)) == "くがつ みっか"


def test_terminals_without_a_section_of_the_day_are_written_to_nobody(asked: Asked, reported: Reported) -> None:
    last = reported.snapshot(reported.days[-1])
    asked.state.mkdir()
    snapshots.keep(asked.state, dataclasses.replace(last, depts=("9999",) * 300 + ("",) * (len(last.names) - 300)))
    done = notices_task.run(replace(asked, kinds=(notices.LACKING,)))
    assert [Path(name).stem[-4:] for name in done["files"]] == ["-課不明", "9999"]
    assert "（課の分からない端末）" in Path(done["files"][1]).read_text("utf-8")
    approve(reported)
    assert notices_task.run(replace(asked, kinds=(notices.LACKING,), send=True), ENVIRON)["mails"] == []
    snapshots.keep(asked.state, dataclasses.replace(last, depts=("../../x",) * len(last.names)))
    with pytest.raises(WardopsError) as error:
        notices_task.run(replace(asked, kinds=(notices.LACKING,)))
    assert codes(error) == ["E1306"]


def test_the_command_line_shows_due_days_and_settles_what_was_looked_up(
    reported: Reported, asked: Asked, server: MailServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    approve(reported, at="2026-01-25T10:00:00+09:00")
    reach(reported, server)
    for name, value in {**ENVIRON, "WARDOPS_LAYER": LAYER, "WARDOPS_EVIDENCE": str(asked.evidence)}.items():
        monkeypatch.setenv(name, value)
    places = ["--ward", str(reported.root), "--state", str(asked.state), "--out", str(asked.folder)]
    words = ["notices", "2027-01", *places, "--kind", "announcement", "--kind", "broadcast"]
    server.handler.refuse = {"all-sections@ward.example": "550 no"}
    assert main([*words, "--send", "--check"]) == 0 and server.handler.mails == []
    assert "送信予定: ict-leaders@ward.example" in capsys.readouterr().out
    assert main([*words, "--send"]) == 1
    shown = capsys.readouterr()
    assert "期日: 周知・掲示 2027年1月20日（水）" in shown.out and "読み上げ約" in shown.out and "E1977" in shown.err
    name = next(word for line in shown.out.splitlines() if line.startswith("拒否") for word in line.split() if word.startswith("<"))
    assert main([*words, "--settle", name]) == 2
    assert main([*words, "--settle", name, "--as", "again", "--reason", "直した"]) == 0
    server.handler.refuse = {}
    capsys.readouterr()
    assert main([*words, "--send", "--format", "json"]) == 0 and json.loads(capsys.readouterr().out)["counts"] == {"sent": 2}
    assert len(server.handler.mails) == 2
