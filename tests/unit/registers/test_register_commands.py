"""``wardops register`` and ``wardops paper`` as the desk runs them, in whole processes; every paper as the PDF that is printed.

covers: E1030, E1031
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.registers.register_wards import REPOSITORY, SAMPLE, small


def wardops(*words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "wardops", *words]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_all_lists_into_a_folder_and_the_exit_code(tmp_path: Path) -> None:
    text = wardops("register", "report", "--out", str(tmp_path), "--fail", code=1)
    assert "E1030" in text
    names = sorted(path.name for path in tmp_path.iterdir())
    expected = ["collection", "due_soon", "expiring", "leases", "leavers", "orders", "overdue", "pools", "reorder"]
    assert names == sorted([*(f"{name}.csv" for name in expected), "registers.html"])
    page = (tmp_path / "registers.html").read_text(encoding="utf-8")
    assert "発注点を下回った在庫" in page
    assert "http" not in page.replace("http-equiv", "")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert "0 書込み" in wardops("register", "report", "--out", str(tmp_path))
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_lend_write_print_and_take_back(tmp_path: Path) -> None:
    ward = small(tmp_path)
    words = ["--ward", str(ward), "--ticket", "CHG-2026-00600"]
    shutil.copy(REPOSITORY / "tests/negative/E1004-lent-but-in-stock/ledgers/loan_items.csv", ward / "ledgers" / "loan_items.csv")
    lend = ["register", "lend", "RC-0001", "--section", "0101", "--staff", "d000001", "--purpose", "<b>=会議</b>", "--due", "2026-12-01"]
    assert "計画のみ" in wardops(*lend, *words)
    assert "LN-2026-0020" not in (ward / "ledgers" / "loans.csv").read_text(encoding="utf-8")
    wardops(*lend, *words, "--write")
    papers = tmp_path / "papers"
    wardops("paper", "handover", "--loan", "LN-2026-0020", "--ward", str(ward), "--out", str(papers))
    wardops("paper", "return", "--loan", "LN-2026-0020", "--ward", str(ward), "--out", str(papers))
    assert "<b>=会議" not in (papers / "handover_ln-2026-0020.html").read_text(encoding="utf-8")
    text = read_pdf(papers / "handover_ln-2026-0020.pdf")
    assert all(word in text for word in ("引渡書", "RC-0001", "入退室カード", "2026年12月1日", "受領印", "<b>=会議</b>"))
    wardops("register", "return", "LN-2026-0020", *words, "--write")
    assert "E1012" in wardops("register", "return", "LN-2026-0020", *words, "--write", code=1)
    assert "エラーなし" in wardops("check", "--ward", str(ward))


def test_a_count_sheet_goes_out_and_comes_back(tmp_path: Path) -> None:
    ward = small(tmp_path)
    sheet = tmp_path / "棚卸表.csv"
    wardops("register", "count-sheet", "stock", "--ward", str(ward), "--csv", str(sheet), "--encoding", "cp932")
    text = sheet.read_bytes().decode("cp932").splitlines()
    sheet.write_bytes("\r\n".join([text[0], text[1] + "3"]).encode("cp932"))
    told = wardops("register", "count", "stock", str(sheet), "--ward", str(ward), "--csv", str(tmp_path / "差異.csv"))
    assert "--ticket" in told
    wardops("register", "count", "stock", str(sheet), "--ward", str(ward), "--ticket", "CHG-2026-00601", "--write")
    assert "Z00001,2,2026-11-22,count,2,3," in (ward / "ledgers" / "stock_moves.csv").read_text(encoding="utf-8")
    assert "エラーなし" in wardops("check", "--ward", str(ward))


PAPERS = {
    "pairing": (["--model", "合成マウス", "--section", "0105"], ["ペアリング案内", "DX戦略課", "合成マウス"]),
    "order": (["PO-2026-0296"], ["発注依頼書", "見本ネットワーク商会", "合計（税込）", "8,690円", "7,900円"]),
    "collection": (["CO101"], ["回収依頼書", "合成事務用品", "使用済トナー"]),
    "setup": (["A0000180"], ["セットアップチェックシート", "A0000180", "ディスク暗号化", "二要素認証"]),
    "ending": (["leases", "--until", "2027-04-30"], ["終了案内", "リース台帳"]),
    "handover": (["--asset", "A0000002"], ["引渡書", "A0000002", "A0003754", "受領印"]),
}


@pytest.mark.parametrize("kind", PAPERS)
def test_papers_of_the_sample(kind: str, tmp_path: Path) -> None:
    words, expected = PAPERS[kind]
    wardops("paper", kind, *words, "--ward", str(SAMPLE), "--out", str(tmp_path))
    (pdf,) = tmp_path.glob("*.pdf")
    text = read_pdf(pdf)
    assert [word for word in expected if word not in text] == []


def test_the_same_paper_has_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("1", "2"):
        wardops("paper", "order", "PO-2026-0296", "--ward", str(SAMPLE), "--out", str(tmp_path / folder))
    first, second = ((tmp_path / folder / "order_po-2026-0296.pdf").read_bytes() for folder in ("1", "2"))
    assert first == second


def test_papers_without_content_are_refused() -> None:
    assert "E1031" in wardops("paper", "collection", "CO102", code=1)
    assert "E1031" in wardops("paper", "handover", code=1)
    assert "E1010" in wardops("paper", "order", "PO-2026-9999", code=1)
    assert "E1028" in wardops("paper", "ending", "media", "--until", "2027-04-30", code=1)


def test_orders_are_matched_from_the_command_line(tmp_path: Path) -> None:
    ward = Path(shutil.copytree(SAMPLE, tmp_path / "ward"))
    notes = tmp_path / "納品.csv"
    notes.write_text(
        "業者コード,納品書番号,納品日,発注番号,発注明細,数量\nCO102,N-1,2026-11-21,PO-2026-0296,1,20\nCO102,N-2,2026-11-21,PO-2026-0297,1,99\n",
        encoding="utf-8",
    )
    words = ["register", "match", "--deliveries", str(notes), "--ward", str(ward), "--ticket", "CHG-2026-00602", "--write"]
    text = wardops(*words, "--csv", str(tmp_path / "結果.csv"), code=1)
    assert "E1027" in text
    assert "過納" in (tmp_path / "結果.csv").read_text(encoding="utf-8-sig")
    written = (ward / "ledgers" / "deliveries.csv").read_text(encoding="utf-8")
    assert "N-1," in written
    assert "N-2," not in written
    assert "エラーなし" in wardops("check", "--ward", str(ward))


def read_pdf(path: Path) -> str:
    """The words without white space: wide headings are letters with gaps."""
    return "".join(subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout.split())
