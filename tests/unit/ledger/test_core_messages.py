"""Codes of the core that no ledger file can show. covers: E0101, E0105, E0106, E0111, E0112, E0113, E0120, E0121, E0240"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import files, wareki
from ansible_collections.ward.ops.plugins.module_utils.common.plan import Change, Guard, Limit, Plan
from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem, WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.reading import read_ledger
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas


def rendered(error: pytest.ExceptionInfo[WardopsError]) -> str:
    return "\n".join(problem.render() for problem in error.value.problems)


def test_a_ledger_of_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.touch()
    os.truncate(path, 1 << 30)
    reading = read_ledger(path, "ledgers/sites.csv")
    assert reading.table is None
    assert [problem.render() for problem in reading.problems] == [
        "ledgers/sites.csv: E0101 ファイルが大きすぎます（1073741824 バイト、上限 67108864 バイト）\n"
        "    the file is too large (1073741824 bytes, limit 67108864)\n"
        "    → 正しいファイルか確認してください。台帳でないファイルが置かれた可能性があります"
        " / check that it is the right file; something else may have been put in the ledger's place"
    ]


def test_a_pipe_in_a_ledgers_place_does_not_hang_the_run(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    os.mkfifo(path)
    assert [problem.code for problem in read_ledger(path, "x").problems] == ["E0102"]


def test_a_ledger_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(WardopsError) as error:
        files.write_atomic(tmp_path / "missing" / "sites.csv", b"x")
    assert (
        f"{tmp_path}/missing/sites.csv: E0105 ファイルに書き込めません（No such file or directory）。元のファイルは変わっていません"
        in rendered(error)
    )


def test_a_second_writer_is_told_that_the_first_is_at_work(tmp_path: Path) -> None:
    with files.lock(tmp_path / "lock"), pytest.raises(WardopsError) as error, files.lock(tmp_path / "lock", wait=0.1):
        pass
    assert "E0106 ほかの処理が使用中です（0.1 秒待ちました）" in rendered(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-02-30", "E0111 日付「2026-02-30」を解釈できません\n    2026-02-30 is not a date"),
        ("26/4/1", "E0112 日付「26/4/1」の年が 2 桁です（西暦か和暦か判断できません）"),
        ("平成31年5月1日", "E0113 日付「平成31年5月1日」は 平成 の期間外です（平成 は 1989-01-08 から）"),
    ],
)
def test_dates_that_are_none(text: str, message: str) -> None:
    with pytest.raises(WardopsError) as error:
        wareki.parse_date(text)
    assert rendered(error).startswith(message)


def test_guards_say_how_to_allow_it_on_purpose() -> None:
    guard = Guard(Limit(5, 10), Limit(2, 100))
    plan = Plan(
        change=[Change(str(number), {"vlan": 101}, {"vlan": 102}) for number in range(3)],
        remove=[Change(str(number), {"vlan": 101}, None) for number in range(6)],
        unchanged=41,
    )
    found = guard.check(plan, "lgwan/postgresql")
    assert [problem.render() for problem in found] == [
        "lgwan/postgresql: E0120 削除が 6 件あり、上限 5 件を超えます（現在 50 件、上限は 5 件かつ 10 %）。何も変更していません\n"
        "    the plan removes 6 of 50, the limit is 5 (5 and 10 %); nothing was changed\n"
        "    → --check --diff で内容を確認し、正しければ削除の許可数（6）を指定して実行してください"
        " / look at --check --diff; if it is right, run again with the allowed number of removals set to 6",
        "lgwan/postgresql: E0121 変更が 3 件あり、上限 2 件を超えます（現在 50 件、上限は 2 件かつ 100 %）。何も変更していません\n"
        "    the plan changes 3 of 50, the limit is 2 (2 and 100 %); nothing was changed\n"
        "    → --check --diff で内容を確認し、正しければ変更の許可数（3）を指定して実行してください"
        " / look at --check --diff; if it is right, run again with the allowed number of changes set to 3",
    ]


def test_every_broken_schema_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledgers").mkdir()
    (tmp_path / "policies").mkdir()
    (tmp_path / "ledgers" / "a.schema.json").write_text('{"properties": {"x": {"type": "strin"}}, "x-key": ["y"]}')
    (tmp_path / "ledgers" / "b.schema.json").write_text("[]")
    (tmp_path / "policies" / "c.schema.json").write_text('{"type": 5}')
    with pytest.raises(WardopsError) as error:
        load_schemas(tmp_path)
    found: list[Problem] = error.value.problems
    assert [(Path(problem.path).name, problem.code) for problem in found] == [
        ("a.schema.json", "E0240"),
        ("b.schema.json", "E0240"),
        ("c.schema.json", "E0240"),
    ]
    assert "スキーマが正しくありません（required, x-key or x-unique name the unknown column y）" in found[0].render()
    assert "スキーマが正しくありません（not a JSON object）" in found[1].render()
