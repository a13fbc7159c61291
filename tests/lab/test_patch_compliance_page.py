"""The page 適用状況一覧 in Chromium: charts, Japanese, no script error, nothing fetched, hostile names, 3,750 terminals, no script."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.patch import compliance_report
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.unit.pages.chromium import chromium, complaints, open_file, requests
from tests.unit.patch.compliance_ward import Reported

pytestmark = pytest.mark.xdist_group("chromium")
EVIL = "</script><img src=x onerror=\"document.title='taken'\"><svg/onload=alert(1)>"
#: milliseconds from a key to the rows that are drawn, on two shared cores
_QUICK = 400
_TYPED = """
const [word, done] = arguments; const box = document.getElementById('text'); const begun = performance.now();
box.value = word; box.dispatchEvent(new Event('input')); requestAnimationFrame(() => done(performance.now() - begun));
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    reported = Reported(folder, 3750, 80, 16)
    now = reported.snapshot(reported.days[-1])
    names = (now.names[0], "evil" + EVIL, *now.names[2:])
    reported.keep(dataclasses.replace(now, names=names, models=(EVIL, *now.models[1:]), others=(("stranger", EVIL, EVIL, "", ""),)))
    path = folder / "page.html"
    path.write_bytes(compliance_report.files(reported.read())["patch-compliance.html"])
    return path


def test_the_page_is_drawn_and_its_list_is_quick(page: Path) -> None:
    with chromium() as driver:
        open_file(driver, page)
        assert complaints(driver) == [] and [one for one in requests(driver) if not one.startswith(("chrome:", "file:", "data:"))] == []
        assert driver.title == "適用状況一覧 lgwan 2027-01"
        figures = driver.find_elements(By.CSS_SELECTOR, "figure svg[role=img]")
        assert len(figures) == 6 and all(figure.size["width"] > 300 and figure.size["height"] > 60 for figure in figures)
        assert "課" in "".join(figure.get_attribute("aria-label") for figure in figures)
        # Japanese text of the charts is drawn with a font that has it, not with empty boxes
        fonts = driver.execute_script("return document.fonts.check('16px IPAexGothic', '適用済')")
        drawn = driver.find_element(By.CSS_SELECTOR, "figure svg").get_attribute("textContent")
        assert fonts and "適用済" in drawn and "未通信" in drawn
        assert "一致" in driver.find_element(By.ID, "reconcile").text and "一致しない" not in driver.page_source

        counted = driver.find_element(By.ID, "count")
        assert counted.text == "3,750 / 3,750 台"
        rows = driver.find_elements(By.CSS_SELECTOR, "#rows .row")
        assert 10 < len(rows) < 60
        driver.set_script_timeout(30)
        times = [driver.execute_async_script(_TYPED, word) for word in ("LG25D0", "ｌｇ25ｄ00012", "課", "")]
        assert max(times) < _QUICK, times
        driver.execute_async_script(_TYPED, "ＬＧ25Ｄ00012")
        assert counted.text == "1 / 3,750 台"
        driver.execute_async_script(_TYPED, "")
        Select(driver.find_element(By.ID, "standing")).select_by_visible_text("失敗")
        failed = int(re.sub(r"[^0-9]", "", counted.text.partition("/")[0]))
        total = driver.find_element(By.CSS_SELECTOR, "#rings tbody tr:last-child td:nth-of-type(5)").text
        assert failed == int(total) > 0
        first = driver.find_element(By.CSS_SELECTOR, "#rows .row")
        first.click()
        assert driver.find_element(By.ID, "detail").text.count("失敗") >= 8
        for key in (Keys.ARROW_DOWN, Keys.ENTER):  # by keyboard, and the focus is not lost when rows are drawn anew
            driver.switch_to.active_element.send_keys(key)
        second = driver.find_elements(By.CSS_SELECTOR, "#rows .row")[1].text.split()[0]
        assert driver.find_element(By.CSS_SELECTOR, "#detail h3").text == second == driver.switch_to.active_element.text.split()[0]

        Select(driver.find_element(By.ID, "standing")).select_by_index(0)
        driver.execute_script("document.getElementById('list').scrollTop = 1e9")
        driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        assert driver.find_elements(By.CSS_SELECTOR, "#rows .row")[-1].get_attribute("aria-rowindex") == "3751"
        driver.execute_async_script(_TYPED, "evil")
        assert EVIL in driver.find_element(By.CSS_SELECTOR, "#rows .row").text
        assert driver.title != "taken" and driver.find_elements(By.CSS_SELECTOR, "img") == [] and complaints(driver) == []


def test_the_summary_needs_no_script(page: Path) -> None:
    with chromium() as driver:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        open_file(driver, page)
        body = driver.find_element(By.TAG_NAME, "body").text
        assert "対象 3,750 台のうち適用済" in body and "検算" in body and "patch-compliance-terminals.csv" in body
        assert not driver.find_element(By.ID, "panel").is_displayed()
        assert len(driver.find_elements(By.CSS_SELECTOR, "figure svg")) == 6
