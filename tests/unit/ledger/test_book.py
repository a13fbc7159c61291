"""Changing ledgers through a book, and saving: in place, as a patch, on a branch.

covers: E0801, E0802, E0803, E0804, E0805, E0806, E0807
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.files import sha256
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger import saving
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import check_ward

BASE = Path(__file__).resolve().parents[2] / "negative" / "base"
MESSAGE = saving.Message("端末を移す", "本文", ticket="REQ-2026-00001", role="helpdesk", operation="test")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    """A copy of the small ward without errors, committed in a repository of its own."""
    root = tmp_path / "repository" / "ward"
    shutil.copytree(BASE, root)
    git(root, "init", "--quiet", "--initial-branch=main", "..")
    git(root, "config", "user.name", "試験")
    git(root, "config", "user.email", "test@ward.example")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=base")
    return root


def first(book: Book, ledger: str, layer: str = "") -> tuple[str, ...]:
    return next(iter(book.rows(ledger, layer)))


def change_two(book: Book) -> None:
    """One cell in each of two ledgers."""
    book.update("departments", first(book, "departments"), name="新しい課名")
    book.update("sites", first(book, "sites"), name="新しい拠点")


def code(error: pytest.ExceptionInfo[WardopsError]) -> str:
    return error.value.problems[0].code


def test_reading_and_writing_back_changes_nothing(ward: Path) -> None:
    book = Book(ward)
    for ledger in book.schemas.ledgers:
        for layer in book.files(ledger):
            book.rows(ledger, layer)
    assert book.changes() == [] and book.changed_files() == {}
    assert saving.to_files(book) == [] and saving.to_patch(book) == b""


def test_a_change_is_the_difference_to_what_was_read(ward: Path) -> None:
    book = Book(ward)
    key = first(book, "departments")
    before = dict(book.rows("departments")[key])
    book.update("departments", key, name="仮")
    book.update("departments", key, name="新しい課名")
    (change,) = book.changes()
    assert (change.ledger, change.key, change.before, change.columns()) == ("departments", key, before, ["name"])
    book.update("departments", key, name=before["name"])
    assert book.changes() == []


def test_only_the_changed_line_differs(ward: Path) -> None:
    book = Book(ward)
    change_two(book)
    saving.to_files(book)
    assert [line.split("\t")[:2] for line in git(ward, "diff", "--numstat").splitlines()] == [["1", "1"], ["1", "1"]]


def test_a_new_key_moves_the_row_to_its_place(ward: Path) -> None:
    book = Book(ward)
    key = first(book, "sites")
    book.update("sites", key, code="ZZZ")
    kinds = [(change.key, change.before is None, change.after is None) for change in book.changes()]
    assert kinds == [(key, False, True), (("ZZZ",), True, False)]
    (data,) = book.changed_files().values()
    assert data.decode().splitlines()[-1].startswith("ZZZ,")


@pytest.mark.parametrize("spoil", ["ledger", "layer", "column", "row", "empty key"])
def test_names_that_do_not_exist_are_refused(ward: Path, spoil: str) -> None:
    book = Book(ward)
    with pytest.raises(WardopsError) as error:
        if spoil == "ledger":
            book.rows("no_such")
        elif spoil == "layer":
            book.rows("terminals", "moon")
        elif spoil == "column":
            book.put("sites", {"code": "ZZZ", "colour": "red"})
        elif spoil == "row":
            book.update("sites", "ZZZ", name="x")
        else:
            book.put("sites", {"name": "x"})
    assert code(error) == "E0801" and book.changes() == []


@pytest.mark.parametrize("spoil", ["twice", "columns"])
def test_a_ledger_that_check_would_refuse_is_not_opened(ward: Path, spoil: str) -> None:
    path = ward / "ledgers" / "sites.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[-1]] if spoil == "twice" else ["name,code,kind,number\n", *lines[1:]]), encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        Book(ward).rows("sites")
    assert code(error) == "E0802"


def test_the_check_sees_the_pending_state_and_names_only_what_is_new(ward: Path) -> None:
    (ward / "ledgers" / "sites.csv").open("a", encoding="utf-8").write("zz,小文字の拠点,branch,98\n")
    book = Book(ward)
    old = check_ward(ward).problems
    assert old and book.new_problems() == []
    book.put("sites", {"code": "yy", "name": "もう一つ", "kind": "branch", "number": "97"})
    assert {problem.code for problem in book.new_problems()} == {"E0207"}
    assert len(check_ward(ward).problems) == len(old), "nothing was written"


def test_a_file_changed_meanwhile_stops_the_save(ward: Path) -> None:
    book = Book(ward)
    change_two(book)
    path = ward / "ledgers" / "departments.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("課", "室"), encoding="utf-8")
    before = {file: file.read_bytes() for file in (ward / "ledgers").rglob("*.csv")}
    with pytest.raises(WardopsError) as error:
        saving.to_files(book)
    assert code(error) == "E0803"
    assert {file: file.read_bytes() for file in (ward / "ledgers").rglob("*.csv")} == before


def test_an_interrupted_save_is_named_by_check_and_finished(ward: Path) -> None:
    book = Book(ward)
    change_two(book)
    wanted = book.changed_files()
    entries = []
    for path, data in wanted.items():  # as a kill between journal and first rename leaves it
        path.with_name(f".{path.name}.pending").write_bytes(data)
        entries.append({"path": path.name, "sha256": sha256(data)})
    (ward / "ledgers" / ".wardops-save.json").write_text(json.dumps(entries), encoding="utf-8")
    assert [problem.code for problem in check_ward(ward).problems] == ["E0804"]
    assert sorted(saving.recover(ward / "ledgers")) == ["departments.csv", "sites.csv"]
    assert {path: path.read_bytes() for path in wanted} == wanted
    assert check_ward(ward).problems == [] and list((ward / "ledgers").glob(".*")) == []


def test_a_patch_applies_and_gives_what_write_gives(ward: Path) -> None:
    book = Book(ward)
    change_two(book)
    patch = saving.to_patch(book)
    assert git(ward, "status", "--porcelain") == "", "the working tree is untouched"
    (ward.parent / "p.patch").write_bytes(patch)
    git(ward.parent, "apply", "p.patch")
    assert {path: path.read_bytes() for path in book.changed_files()} == book.changed_files()


def test_a_branch_gets_one_commit_with_trailers_and_the_tree_stays(ward: Path) -> None:
    book = Book(ward)
    change_two(book)
    commit = saving.to_branch(book, "intake/1", MESSAGE)
    assert git(ward, "status", "--porcelain") == "" and git(ward, "rev-parse", "--abbrev-ref", "HEAD").strip() == "main"
    assert git(ward, "rev-parse", "intake/1^").strip() == git(ward, "rev-parse", "HEAD").strip()
    for path, data in book.changed_files().items():
        assert git(ward, "show", f"{commit}:ward/ledgers/{path.name}").encode() == data
    trailers = git(ward, "log", "-1", "--format=%(trailers:only)", commit).strip().splitlines()
    assert trailers == ["Ticket: REQ-2026-00001", "Role: helpdesk", "Operation: test"]
    with pytest.raises(WardopsError) as error:
        saving.to_branch(book, "intake/1", MESSAGE)
    assert code(error) == "E0807"


@pytest.mark.parametrize("name", ["-d", "a..b", "x y", "refs//z", ""])
def test_a_bad_branch_name_is_refused(ward: Path, name: str) -> None:
    book = Book(ward)
    change_two(book)
    with pytest.raises(WardopsError) as error:
        saving.to_branch(book, name, MESSAGE)
    assert code(error) == "E0805"


def test_uncommitted_changes_never_slip_into_a_branch(ward: Path) -> None:
    path = ward / "ledgers" / "sites.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("本庁舎", "新庁舎"), encoding="utf-8")
    book = Book(ward)
    book.update("sites", first(book, "sites"), name="別の変更")
    with pytest.raises(WardopsError) as error:
        saving.to_branch(book, "x", MESSAGE)
    assert code(error) == "E0806"


def test_outside_of_git_there_is_no_branch_but_a_save(tmp_path: Path) -> None:
    shutil.copytree(BASE, tmp_path / "ward")
    book = Book(tmp_path / "ward")
    change_two(book)
    with pytest.raises(WardopsError) as error:
        saving.to_branch(book, "x", MESSAGE)
    assert code(error) == "E0805"
    assert len(saving.to_files(book)) == 2


def test_a_message_keeps_trailers_on_lines_of_their_own() -> None:
    text = saving.Message("件名\n偽の行", "本文\n\n", ticket="REQ-2026-00001\nRole: admin").text()
    assert text == "件名 偽の行\n\n本文\n\nTicket: REQ-2026-00001 Role: admin\n"
