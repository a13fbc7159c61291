"""Notices of a cycle: the texts, who gets which, nothing before the approval, a ward's own words.

covers: E1975, E1976, E1977
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch import notices, notices_task
from ansible_collections.ward.ops.plugins.module_utils.patch.compliance import OPEN
from ansible_collections.ward.ops.plugins.module_utils.patch.notices_task import Asked

from tests.mailserver import PASSWORD, USER, MailServer
from tests.unit.patch.compliance_ward import LAYER, Reported

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


def approve(reported: Reported) -> None:
    words = {
        "application": "申請-1",
        "layer": LAYER,
        "ring": "R2",
        "approver": "d1",
        "minutes": "議事録-1",
        "plan": reported.plan.digest[:16],
    }
    path = reported.root / "policies/patch/2027-01/decisions.yml"
    path.write_text(yaml.safe_dump({"approvals": [{**words, "at": "2027-01-25T10:00:00+09:00"}]}, allow_unicode=True), encoding="utf-8")


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
        path.name.removeprefix("未適用案内-").removesuffix(".txt"): path.read_text("utf-8") for path in asked.folder.glob("未適用案内-*")
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
    approve(reported)
    reach(reported, server)
    foreseen = notices_task.run(replace(asked, send=True, check=True), ENVIRON)
    assert server.handler.mails == []
    refused = foreseen["mails"][-1]["to"]
    server.handler.refuse = {refused: "550 5.1.1 unknown"}
    done = notices_task.run(replace(asked, send=True), ENVIRON)
    assert [(one["to"], one["id"]) for one in done["mails"]] == [(one["to"], one["id"]) for one in foreseen["mails"]]
    assert done["problem"].code == "E1977" and done["counts"]["refused"] == 1
    sections = {path.name[6:10] for path in asked.folder.glob("未適用案内-*")}
    assert {str(one["To"]) for one in server.handler.mails} | {refused} == {
        "all-sections@ward.example",
        "ict-leaders@ward.example",
        *(f"{code}@ka.ward.example" for code in sections),
    }
    count = len(server.handler.mails)
    again = notices_task.run(replace(asked, send=True), ENVIRON)
    assert (len(server.handler.mails), again["changed"]) == (count, False)
    # a week later the lists go out anew, the announcement does not
    later = replace(asked, send=True, now=asked.now + dt.timedelta(days=7))
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
        own.write_text(template, encoding="utf-8")
        with pytest.raises(WardopsError) as error:
            notices_task.run(board)
        assert [(one.code, Path(one.path).name, one.line) for one in error.value.problems] == [("E1975", "board.txt", line)]
    finally:
        own.unlink()


def test_before_the_first_report_there_are_texts_and_no_lists(asked: Asked) -> None:
    done = notices_task.run(asked)
    assert [Path(name).name for name in done["files"]] == ["周知文.txt", "掲示文.txt", "放送文.txt"]
    assert "先行適用の結果" not in (asked.folder / "周知文.txt").read_text("utf-8")
    with pytest.raises(WardopsError) as error:
        notices_task.run(replace(asked, kinds=(notices.LACKING,)))
    assert codes(error) == ["E1914"]
