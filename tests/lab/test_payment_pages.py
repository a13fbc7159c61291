"""The receipt (振分結果一覧) and the comparison of rules in headless Chromium: they show their figures, fetch nothing, run nothing."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.payment import compare, receipt
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.unit.pages.chromium import chromium, complaints, open_file, requests
from tests.unit.payment import days
from tests.unit.payment.days import HEADER, row

pytestmark = pytest.mark.xdist_group("chromium")


def fetched(browser: webdriver.Chrome) -> list[str]:
    """Everything but the browser's own first page, and what is no fetch."""
    return [address for address in requests(browser) if not address.startswith(("chrome:", "data:"))]


def test_the_pages_open_from_the_disk(tmp_path: Path) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\">.csv"
    form = days.layout()
    staged = days.run(tmp_path, HEADER + row("1") + row("1") + row("2", "x") + row("3", "100008", "-70"), name="day.csv")
    staged.manifest.source["name"] = hostile
    page = receipt.write(tmp_path / "receipts", staged.manifest, days.routing(form).sections)[2]
    policy = copy.deepcopy(days.RULES)
    policy["procedures"][1]["routes"][0]["dept_code"] = "0209"
    source = days.Input(tmp_path / "day.csv", "day.csv", days.DAY)
    found = compare.compare([source], form, days.routing(form), days.routing(form, policy), ("2026-10-24", "2026-11-22"))
    moves = tmp_path / "moves.html"
    moves.write_text(compare.page(found, "2026-11-22T00:00:00+00:00"), encoding="utf-8")
    with chromium() as browser:
        open_file(browser, page)
        assert browser.title == "振分結果一覧 2026-11-22"
        text = browser.find_element(By.TAG_NAME, "body").text
        assert hostile in text
        assert "4 件 830円（うち取消 1 件 ▲70円）" in text
        assert len(browser.find_elements(By.CSS_SELECTOR, "table.list tbody tr")) == 7
        assert (fetched(browser), complaints(browser)) == ([page.as_uri()], [])
        open_file(browser, moves)
        cells = [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, "tbody td")]
        assert cells[:6] == ["0208 税務課", "0209 収納対策課", "100008", "", "1", "-70"]
        assert (fetched(browser), complaints(browser)) == ([moves.as_uri()], [])
