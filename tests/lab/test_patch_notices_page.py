"""掲示文 as a page in Chromium: Japanese is drawn, no script error, nothing fetched, hostile words stay words; on paper one sheet of A4."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.patch import notices
from selenium.webdriver.common.by import By

from tests.unit.pages.chromium import chromium, complaints, open_file, requests

pytestmark = pytest.mark.xdist_group("chromium")


def test_the_page_of_the_board_is_drawn(tmp_path: Path) -> None:
    evil = "<script>document.title='taken'</script>"
    text = f"令和9年1月27日（水）から適用します。\n\n{evil}\n問合せ：DX戦略課\n"
    made = notices.board_page(notices.Notice(notices.BOARD, "（メンテナンス）更新プログラムの適用", text, "掲示文.txt"), pdf=True)
    path = tmp_path / "board.html"
    path.write_bytes(made["掲示文.html"])
    paper = tmp_path / "board.pdf"
    paper.write_bytes(made["掲示文.pdf"])
    facts = subprocess.run(["pdfinfo", paper], capture_output=True, text=True, check=True).stdout
    assert re.search(r"^Pages: +1$", facts, re.MULTILINE) and "(A4)" in facts
    assert "適用します" in subprocess.run(["pdftotext", paper, "-"], capture_output=True, text=True, check=True).stdout
    with chromium() as driver:
        open_file(driver, path)
        assert complaints(driver) == [] and [one for one in requests(driver) if not one.startswith(("chrome:", "file:", "data:"))] == []
        assert driver.title == "（メンテナンス）更新プログラムの適用" == driver.find_element(By.TAG_NAME, "h1").text
        assert [one.text for one in driver.find_elements(By.TAG_NAME, "p")] == text.splitlines()
        assert driver.execute_script("return document.fonts.check('16px IPAexGothic', '掲示')")
        driver.save_screenshot(str(tmp_path / "board.png"))
