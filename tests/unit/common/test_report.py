"""Reports and papers: escaping, formulas, encodings, dates, PDF. covers: E0124"""

import csv
import datetime as dt
import io
import subprocess
from pathlib import Path

import jinja2
import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import report
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError

PAGE = """{% extends "base.html" %}{% block title %}{{ title }}{% endblock %}
{% block body %}<h1>{{ title }}</h1><p>{{ day | date }}</p>{% endblock %}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    return tmp_path


def test_a_page_escapes_what_comes_from_outside_and_fetches_nothing(folder: Path) -> None:
    html = report.render("page.html", {"title": "<script>alert('1')</script>", "day": "2026-11-22"}, folder)
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "default-src 'none'" in html and "http://" not in html and "https://" not in html
    assert "2026年11月22日（日）" in html


def test_a_missing_value_is_an_error(folder: Path) -> None:
    with pytest.raises(jinja2.UndefinedError):
        report.render("page.html", {"title": "x"}, folder)


def test_dates_times_and_money_for_people() -> None:
    assert report.japanese_date(dt.date(2019, 5, 1), wareki=True) == "令和元年5月1日（水）"
    assert report.tokyo("2026-11-22T15:30:00+00:00") == "2026-11-23 00:30 JST"
    assert [report.yen(12345), report.yen(-800), report.yen(0)] == ["12,345円", "▲800円", "0円"]


@pytest.mark.parametrize("cell", ["=1+1", "+81", "-2+3", "@SUM(A1)", "\t=1", "＝1", "－1"])
def test_a_sheet_has_no_live_formula(cell: str) -> None:
    rows = list(csv.reader(io.StringIO(report.sheet(["a", "b"], [[cell, -5]]).decode("utf-8-sig"))))
    assert rows[1] == ["'" + cell, "-5"]


def test_a_sheet_in_cp932_refuses_what_it_cannot_hold() -> None:
    assert report.sheet(["名"], [["髙﨑①㈱"]], "cp932").decode("cp932") == "名\r\n髙﨑①㈱\r\n"
    with pytest.raises(WardopsError) as error:
        report.sheet(["名"], [["吉野"], ["𠮷野"]], "cp932")
    (problem,) = error.value.problems
    assert problem.code == "E0124" and problem.params["row"] == 3 and problem.params["point"] == "U+20BB7"


def test_a_paper_is_a_pdf_with_its_japanese_text_and_always_the_same_bytes(folder: Path) -> None:
    html = report.render("page.html", {"title": "引渡書 髙﨑①㈱", "day": "2026-11-22"}, folder)
    data = report.pdf(html)
    assert data == report.pdf(html)
    (folder / "paper.pdf").write_bytes(data)
    text = subprocess.run(["pdftotext", folder / "paper.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert "引渡書 髙﨑①㈱" in text and "1/1" in text


def test_a_paper_that_refers_to_the_outside_is_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "picture.png").write_bytes(bytes.fromhex("89504e470d0a1a0a"))
    data = report.pdf(f'<img src="{(folder / "picture.png").as_uri()}"><p>text</p>')
    (folder / "paper.pdf").write_bytes(data)
    images = subprocess.run(["pdfimages", "-list", folder / "paper.pdf"], capture_output=True, text=True, check=True).stdout
    assert len(images.splitlines()) == 2, "the header only: nothing was fetched"
    capfd.readouterr()
