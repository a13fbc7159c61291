"""``docs/reference/duties.md``: complete, current, and built only from what exists."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tools import generate_duties

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree of our own: two duties, a playbook, a module and a ledger."""
    for folder in ("spec", "playbooks", "library", "schemas/ledgers"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "spec/duties.csv").write_text(
        "id,summary_ja,systems,auto,part_or_reason,frequency\n"
        "I-1-(1),登録,AD,F,desired state,随時\nI-1-(2),巡回,-,N,physical,毎日\nI-1-(3),在庫|表,-,P,ledger,随時\n",
        encoding="utf-8",
    )
    (tmp_path / "spec/served.yml").write_text("served: {I-1-(3): {ledgers: [stock]}}\nplanned: {3: [I-1-(3)]}\n", encoding="utf-8")
    (tmp_path / "playbooks/sync.yml").write_text("---\n# Purpose: x\n# duties: [I-1-(1)]\n- name: Sync\n", encoding="utf-8")
    (tmp_path / "schemas/ledgers/stock.schema.json").write_text("{}", encoding="utf-8")
    return tmp_path


def test_the_page_is_current() -> None:
    assert (ROOT / generate_duties.PAGE).read_text(encoding="utf-8") == generate_duties.render(generate_duties.collect(ROOT)), (
        "run make docs"
    )


def test_all_162_duties_are_there_once_in_the_order_of_the_specification_with_something_said() -> None:
    duties = generate_duties.collect(ROOT)
    assert len(duties) == 162
    assert all(generate_duties.DUTY.fullmatch(name) for name in duties)
    page = (ROOT / generate_duties.PAGE).read_text(encoding="utf-8")
    assert re.findall(r"^\| ([IV]+-\d+-\(\d+\)) \|", page, re.M) == list(duties)
    assert all(duty.how and duty.note for duty in duties.values())


def test_the_foundation_s_duties_are_served_by_a_playbook_or_module() -> None:
    duties = generate_duties.collect(ROOT)
    for name in ("I-8-(6)", "I-10-(5)", "I-11-(6)", "I-14-(1)"):
        assert duties[name].acts, name
        assert duties[name].state in {"対応 / served", "一部 / in part"}
    for name in ("I-8-(1)", "I-8-(4)", "I-10-(1)", "I-11-(1)"):
        assert duties[name].served, name


def test_states_and_cells(tree: Path) -> None:
    duties = generate_duties.collect(tree)
    assert [duty.state for duty in duties.values()] == ["対応 / served", "手作業 / manual", "一部 / in part"]
    page = generate_duties.render(duties)
    assert "| I-1-(1) | 登録 | 対応 / served | [`sync.yml`](../../playbooks/sync.yml) |" in page
    assert "| I-1-(2) | 巡回 | 手作業 / manual | 人が行う / by hand: physical |" in page
    assert "| I-1-(3) | 在庫\\|表 | 一部 / in part | 台帳 `stock`<br>範囲 / extent: ledger<br>計画 / planned: issue 3 |" in page


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("playbooks/sync.yml", "---\n# Purpose: x\n- name: Sync\n", "no line '# duties"),
        ("playbooks/sync.yml", "---\n# Purpose: x\n- name: Sync\n  # duties: [I-1-(1)]\n", "no line '# duties"),
        ("playbooks/sync.yml", "# duties: [I-1-1]\n", "'I-1-1' is no duty"),
        ("playbooks/sync.yml", "# duties: [I-1-(9)]\n", "I-1-(9) is not in spec/duties.csv"),
        ("playbooks/sync.yml", "# duties: [I-1-(2)]\n", "I-1-(2) is manual"),
        ("spec/served.yml", "served: {I-1-(1): {modules: [nothing]}}\nplanned: {}\n", "there is no library/nothing.py"),
        ("spec/served.yml", "served: {}\nplanned: {4: [I-9-(9)]}\n", "I-9-(9) is not in spec/duties.csv"),
    ],
)
def test_wrong_sources_are_refused(tree: Path, name: str, text: str, message: str) -> None:
    (tree / name).write_text(text, encoding="utf-8")
    with pytest.raises(generate_duties.SourceError, match=re.escape(message)):
        generate_duties.collect(tree)


def test_check_tells_an_old_page(tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(generate_duties, "ROOT", tree)
    assert generate_duties.main(["--check"]) == 1
    assert "run make docs" in capsys.readouterr().err
    assert generate_duties.main([]) == 0
    assert generate_duties.main(["--check"]) == 0
    shutil.copy(tree / "playbooks/sync.yml", tree / "playbooks/sync_again.yml")
    assert generate_duties.main(["--check"]) == 1
