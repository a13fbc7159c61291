"""A save of several ledgers killed at any moment: old or new, never a mixture that stays."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.ledger import saving
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import check_ward

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "tests" / "negative" / "base"
# one process saves again and again, so that a kill hits a save and not the start of Python
PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, "collections")
from ansible_collections.ward.ops.plugins.module_utils.ledger import saving
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas
schemas = load_schemas(Path("schemas"))
print("ready", flush=True)
for number in range(10 ** 6):
    book = Book(Path(sys.argv[1]), schemas)
    for ledger in ("departments", "sites", "leases"):
        key = next(iter(book.rows(ledger)))
        column = "note" if ledger == "leases" else "name"
        book.update(ledger, key, **{column: f"第{number}版"})
    saving.to_files(book)
"""


def versions(ward: Path) -> set[str]:
    texts = [(ward / "ledgers" / f"{name}.csv").read_text(encoding="utf-8").splitlines()[1] for name in ("departments", "sites", "leases")]
    # before the first save none of them has such a cell
    return {next((cell for cell in text.split(",") if cell.startswith("第")), "") for text in texts}


def test_a_save_killed_at_twenty_random_moments_is_always_whole(tmp_path: Path) -> None:
    ward = tmp_path / "ward"
    shutil.copytree(BASE, ward)
    chance = random.Random(20261123)
    interrupted = 0
    for _ in range(20):
        child = subprocess.Popen([sys.executable, "-c", PROGRAM, ward], cwd=ROOT, stdout=subprocess.PIPE)
        assert child.stdout and child.stdout.readline() == b"ready\n"
        time.sleep(0.02 + chance.random() * 0.06)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        interrupted += any(problem.code == "E0804" for problem in check_ward(ward).problems)
        saving.recover(ward / "ledgers")
        assert len(versions(ward)) == 1, "all three ledgers are of one save"
        assert check_ward(ward).problems == []
    print(f"{interrupted} of 20 kills hit a save between its files")


def test_two_savers_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each adds rows of its own, and starts again when the other was faster (E0803)."""
    ward = tmp_path / "ward"
    shutil.copytree(BASE, ward)
    program = """
import sys
from pathlib import Path
sys.path.insert(0, "collections")
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger import saving
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas
schemas = load_schemas(Path("schemas"))
done = again = 0
while done < 25:
    book = Book(Path(sys.argv[1]), schemas)
    book.put("sites", {"code": f"{sys.argv[2]}{done:02d}", "name": "拠点", "kind": "branch", "number": str(100 + int(sys.argv[3]) + done)})
    try:
        saving.to_files(book)
    except WardopsError as error:
        assert [problem.code for problem in error.problems] == ["E0803"], error
        again += 1
    else:
        done += 1
"""
    savers = [
        subprocess.Popen([sys.executable, "-c", program, ward, letter, start], cwd=ROOT) for letter, start in (("X", "0"), ("Y", "50"))
    ]
    assert [saver.wait(timeout=60) for saver in savers] == [0, 0]
    codes = [line.split(",")[0] for line in (ward / "ledgers" / "sites.csv").read_text(encoding="utf-8").splitlines()]
    assert sum(code[0] in "XY" and code[1:].isdigit() for code in codes) == 50
