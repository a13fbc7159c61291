"""Giving out numbers, names, addresses and rings: deterministic, nothing twice, two branches at once collide visibly.

covers: E0821, E0822, E0823, E0824
"""

import argparse
import datetime as dt
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger import saving
from ansible_collections.ward.ops.plugins.module_utils.ledger.allocation import Allocator, settle
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import check_ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.numbering import NumberForm

from wardops import _saving

REPOSITORY = Path(__file__).resolve().parents[3]
BASE = REPOSITORY / "tests" / "negative" / "base"
SAMPLE = REPOSITORY / "inventories" / "sample"
TERMINAL = {
    "model": "ノート B5",
    "form": "note",
    "dept_code": "0105",
    "site": "HON",
    "floor": "1",
    "use": "office",
    "status": "setup",
}


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


def add_terminal(book: Book, reason: str, serial: str, mac: str) -> dict[str, str]:
    give = Allocator(book, reason)
    ip, vlan = give.address("lgwan", "HON", "1", "setup")
    row = {**TERMINAL, "asset_id": give.asset_id(), "computer_name": give.computer_name("lgwan", "note", 2026)}
    row |= {"serial": serial, "ip": ip, "vlan": vlan, "mac_lan": mac, "ring": give.ring("lgwan", row)}
    book.put("terminals", row, "lgwan")
    return row


def code(error: pytest.ExceptionInfo[WardopsError]) -> str:
    return error.value.problems[0].code


def codes(root: Path) -> list[str]:
    return sorted({problem.code for problem in check_ward(root).problems if "ledgers" in problem.path})


def test_a_new_terminal_gets_what_follows_the_last_ones_and_passes_the_check(ward: Path) -> None:
    book = Book(ward)
    row = add_terminal(book, "REQ-2026-00001", "SYN00000901", "024b54000901")
    assert (row["asset_id"], row["computer_name"], row["ip"], row["vlan"]) == ("A0000500", "LG26N00020", "10.16.15.21", "115")
    assert row["ring"] == "R2"
    settle(book, "REQ-2026-00001")
    assert book.new_problems() == []
    assert book.get("numbers", "A") == {"prefix": "A", "last": "500", "given_for": "REQ-2026-00001", "given_on": "2026-11-22"}


def test_the_same_again_gives_the_same(ward: Path) -> None:
    assert add_terminal(Book(ward), "x", "S1", "m") == add_terminal(Book(ward), "x", "S1", "m")


def test_nothing_is_given_twice_by_one_allocator_or_after_another(ward: Path) -> None:
    book = Book(ward)
    one, other = Allocator(book), Allocator(book)
    numbers = [one.asset_id(), one.asset_id()]
    assert len({*numbers}) == 2
    addresses = [one.address("lgwan", "HON", 1)[0] for _ in range(5)]
    assert len({*addresses}) == 5
    book.put("terminals", {**TERMINAL, "asset_id": numbers[1], "computer_name": "LG26N00020", "ip": addresses[0]}, "lgwan")
    assert other.asset_id() not in numbers
    assert other.address("lgwan", "HON", 1)[0] != addresses[0]


def test_a_number_is_not_used_again_when_its_row_is_gone(ward: Path) -> None:
    book = Book(ward)
    number = Allocator(book).asset_id()
    book.put("terminals", {**TERMINAL, "asset_id": number, "computer_name": "LG26N00020", "serial": "SYN00000901"}, "lgwan")
    saving.to_files(book)
    book = Book(ward)
    book.remove("terminals", number, "lgwan")
    saving.to_files(book)
    assert Allocator(Book(ward)).asset_id() == f"A{int(number[1:]) + 1:07d}"


def test_a_hand_made_number_is_counted_too(ward: Path) -> None:
    book = Book(ward)
    book.put("accessories", {"asset_id": "A0000777", "kind": "mouse", "model": "合成マウス", "status": "stock"})
    assert Allocator(book).asset_id() == "A0000778"
    book = Book(ward)
    book.put("accessories", {"asset_id": "A0000777", "kind": "mouse", "model": "合成マウス", "status": "stock"})
    assert [problem.code for problem in book.new_problems()] == ["E0820"]
    settle(book, "CHG-2026-00001")
    assert book.new_problems() == []


def test_numbers_with_a_year_follow_the_date(ward: Path) -> None:
    give = Allocator(Book(ward))
    assert give.number("loans", "loan_id") == "LN-2026-0020"
    assert give.number("loans", "loan_id", dt.date(2027, 1, 4)) == "LN-2027-0001"
    assert give.number("leases", "lease_id", dt.date(2027, 3, 31)) == "L26-0001"
    assert NumberForm(("leases",), "lease_id", "L{fy}-", 4).prefix_on(dt.date(2027, 4, 1)) == "L27-"


def test_every_terminal_address_of_a_floor_is_given_once_and_then_none(ward: Path) -> None:
    give = Allocator(Book(ward))
    given = []
    with pytest.raises(WardopsError) as error:
        while True:
            given.append(give.address("lgwan", "HON", 1)[0])
    assert code(error) == "E0822"
    texts = [path.read_text(encoding="utf-8") for path in (ward / "ledgers").rglob("*.csv") if path.stem != "subnets"]
    held = re.findall(r"10\.16\.1\.[0-9]+", " ".join(texts))  # in whatever ledger: terminals, planned moves …
    assert sorted(int(ip.rsplit(".", 1)[1]) for ip in [*given, *held]) == list(range(20, 220))


def test_the_setup_zone_ends_before_the_quarantine(ward: Path) -> None:
    give = Allocator(Book(ward))
    given = []
    with pytest.raises(WardopsError) as error:
        while True:
            given.append(give.address("lgwan", "HON", 1, "setup")[0])
    assert code(error) == "E0822"
    assert given[-1] == "10.16.15.126"


def test_what_cannot_be_given_is_refused(ward: Path) -> None:
    give = Allocator(Book(ward))
    for ask, expected in (
        (lambda: give.address("lgwan", "XXX", 1), "E0823"),
        (lambda: give.computer_name("lgwan", "watch", 2026), "E0824"),
        (lambda: give.computer_name("nowhere", "note", 2026), "E0824"),
        (lambda: give.number("sites", "code"), "E0824"),
    ):
        with pytest.raises(WardopsError) as error:
            ask()
        assert code(error) == expected
    assert give.address("standalone", "HON", 1) == ("", "")


def test_numbers_that_are_used_up_are_not_wrapped(ward: Path) -> None:
    book = Book(ward)
    book.update("numbers", "Z", last="99998")
    give = Allocator(book)
    assert give.number("stock", "stock_id") == "Z99999"
    with pytest.raises(WardopsError) as error:
        give.number("stock", "stock_id")
    assert code(error) == "E0821"


def test_a_released_address_rests_before_somebody_else_gets_it(ward: Path) -> None:
    book = Book(ward)
    first = book.get("terminals", "A0000001", "lgwan")
    assert first is not None
    book.update("terminals", "A0000001", "lgwan", status="return_pending", return_due="2026-12-25", ip="", vlan="", ring="")
    assert Allocator(book).address("lgwan", "HON", 1)[0] != first["ip"]
    settle(book)
    saving.to_files(book)
    book = Book(ward)
    assert book.get("address_rests", "10.16.1.20") == {"ip": "10.16.1.20", "holder": "A0000001", "released_on": "2026-11-22"}
    assert Allocator(book).address("lgwan", "HON", 1)[0] == "10.16.1.21"
    book.update("terminals", "A0000002", "lgwan", ip=first["ip"], vlan="101", floor="1")
    settle(book)
    assert [problem.code for problem in book.new_problems()] == ["E0306"]


def test_the_same_terminal_may_have_its_address_back_and_the_rest_ends(ward: Path) -> None:
    book = Book(ward)
    before = dict(book.get("terminals", "A0000001", "lgwan") or {})
    book.update("terminals", "A0000001", "lgwan", status="repair", ip="", vlan="", ring="")
    settle(book)
    saving.to_files(book)
    book = Book(ward)
    book.put("terminals", before, "lgwan")
    settle(book)
    assert book.get("address_rests", before["ip"]) is None
    assert book.new_problems() == []


def test_an_address_whose_rest_is_over_is_given_again(ward: Path) -> None:
    book = Book(ward)
    book.put("address_rests", {"ip": "10.16.1.21", "holder": "A0000001", "released_on": "2026-10-23"})
    assert Allocator(book).address("lgwan", "HON", 1)[0] == "10.16.1.21"
    assert book.get("address_rests", "10.16.1.21") is None
    book.put("address_rests", {"ip": "10.16.1.21", "holder": "A0000001", "released_on": "2026-10-24"})
    assert Allocator(book).address("lgwan", "HON", 1)[0] == "10.16.1.22"


def test_the_sample_ward_gives_addresses_that_its_check_accepts() -> None:
    book = Book(SAMPLE)
    give = Allocator(book, "REQ-2026-99999")
    for number in range(60):
        name, asset = give.computer_name("lgwan", "note", 2026), give.asset_id()
        ip, vlan = give.address("lgwan", "HON", "3", "setup")
        row = {**TERMINAL, "asset_id": asset, "computer_name": name, "serial": f"SYN9{number:07d}", "ip": ip, "vlan": vlan, "floor": "3"}
        book.put("terminals", {**row, "ring": give.ring("lgwan", row)}, "lgwan")
    assert book.new_problems() == []


def allocate_on(ward: Path, branch: str, reason: str, serial: str, mac: str) -> dict[str, str]:
    """What an import does: everything from ``main``, saved on a branch of its own."""
    book = Book(ward)
    row = add_terminal(book, reason, serial, mac)
    settle(book, reason)
    saving.to_branch(book, branch, saving.Message(f"端末を受け入れる {branch}"))
    return row


def test_two_branches_that_give_out_at_once_collide_in_the_merge(ward: Path) -> None:
    one = allocate_on(ward, "one", "REQ-2026-00001", "SYN00000901", "024b54000901")
    other = allocate_on(ward, "other", "REQ-2026-00002", "SYN00000902", "024b54000902")
    assert one["asset_id"] == other["asset_id"]  # both began from the same line
    git(ward, "merge", "--quiet", "one")
    merged = subprocess.run(["git", "-C", ward, "merge", "other"], capture_output=True, text=True, check=False)
    assert merged.returncode == 1
    assert "ward/ledgers/numbers.csv" in git(ward, "diff", "--name-only", "--diff-filter=U")
    assert {"E0116", "E0220"} & set(codes(ward))  # conflict markers never pass


@pytest.mark.parametrize("kept", ["ours", "theirs"])
def test_a_merge_of_numbers_that_was_resolved_wrongly_is_found(ward: Path, kept: str) -> None:
    """Both keep their rows in different ledgers, so that only the number itself collides; then one side's number line is taken."""
    allocate_on(ward, "one", "REQ-2026-00001", "SYN00000901", "024b54000901")
    book = Book(ward)
    give = Allocator(book, "REQ-2026-00002")
    for _ in range(2):
        book.put("accessories", {"asset_id": give.asset_id(), "kind": "mouse", "model": "合成マウス", "status": "stock"})
    saving.to_branch(book, "other", saving.Message("付属品を受け入れる"))
    git(ward, "merge", "--quiet", "one")
    assert subprocess.run(["git", "-C", ward, "merge", "other"], capture_output=True, check=False).returncode == 1
    git(ward, "checkout", f"--{kept}", "ledgers/numbers.csv")
    # the asset number is there twice, in two ledgers; and one side's lines forget the second mouse, the other's the computer's name
    assert codes(ward) == ["E0307", "E0820"]


def test_two_branches_with_an_address_each_cannot_share_it_silently(ward: Path) -> None:
    """Two moves to one floor from the same commit: Git sees two different rows, the check sees one address twice."""
    for branch, key in (("one", "A0000003"), ("other", "A0000002")):
        book = Book(ward)
        ip, vlan = Allocator(book).address("lgwan", "HON", 2)
        book.update("terminals", key, "lgwan", status="active", os_version="Windows 11 24H2", os_build="26100.7171", ring="R2")
        book.update("terminals", key, "lgwan", ip=ip, vlan=vlan, floor="2", assigned_date="2026-11-20")
        settle(book)
        assert book.new_problems() == []
        saving.to_branch(book, branch, saving.Message(f"移動 {branch}"))
    git(ward, "merge", "--quiet", "one")
    subprocess.run(["git", "-C", ward, "merge", "other"], capture_output=True, check=False)
    # the neighbouring lines collide for Git; somebody takes both of them
    path = ward / "ledgers" / "lgwan" / "terminals.csv"
    rows = [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if not line.startswith(("<<<", "===", ">>>"))]
    active = {line.split(",")[0]: line for line in rows if ",10.16.15.20," not in line and ",10.16.2.20," not in line}
    path.write_text("".join(active.values()), encoding="utf-8")
    assert "E0306" in codes(ward)


def wardops(ward: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wardops", "allocate", *words, "--ward", str(ward)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_the_command_gives_out_records_and_settles(ward: Path) -> None:
    done = wardops(ward, "number", "stock", "stock_id", "--count", "2", "--ticket", "REQ-2026-00009", "--write")
    assert done.stdout.splitlines()[:2] == ["Z00100", "Z00101"]
    assert "Z,101,REQ-2026-00009,2026-11-22\n" in (ward / "ledgers" / "numbers.csv").read_text(encoding="utf-8")
    assert wardops(ward, "name", "--layer", "mn", "--form", "tablet", "--fiscal-year", "2026").stdout.startswith("MN26T00001\n")
    address = wardops(ward, "address", "--layer", "lgwan", "--site", "HON", "--floor", "1", "--count", "2")
    assert address.stdout == "10.16.1.21 VLAN 101\n10.16.1.22 VLAN 101\n"
    stock = ward / "ledgers" / "stock.csv"
    stock.write_text(stock.read_text(encoding="utf-8").replace("Z00001", "Z00555"), encoding="utf-8")
    assert codes(ward) == ["E0820"]
    assert wardops(ward, "settle", "--write").returncode == 0
    assert codes(ward) == []
    refused = wardops(ward, "number", "sites", "code")
    assert refused.returncode == 1 and "E0824" in refused.stderr


def test_every_command_that_saves_settles_too(ward: Path) -> None:
    """``_saving.save`` is where all commands pass."""
    book = Book(ward)
    book.update("terminals", "A0000003", "lgwan", status="stock", ip="", vlan="", ring="")
    arguments = argparse.Namespace(write=True, branch=None, patch=None)
    assert _saving.save(book, arguments, saving.Message("返却")) == 0
    assert "10.16.15.20,A0000003,2026-11-22" in (ward / "ledgers" / "address_rests.csv").read_text(encoding="utf-8")


def test_several_at_once_in_one_working_tree_never_get_the_same(ward: Path) -> None:
    """Each gets numbers of its own, or is told that somebody was faster."""
    command = [sys.executable, "-m", "wardops", "allocate", "number", "stock", "stock_id", "--count", "3", "--write", "--ward", str(ward)]
    runs = [subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ended = [(run.communicate(timeout=120), run.returncode) for run in runs]
    given = [line for (out, _), code_ in ended if code_ == 0 for line in out.splitlines() if re.fullmatch("Z[0-9]{5}", line)]
    assert given and len(set(given)) == len(given)
    assert all("E0803" in said for (_, said), code_ in ended if code_ != 0)
    last = Book(ward).get("numbers", "Z")
    assert last and max(given) == f"Z{int(last['last']):05d}"
