"""Timelines of real repositories against the edits that were made, and against ``git log`` as a second opinion.

covers: E1101, E1102, E1103, E1104
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.history import audit, view
from ansible_collections.ward.ops.plugins.module_utils.ledger.history.rows import RowEvent
from ansible_collections.ward.ops.plugins.module_utils.ledger.history.timeline import History, Timeline
from hypothesis import given, settings
from hypothesis import strategies as st

from .repositories import BASE, REPOSITORY, SCHEMAS, TERMINALS, Repo, ledger, row

ASSETS = [f"A000000{number}" for number in range(1, 6)]
_CELLS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["stock", "active", "repair"]),
        "floor": st.sampled_from(["1", "2"]),
        "model": st.sampled_from(["甲", '"乙,丙"']),
    }
)
_STATES = st.lists(st.dictionaries(st.sampled_from(ASSETS), _CELLS), min_size=1, max_size=8)


def _changes(timeline: Timeline) -> list[tuple[str, RowEvent]]:
    return [(entry.commit, event) for entry in timeline.entries for event in entry.rows]


def _seen(cells: dict[str, str]) -> dict[str, str]:
    return {name: value.strip('"') for name, value in cells.items()}


@settings(max_examples=20)
@given(_STATES, st.booleans(), st.booleans())
def test_the_timeline_is_the_edits_made(states: list[dict[str, dict[str, str]]], packed: bool, turned: bool) -> None:
    """``turned``: every second version has its rows in the other order, which is no event."""
    with tempfile.TemporaryDirectory() as folder:
        repo = Repo(Path(folder))
        for number, state in enumerate(states):
            rows = [row(asset, **cells) for asset, cells in sorted(state.items(), reverse=turned and bool(number % 2))]
            repo.commit({TERMINALS: ledger(*rows)})
        ids = repo.done(packed=packed)
        made = []
        before: dict[str, dict[str, str]] = {}
        for number, after in enumerate(states, 1):
            old, new = before.get(ASSETS[0]), after.get(ASSETS[0])
            if old != new:
                made.append((ids[number], _seen(old) if old else None, _seen(new) if new else None))
            before = after
        history = repo.history()
        if not made:
            with pytest.raises(WardopsError, match="E1101"):
                history.tell(ASSETS[0])
            return
        found = [
            (
                commit,
                *({name: cells[name] for name in ("status", "floor", "model")} if cells else None for cells in (event.before, event.after)),
            )
            for commit, event in _changes(history.tell(ASSETS[0]))
        ]
        assert found == made


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grown") / "repo"
    subprocess.run([sys.executable, REPOSITORY / "tools" / "grow_history.py", folder, "--commits", "400"], check=True, capture_output=True)
    return folder


def _git(folder: Path, *words: str) -> set[str]:
    done = subprocess.run(["git", "-C", folder, "log", "--full-history", "--format=%H", *words], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_git_log_finds_the_same_commits(grown: Path) -> None:
    """``-G`` for every change of a row, ``-S`` for every row that comes or goes; both leave out merges, and ours have no event."""
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415

    ward = grown / "inventories" / "sample"
    history = History(Ward(ward), SCHEMAS, grown / "none")
    events = (ward / "ledgers" / "asset_events.csv").read_text(encoding="utf-8").splitlines()[1:]
    assets = sorted({line.split(",")[0] for line in events})[-4:]
    assert len(assets) == 4
    for asset in assets:
        found = _changes(history.tell(asset))
        rows = {commit for commit, event in found if event.ledger == "terminals" and event.key == (asset,)}
        assert rows == _git(grown, f"-G^{asset},", "--", "inventories/sample/ledgers/*/terminals.csv")
        steps = {commit for commit, event in found if event.ledger == "asset_events" and event.key[0] == asset}
        assert steps == _git(grown, "--pickaxe-regex", f"-S(^|\n){asset},", "--", "inventories/sample/ledgers/asset_events.csv")


def test_a_delivery_names_its_merge_request_and_is_not_told_twice(grown: Path) -> None:
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415

    timeline = History(Ward(grown / "inventories" / "sample"), SCHEMAS, grown / "none").tell("A0020001")
    first = timeline.entries[0]
    assert first.request == "!1"
    assert [(event.ledger, event.before) for event in first.rows] == [("asset_events", None), ("terminals", None)]
    added = [event for _, event in _changes(timeline) if event.ledger == "terminals" and event.before is None]
    assert len(added) == 1


def _two_sides(tmp_path: Path, ours: str, theirs: str, result: str) -> tuple[Repo, dict[int, str]]:
    repo = Repo(tmp_path)
    repo.commit({TERMINALS: ledger(row("A0000001", floor="1"), row("A0000002"))})
    repo.commit({TERMINALS: ledger(ours, row("A0000002"))}, "ours")
    repo.commit({TERMINALS: ledger(theirs, row("A0000002"))}, "theirs", (1,))
    repo.commit({TERMINALS: ledger(result, row("A0000002"))}, "merge", (2, 3))
    return repo, repo.done()


BOTH = row("A0000001", floor="2", status="repair")


@pytest.mark.parametrize(
    ("ours", "theirs", "result", "expected"),
    [
        (row("A0000001", floor="2"), row("A0000001", floor="1", status="repair"), BOTH, None),
        (row("A0000001", floor="1"), BOTH, BOTH, None),
        (BOTH, BOTH, BOTH, None),
        (row("A0000001", floor="1"), row("A0000001", floor="3"), row("A0000001", floor="1"), ("floor", "3", "1")),
        (row("A0000001", floor="3"), row("A0000001", floor="1"), row("A0000001", floor="1"), ("floor", "3", "1")),
        (row("A0000001", floor="2"), row("A0000001", floor="3"), row("A0000001", floor="2"), ("floor", "3", "2")),
        (row("A0000001", floor="2"), row("A0000001", floor="3"), row("A0000001", floor="4"), ("floor", "2", "4")),
        (row("A0000001", floor="2"), row("A0000001", floor="1"), row("A0000001", floor="5"), ("floor", "2", "5")),
    ],
    ids=["both sides", "theirs", "the same", "theirs lost", "ours lost", "conflict: ours", "conflict: new", "evil"],
)
def test_merges(tmp_path: Path, ours: str, theirs: str, result: str, expected: tuple[str, str, str] | None) -> None:
    repo, ids = _two_sides(tmp_path, ours, theirs, result)
    merged = [event for commit, event in _changes(repo.history().tell("A0000001")) if commit == ids[4]]
    if expected is None:
        assert merged == []
        return
    (event,) = merged
    name, before, after = expected
    assert event.merge and event.columns() == [name]
    assert event.before and event.after and (event.before[name], event.after[name]) == (before, after)


def test_an_address_has_successive_owners(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    address = "10.16.1.20"
    repo.commit({TERMINALS: ledger(row("A0000001", ip=address), row("A0000002"))})
    repo.commit({TERMINALS: ledger(row("A0000001"), row("A0000002"))})
    repo.commit({TERMINALS: ledger(row("A0000001"), row("A0000002", ip=address))})
    repo.commit({TERMINALS: ledger(row("A0000001", floor="9"), row("A0000002", ip="10.16.1.200"))})
    repo.done()
    timeline = repo.history().tell("１０．１６．１．２０")
    assert [(held.key, bool(held.until)) for held in timeline.holders] == [("A0000001", True), ("A0000002", True)]
    assert [event.key[0] for _, event in _changes(timeline)] == ["A0000001", "A0000001", "A0000002", "A0000002"]


@pytest.mark.parametrize(
    "asked", ["02-4B-54-00-00-01", "02:4b:54:00:00:01", "024b.5400.0001", "０２４Ｂ５４００００01", "lg26n00001", "SYN00001"]
)
def test_any_spelling(tmp_path: Path, asked: str) -> None:
    repo = Repo(tmp_path)
    repo.commit({TERMINALS: ledger(row("A0000001", mac_lan="024b54000001"), row("A0000002"))})
    repo.done()
    assert [event.key for _, event in _changes(repo.history().tell(asked))] == [("A0000001",)]


def test_a_section_by_name_and_what_came_and_went(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    departments = (BASE / "ledgers" / "departments.csv").read_text(encoding="utf-8")
    code, name = departments.splitlines()[1].split(",")[0], departments.splitlines()[1].split(",")[3]
    repo.commit(
        {"ledgers/departments.csv": departments, TERMINALS: ledger(row("A0000001", dept_code="9999"), row("A0000002", dept_code="9999"))}
    )
    repo.commit({TERMINALS: ledger(row("A0000001", dept_code=code), row("A0000002", dept_code="9999"))})
    repo.commit({TERMINALS: ledger(row("A0000001", dept_code="9999"), row("A0000002", dept_code="9999"))})
    ids = repo.done()
    found = [(commit, event.key) for commit, event in _changes(repo.history().tell(name)) if event.ledger == "terminals"]
    assert found == [(ids[2], ("A0000001",)), (ids[3], ("A0000001",))]


def test_moved_folders_renamed_files_new_columns_and_other_layers(tmp_path: Path) -> None:
    """What only moves is no event; the story goes on behind it."""
    repo = Repo(tmp_path)
    others = [row(f"A00001{number:02d}", serial=f"OTHER{number}") for number in range(40)]
    old = ledger(row("A0000001", floor="1"), *others)
    narrow = "\n".join(line.rpartition(",")[0] for line in old.splitlines()) + "\n"  # before there was the column ticket
    repo.commit({"lgwan/pcs.csv": narrow.replace("asset_id,computer_name", "asset_id,pc_name", 1)}, top="data/koucho/")
    repo.commit({"lgwan/pcs.csv": narrow}, "a column gets its name", top="data/koucho/")
    repo.commit({"lgwan/pcs.csv": old}, "a new column", top="data/koucho/")
    repo.commit({"data/koucho/lgwan/pcs.csv": None, "data/koucho/lgwan/terminals.csv": old}, "rename", top="")
    repo.commit({"data/koucho/lgwan/terminals.csv": None, f"ward/{TERMINALS}": old}, "move", top="")
    repo.commit({TERMINALS: old.replace("\n", "\r\n")}, "line ends")
    repo.commit({TERMINALS: "\ufeff" + old}, "byte order mark")
    repo.commit({TERMINALS: ledger(row("A0000001", floor="2"), *others)}, "a real change")
    repo.commit({TERMINALS: ledger(*others), "ledgers/mn/terminals.csv": ledger(row("A0000001", floor="2"))}, "another layer")
    ids = repo.done()
    found = [(commit, event.columns(), event.layer_before, event.layer) for commit, event in _changes(repo.history().tell("A0000001"))]
    assert [(commit, layers) for commit, _, *layers in found] == [
        (ids[1], ["lgwan", "lgwan"]),
        (ids[8], ["lgwan", "lgwan"]),
        (ids[9], ["lgwan", "mn"]),
    ]
    assert found[1][1] == ["floor"] and found[2][1] == []


@pytest.mark.parametrize(
    "broken",
    [
        ledger(row("A0000001", floor="2", model="端末")).encode("cp932"),
        ledger(row("A0000001", floor="2") + ",too,many").encode(),
        ledger('A0000001,"open').encode(),
        b"<<<<<<< HEAD\n" + ledger(row("A0000001", floor="2")).encode(),
        b"\x00\xff\xfe" + ledger(row("A0000001", floor="2")).encode(),
    ],
    ids=["cp932", "too many cells", "open quote", "conflict", "binary"],
)
def test_a_broken_version_is_passed_over_with_a_note(tmp_path: Path, broken: bytes) -> None:
    repo = Repo(tmp_path)
    repo.commit({TERMINALS: ledger(row("A0000001", floor="1", model="端末"))})
    repo.commit({TERMINALS: broken})
    repo.commit({TERMINALS: ledger(row("A0000001", floor="3", model="端末"))})
    ids = repo.done()
    timeline = repo.history().tell("A0000001")
    found = [(commit, event.columns()) for commit, event in _changes(timeline)]
    assert [commit for commit, _ in found] == [ids[1], ids[3]]
    assert found[1][1] == ["floor"]
    assert any(ids[2][:12] in ja for ja, _ in timeline.notes)


def test_a_shallow_clone_says_so(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "whole")
    for floor in "123":
        repo.commit({TERMINALS: ledger(row("A0000001", floor=floor))})
    repo.done()
    shallow = tmp_path / "shallow"
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message=policies")
    repo.git("clone", "--quiet", "--depth=2", repo.folder.as_uri(), str(shallow))
    cut = Repo(shallow)
    timeline = cut.history().tell("A0000001")
    (entry,) = timeline.entries
    assert entry.bottom and "浅いクローン" in timeline.notes[0][0]
    assert "それ以前から" in view.text(view.View(cut.history().ward, SCHEMAS).timeline(timeline), colour=False)
    cut.git("fetch", "--quiet", "--unshallow")
    assert [event.columns() for _, event in _changes(cut.history().tell("A0000001"))][1:] == [["floor"], ["floor"]]


HOSTILE = '\x1b[31mEvil\x1b]0;title\x07 \u202e<script>alert(1)</script>\r"=HYPERLINK("x")\n\nTicket: =1+1\nRole: \x1b[2J\nOperation: ops\n'


def test_hostile_messages_are_shown_and_never_obeyed(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit({TERMINALS: ledger(row("A0000001", model="\x1b[2J<b>"))}, HOSTILE.encode() + b"\xff\xfe\x9b")
    repo.done()
    history = repo.history()
    data = view.View(history.ward, SCHEMAS).timeline(history.tell("A0000001"))
    shown = view.text(data, colour=False)
    assert "\x1b" not in shown and "\u202e" not in shown and "\\x1b[31mEvil" in shown and "\x9b" not in shown
    assert ",'=1+1," in view.table(data).decode("utf-8-sig") and "\x1b" not in view.table(data).decode("utf-8-sig")
    page = _command(repo, "A0000001", "--out", str(tmp_path / "page.html"))
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.returncode == 0 and "<script" not in text and "&lt;script&gt;" in text


def _command(repo: Repo, *words: str, ward: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "wardops",
        "history",
        *words,
        "--ward",
        str(ward or repo.ward),
        "--evidence",
        str(repo.folder / "evidence"),
    ]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_evidence_stands_between_the_commits(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit({TERMINALS: ledger(row("A0000001", mac_lan="024b54000001"))})
    repo.done()
    folder = tmp_path / "evidence"
    folder.mkdir()
    actions = [
        {"action": "remove", "key": "024b54000001", "before": {"vlan": 101}, "after": None},
        {"action": "add", "key": "024b54000009"},
    ]
    record = {
        "run_id": "20261101T000000Z-0123abcd", "seq": 1, "started_at": "2026-11-01T00:00:00+00:00", "operator": {"user": "op"},
        "steps": [{"purpose": "sync_radius", "plan": {"actions": actions}, "result": {"status": "ok"}}],
    }  # fmt: skip
    (folder / "00000001-20261101T000000Z-0123abcd.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "00000002-20261101T000001Z-0123abcd.json").write_text('{"024b54000001', encoding="utf-8")
    timeline = repo.history(folder).tell("A0000001")
    assert [entry.kind for entry in timeline.entries] == ["commit", "evidence"]
    assert timeline.entries[1].done and timeline.entries[1].done.actions == (("remove", "024b54000001"),)
    assert any("00000002" in ja for ja, _ in timeline.notes)
    assert _command(repo, "A0000001", "--since", "2026-11-01").stdout.count("sync_radius") == 1


def test_refusals(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit({TERMINALS: ledger(row("A0000001"))})
    repo.done()
    assert "E1101" in _command(repo, "A0009999").stderr
    assert "E1104" in _command(repo, "--sample", "3").stderr
    assert _command(repo, "A0000001", "--since", "2026-02-30").returncode == 2
    assert _command(repo).returncode == 2
    for name, code in (("outside", "E1102"), ("empty", "E1103")):
        ward = tmp_path / name / "ward"
        (ward / "ledgers").mkdir(parents=True)
        if name == "empty":
            Repo(ward.parent)
        done = _command(repo, "A0000001", ward=ward)
        assert done.returncode == 1 and code in done.stderr and "Traceback" not in done.stderr


def test_the_index_grows_mends_itself_and_may_be_missing(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit({TERMINALS: ledger(row("A0000001", floor="1"))})
    repo.done()
    assert len(_changes(repo.history().tell("A0000001"))) == 1
    (repo.ward / TERMINALS).write_text(ledger(row("A0000001", floor="2")), encoding="utf-8")
    repo.git("commit", "--quiet", "--all", "--message=more")
    assert len(_changes(repo.history().tell("A0000001"))) == 2
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    assert len(_changes(repo.history().tell("A0000001"))) == 1, "a commit that the head has no more is not told"
    (index,) = (tmp_path / ".git").glob("wardops-history-*.sqlite")
    index.write_bytes(b"damaged" * 5000)
    assert len(_changes(repo.history().tell("A0000001"))) == 1
    index.unlink()
    index.mkdir()
    timeline = repo.history().tell("A0000001")
    assert len(_changes(timeline)) == 1 and "索引" in timeline.notes[0][0]


def test_two_at_once_and_a_kill_leave_a_right_index(grown: Path) -> None:
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415

    (path,) = list((grown / ".git").glob("wardops-history-*.sqlite")) or [grown / ".git" / "wardops-history-1.sqlite"]
    path.unlink(missing_ok=True)
    ward = grown / "inventories" / "sample"
    command = [sys.executable, "-m", "wardops", "history", "A0020001", "--ward", str(ward), "--evidence", str(grown / "none")]
    killed = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    timer = threading.Timer(0.35, killed.kill)
    timer.start()
    both = [subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in (0, 1)]
    outputs = [process.communicate()[0] for process in both]
    killed.wait()
    timer.cancel()
    assert [process.returncode for process in both] == [0, 0] and outputs[0] == outputs[1]
    with sqlite3.connect(path) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert base.execute("SELECT count(*), count(DISTINCT name) FROM commits").fetchone() == (401, 401)
    path.unlink()
    assert len(_changes(History(Ward(ward), SCHEMAS, grown / "none").tell("A0020001"))) == outputs[0].decode().count("\n  +") + outputs[
        0
    ].decode().count("\n  ~")


EVENTS = "ledgers/asset_events.csv"
EVENT_HEADER = (BASE / EVENTS).read_text(encoding="utf-8").splitlines()[0]


def _event(asset: str, number: int, step: str, ticket: str, **cells: str) -> str:
    """``step``: name, state before and state after, separated by blanks."""
    name, before, after = step.split(" ")
    cells |= {"asset_id": asset, "number": str(number), "date": f"2026-0{number}-01", "transition": name, "from_status": before}
    cells |= {"to_status": after, "ticket": ticket, "role": "helpdesk"}
    return ",".join(cells.get(name, "") for name in EVENT_HEADER.split(","))


def test_the_auditors_sample_explains_or_names_the_gap(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    good = [
        _event("A0000001", 1, "receive  stock", "CHG-2026-00001"),
        _event("A0000001", 2, "begin_setup stock setup", "CHG-2026-00002"),
    ]
    bad = [
        _event("A0000002", 1, "withdraw active return_pending", "CHG-2026-00009", partner="A0000001"),
        _event("A0000002", 3, "dispose wiped disposed", ""),
    ]
    repo.commit({TERMINALS: ledger()}, "base")
    delivered: dict[str, str | bytes | None] = {TERMINALS: ledger(row("A0000001", status="stock")), EVENTS: f"{EVENT_HEADER}\n{good[0]}\n"}
    repo.commit(delivered, "in\n\nTicket: CHG-2026-00001", (1,))
    repo.commit(delivered, "Merge\n\nSee merge request ward/ops!77", (1, 2))
    both = {TERMINALS: ledger(row("A0000001", status="setup")), EVENTS: "\n".join((EVENT_HEADER, *good)) + "\n"}
    repo.commit({**both}, "set up\n\nTicket: CHG-2026-00002")
    repo.commit({EVENTS: "\n".join((EVENT_HEADER, *good, *bad)) + "\n"}, "by hand")
    repo.done()
    history = repo.history()
    words = view.View(history.ward, SCHEMAS)
    fine = audit.explain(history, words, "A0000001")
    assert fine.gaps == [] and [step["request"] for step in fine.steps] == ["!77", ""]
    assert [step["ticket"] for step in fine.steps] == ["CHG-2026-00001", "CHG-2026-00002"]
    gaps = "\n".join(audit.explain(history, words, "A0000002").gaps)
    for word in ("納品の記録がなく", "続きません", "チケット番号がありません", "証跡名がありません", "対になる経歴がありません"):
        assert word in gaps
    assert "「稼働」から始まっています" in gaps and "前の状態「消去済」が、直前の経歴の「返却待」と続きません" in gaps
    assert not re.search(r"active|wiped|return_pending", gaps)  # auditors read Japanese
    assert audit.draw(history, 5, "a") == ["A0000001", "A0000002"] and audit.draw(history, 1, "a") == audit.draw(history, 1, "a")
    assert "ありません" in audit.explain(history, words, "A0000099").gaps[0]
    done = _command(repo, "--sample", "2", "--out", str(tmp_path / "audit.html"))
    assert done.returncode == 1 and "A0000002" in (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert _command(repo, "--audit", "A0000001").returncode == 0
