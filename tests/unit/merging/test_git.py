"""The merge driver and the formatter as Git and people use them: merge, rebase, cherry-pick, with and without the driver.

covers: E0834, E0841
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import check_ward

REPOSITORY = Path(__file__).resolve().parents[3]
BASE = REPOSITORY / "tests" / "negative" / "base"
ENVIRONMENT = {**os.environ, "GIT_EDITOR": "true", "LC_ALL": "C.UTF-8"}
A3 = "A0000003,LG26N00003"


class Clone:
    """A clone of a small ward, with the driver registered as ``tools/setup.sh`` does it."""

    def __init__(self, folder: Path, *, driver: bool = True) -> None:
        self.folder = folder
        self.root = folder / "inventories" / "small"
        shutil.copytree(BASE, self.root)
        shutil.copy(REPOSITORY / ".gitattributes", folder)
        (folder / "tools").mkdir()
        shutil.copy(REPOSITORY / "tools" / "setup_git.sh", folder / "tools")
        (folder / ".gitignore").write_text("/.venv\n/wardops\n/plugins\n/collections\n/schemas\n", encoding="utf-8")
        for name in (".venv", "wardops", "plugins", "collections", "schemas"):
            (folder / name).symlink_to(REPOSITORY / name)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "試験")
        self.git("config", "user.email", "test@ward.example")
        if driver:
            subprocess.run(["bash", folder / "tools" / "setup_git.sh"], check=True)
        self.commit("base")

    def git(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(["git", *words], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}")

    def ledger(self, name: str) -> Path:
        return self.root / "ledgers" / f"{name}.csv"

    def edit(self, name: str, *pairs: tuple[str, str]) -> None:
        path = self.ledger(name)
        text = path.read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def on(self, branch: str, name: str, *pairs: tuple[str, str], start: str = "main") -> None:
        """A branch with one commit that edits one ledger."""
        self.git("checkout", "--quiet", "-B", branch, start)
        self.edit(name, *pairs)
        self.commit(branch)

    def codes(self) -> list[str]:
        return sorted({problem.code for problem in check_ward(self.root).problems if "ledgers" in problem.path})


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone")


TERMINALS = "lgwan/terminals"
NEW = "A0000455,LG26N00005,SYN00000905,ノート B5,note,0105,HON,1,office,stock,,,,,,024b54000905,,,,,,\n"
OTHER = "A0000456,LG26N00006,SYN00000906,ノート B5,note,0105,HON,1,office,stock,,,,,,024b54000906,,,,,,\n"
LAST = (
    "A0000004,LG20N00004,SYN00000004,ノート B5,note,0105,HON,1,offic"
    "e,returned,,,,,,024b54000005,,00000000-0000-4000-8000-000000000004,,2020-06-01,2025-05-31,\n"
)


def two_sides(clone: Clone) -> None:
    """Neighbouring rows added, and two cells of one row changed: Git's text merge would stop at both."""
    clone.on("one", TERMINALS, (LAST, LAST + NEW), ("0105,HON,1,office,setup", "0101,HON,1,office,setup"))
    clone.on("other", TERMINALS, (LAST, LAST + OTHER), (",CHG-2026-00001", ",CHG-2026-00777"))


def assert_both(clone: Clone) -> None:
    text = clone.ledger(TERMINALS).read_text(encoding="utf-8")
    assert text.endswith(LAST + NEW + OTHER)
    assert "0101,HON,1,office,setup" in text and ",CHG-2026-00777" in text
    assert clone.codes() == []
    assert clone.git("status", "--porcelain") == ""


def test_merge_takes_rows_and_cells_of_both_sides(clone: Clone) -> None:
    two_sides(clone)
    clone.git("merge", "--no-edit", "one")
    assert_both(clone)


def test_rebase_and_cherry_pick_too(clone: Clone) -> None:
    two_sides(clone)
    clone.git("rebase", "one")
    assert_both(clone)
    clone.git("checkout", "--quiet", "-B", "third", "one")
    clone.git("cherry-pick", "other")
    assert_both(clone)


def test_without_the_driver_git_stops_and_the_check_names_what_is_left(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "plain", driver=False)
    two_sides(clone)
    clone.git("merge", "--no-edit", "one", code=1)
    assert "E0830" in clone.codes()


def test_a_conflict_stops_shows_both_values_and_is_resolved_by_hand(clone: Clone) -> None:
    clone.on("one", TERMINALS, (f"{A3},SYN00000003,ノート B5", f"{A3},SYN00000003,ノート C6"))
    clone.on(
        "other", TERMINALS, (f"{A3},SYN00000003,ノート B5", f"{A3},SYN00000003,ノート D7"), ("0101,HON,2,counter", "0105,HON,2,counter")
    )
    said = clone.git("merge", "--no-edit", "one", code=1)
    assert "inventories/small/ledgers/lgwan/terminals.csv:5: E0831 A0000003 の機種（model）" in said
    assert "こちら「ノート D7」、相手「ノート C6」" in said
    assert clone.git("status", "--porcelain").startswith("UU ")
    assert clone.codes() == ["E0220", "E0830"]  # what a blind `git add` would bring
    text = clone.ledger(TERMINALS).read_text(encoding="utf-8")
    assert "ノート C6" in text and "ノート D7" in text and "0105,HON,2,counter" in text
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith(("<<<", "===", ">>>")) and "ノート C6" not in line]
    clone.ledger(TERMINALS).write_text("".join(lines), encoding="utf-8")
    assert clone.codes() == []


def test_the_same_number_on_two_branches_is_a_conflict(clone: Clone) -> None:
    clone.on("one", TERMINALS, (LAST, LAST + NEW))
    clone.on("other", TERMINALS, (LAST, LAST + NEW.replace("SYN00000905", "SYN00000907")))
    assert "E0832 A0000455 を双方が追加しています" in clone.git("merge", "--no-edit", "one", code=1)


def test_the_same_address_on_two_branches_is_a_conflict(clone: Clone) -> None:
    row = NEW.replace("stock,,,,,,", "setup,R2,,,10.16.15.21,115,")
    clone.on("one", TERMINALS, (LAST, LAST + row))
    clone.on("other", TERMINALS, (LAST, LAST + row.replace("A0000455,LG26N00005", "A0000456,LG26N00006").replace("905", "906")))
    said = clone.git("merge", "--no-edit", "one", code=1)
    assert "E0835" in said and "10.16.15.21" in said
    clone.commit("resolved without looking")
    assert clone.codes() == ["E0306"]


def test_numbers_given_out_on_two_branches_stop_in_their_own_line(clone: Clone) -> None:
    clone.on("one", "numbers", ("A,499,,2026-11-01", "A,500,REQ-2026-00001,2026-11-22"))
    clone.on("other", "numbers", ("A,499,,2026-11-01", "A,500,REQ-2026-00002,2026-11-22"))
    assert "E0831 A の採番の理由" in clone.git("merge", "--no-edit", "one", code=1)


@pytest.mark.parametrize(
    ("ledger", "pairs", "code"),
    [
        (TERMINALS, [("office,active,R0", "office,active,")], "E0212"),  # the ring got lost
        (TERMINALS, [("10.16.2.20,102", "10.16.1.20,101"), ("HON,2,counter", "HON,1,counter")], "E0306"),  # an address twice
        (TERMINALS, [("LG25N00002", "LG25N00001")], "E0304"),  # a name twice
        (TERMINALS, [("SYN00000002", "SYN00000001")], "E0303"),  # a serial twice
        (TERMINALS, [(LAST, LAST + LAST)], "E0220"),  # the row of both sides
        (TERMINALS, [(LAST, ""), ("A0000001,", LAST + "A0000001,")], "E0222"),  # put back in the wrong place
        ("numbers", [("A,499", "A,402")], "E0820"),  # the older side's numbers
        ("numbers", [("A,499,,2026-11-01\n", "")], "E0820"),
        ("numbers", [("A,499,,2026-11-01\n", "A,499,,2026-11-01\nA,500,REQ-2026-00001,2026-11-22\n")], "E0220"),
    ],
)
def test_wrong_resolutions_are_found_by_the_check(clone: Clone, ledger: str, pairs: list[tuple[str, str]], code: str) -> None:
    clone.edit(ledger, *pairs)
    assert code in clone.codes()


def test_a_damaged_side_is_merged_as_text_and_says_so(clone: Clone) -> None:
    clone.on("one", "sites", ("DCA,電算センター", "DCA,電算室"))
    clone.on("other", "sites", ("HON,本庁舎,main,0", "HON,本庁舎,main"))
    said = clone.git("merge", "--no-edit", "one", code=1)
    assert "E0834" in said and "E0116" in said
    assert "E0830" in clone.codes()
    text = clone.ledger("sites").read_text(encoding="utf-8")
    assert "電算室" in text and "HON,本庁舎,main\n" in text


def test_criss_cross_merges_have_an_ancestor_that_git_made_itself(clone: Clone) -> None:
    clone.on("one", "sites", ("電算センター", "電算室"))
    clone.on("other", "sites", ("本庁舎", "新庁舎"))
    clone.git("checkout", "--quiet", "-B", "left", "one")
    clone.git("merge", "--no-edit", "other")
    clone.git("checkout", "--quiet", "-B", "right", "other")
    clone.git("merge", "--no-edit", "one")
    clone.edit("sites", ("電算室", "計算室"))
    clone.commit("right")
    clone.git("checkout", "--quiet", "left")
    clone.edit("sites", ("新庁舎,main,0", "新庁舎,main,3"))
    clone.commit("left")
    clone.git("merge", "--no-edit", "right")
    assert clone.ledger("sites").read_text(encoding="utf-8") == "code,name,kind,number\nDCA,計算室,dc,1\nHON,新庁舎,main,3\n"


@pytest.mark.parametrize("damage", [("/.venv/bin/python ", "/nowhere/python "), (" -m wardops ", " -m nothing ")])
def test_a_driver_that_cannot_run_never_leaves_one_side_only(clone: Clone, damage: tuple[str, str]) -> None:
    """The clone was moved, or a package is missing: Git must not take our version for the merged one."""
    driver = clone.git("config", "--get", "merge.ledger.driver").strip()
    clone.git("config", "merge.ledger.driver", driver.replace(*damage))
    clone.on("one", "sites", ("電算センター", "電算室"))
    clone.on("other", "sites", ("電算センター", "計算室"))
    clone.git("merge", "--no-edit", "one", code=1)
    text = clone.ledger("sites").read_text(encoding="utf-8")
    assert "電算室" in text and "計算室" in text
    assert "E0830" in clone.codes()


def wardops(clone: Clone, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wardops", *words, "--ward", str(clone.root)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_the_formatter_mends_form_and_only_form(clone: Clone) -> None:
    before = {path: path.read_bytes() for path in clone.root.rglob("*.csv")}
    assert wardops(clone, "format", "--check").returncode == 0
    sites, stock = clone.ledger("sites"), clone.ledger("stock")
    lines = before[sites].decode().splitlines()
    turned = [",".join(reversed(line.split(","))) for line in [lines[0], *reversed(lines[1:])]]
    sites.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*turned, ",,,"]).encode())
    stock.write_bytes(before[stock].replace(b"Z00001", b'"Z00001"'))
    looked = wardops(clone, "format", "--check")
    assert looked.returncode == 1 and looked.stderr.count("E0841") == 2
    assert wardops(clone, "format").returncode == 0
    assert {path: path.read_bytes() for path in clone.root.rglob("*.csv")} == before
    assert wardops(clone, "format").stdout == ""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"code,name,kind,number\nDCA,a\n", "E0116"),
        (b"code,name,kind,number\n<<<<<<< a\n", "E0830"),
        (b"code,name,kind\n", "E0123"),
        (b"code,name,kind,number,nmae\n", "E0202"),
        ("code,name,kind,number\nDCA,電算,dc,1\n".encode("cp932"), "E0110"),
        (b'code,name,kind,number\n"DCA,a,dc,1\n', "E0108"),
    ],
)
def test_the_formatter_leaves_alone_what_a_human_must_decide(clone: Clone, content: bytes, code: str) -> None:
    path = clone.ledger("sites")
    path.write_bytes(content)
    done = wardops(clone, "format")
    assert done.returncode == 1 and code in done.stderr
    assert path.read_bytes() == content
