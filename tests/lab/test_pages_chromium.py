"""The browsable page and the inventory report in headless Chromium, opened from the disk as people open them."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.inventory import inventory_report
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.page import build_page
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.unit.pages.chromium import TABLET, chromium, complaints, open_file, requests
from tests.unit.pages.wards import SAMPLE, SCHEMAS, cells, copy_of, put, small_ward

pytestmark = pytest.mark.xdist_group("chromium")

#: what a cell may hold when nobody checked it; none of it may become more than text
HOSTILE = (
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<!--<script>",
    "]]>&lt;b&gt;&amp;",
    "quote ' double \" back ` slash \\",
    "line\u2028separator\u2029paragraph",
    "right\u202eto left",
    "{{ 7 * 7 }} ${7*7}",
    "𠮷野家髙﨑①㈱",
    "javascript:alert(1)",
    "__proto__",
    "two\nlines",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "ledgers.html"
    path.write_bytes(build_page(copy_of(SAMPLE), "a" * 64))
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as driver:
        yield driver


def files() -> list[str]:
    """Every ledger file of the sample, as ``lgwan/terminals``."""
    return [f"{layer}/{name}" if layer else name for name, schema in SCHEMAS.ledgers.items() for layer in schema.layers or ("",)]


def show(driver: webdriver.Chrome, path: Path, fragment: str = "") -> None:
    """Load the page anew, so that nothing of another test is left."""
    driver.get("about:blank")
    complaints(driver)
    requests(driver)
    open_file(driver, path, fragment)


def wait(driver: webdriver.Chrome, condition: str) -> None:
    WebDriverWait(driver, 15, 0.02).until(lambda one: one.execute_script(f"return Boolean({condition})"))


def search(driver: webdriver.Chrome, text: str) -> str:
    """Type a query; the status line when everything was searched."""
    field = driver.find_element(By.ID, "query")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text)
    wait(driver, "!document.getElementById('status').textContent.includes('検索中')")
    return driver.find_element(By.ID, "status").text


def first_cells(driver: webdriver.Chrome) -> list[str]:
    return [cell.text for cell in driver.find_elements(By.CSS_SELECTOR, "#grid tbody tr[data-row] > th")]


def test_the_page_asks_for_nothing_and_complains_about_nothing(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    wait(browser, "document.documentElement.dataset.ready === 'yes'")
    assert requests(browser) == [page.as_uri()]
    assert complaints(browser) == []
    total = sum(
        len(cells(SAMPLE, f"{layer}/{name}" if layer else name)) for name, one in SCHEMAS.ledgers.items() for layer in one.layers or ("",)
    )
    assert browser.find_element(By.ID, "status").text == f"{total:,} 件（{len(SCHEMAS.ledgers)} 台帳）"
    assert browser.find_element(By.TAG_NAME, "h1").text == "台帳閲覧 見本区"
    titles = [link.text.split("\n")[0] for link in browser.find_elements(By.CSS_SELECTOR, "nav a")]
    assert sorted(titles) == sorted(["すべて", *(one.document["title"] for one in SCHEMAS.ledgers.values())])


@pytest.mark.parametrize(
    "spellings",
    [
        ("024b54000001", "02:4B:54:00:00:01", "02-4b-54-00-00-01", "024b.5400.0001", "０２４Ｂ５４００００01"),
        ("10.16.5.20", "010.016.005.020", "１０．１６．５．２０", "10。16。5。20"),
        ("LG25N00001", "lg25n00001", "ＬＧ２５Ｎ００００１"),
        ("PL-HON-0101", "pl－hon‐0101", "ＰＬーＨＯＮー０１０１"),
        ("サーバ", "ｻｰﾊﾞ", "さーば"),
        ("2025-11-08", "2025/11/8", "2025.11.08"),
        ("稼働 本庁舎", "　稼働　本庁舎 "),
    ],
)
def test_every_spelling_finds_the_same_rows(browser: webdriver.Chrome, page: Path, spellings: tuple[str, ...]) -> None:
    show(browser, page)
    found = [(search(browser, text), first_cells(browser)) for text in spellings]
    assert found[0][1]
    assert all(one == found[0] for one in found), [status for status, _ in found]


@pytest.mark.parametrize("query", ["A000012", "SYN000001", "10.16.5.2", "d000001", "REQ-2026", "HON-05"])
def test_as_many_rows_as_a_plain_search_through_the_files_finds(browser: webdriver.Chrome, page: Path, query: str) -> None:
    expected = sum(any(query.lower() in cell.lower() for cell in row.values()) for file in files() for row in cells(SAMPLE, file))
    show(browser, page)
    assert expected
    assert search(browser, query) == f"{expected:,} 件"


def test_nothing_found_is_said(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    assert search(browser, "そんなものはない") == "該当する行はありません"
    assert first_cells(browser) == []


def test_an_exact_hit_stands_first(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    search(browser, "10.16.5.2")
    assert "10.16.5.2" in browser.find_element(By.CSS_SELECTOR, "#grid tbody tr[data-row='0']").text
    search(browser, "10.16.5.20")
    assert first_cells(browser)[0] == "A0000001 LG25D00001"


def test_a_row_leads_to_everything_that_hangs_on_it(browser: webdriver.Chrome, page: Path) -> None:
    port = next(row for row in cells(SAMPLE, "switch_ports") if row["connected_to"] == "A0000001")
    parts = [row["asset_id"] for row in cells(SAMPLE, "accessories") if row["parent_asset_id"] == "A0000001"]
    show(browser, page, "#l=terminals&o=terminals/A0000001")
    detail = browser.find_element(By.ID, "detail")
    for text in ("0101 政策企画課", "HON 本庁舎", "L25-0001", "10.16.5.0/24", f"{port['device']} / {port['port']}", *parts):
        assert detail.find_elements(By.XPATH, f".//a[contains(normalize-space(), '{text}')]"), text
    detail.find_element(By.LINK_TEXT, "0101 政策企画課").click()
    wait(browser, "document.getElementById('detail-title').textContent.startsWith('組織台帳 0101')")
    browser.find_element(By.PARTIAL_LINK_TEXT, "すべてを一覧で見る").click()
    wait(browser, "document.getElementById('heading').textContent !== '端末台帳' || document.getElementById('detail').hidden")
    browser.back()
    wait(browser, "document.getElementById('detail-title')?.textContent.startsWith('組織台帳 0101')")
    browser.back()
    wait(browser, "document.getElementById('detail-title')?.textContent.includes('A0000001')")
    assert complaints(browser) == []


def test_the_history_of_a_thing_and_its_loans_are_a_link_away(browser: webdriver.Chrome, page: Path) -> None:
    events = [row for row in cells(SAMPLE, "asset_events") if row["asset_id"] == "A0000009"]
    loan = cells(SAMPLE, "loans")[0]
    assert events
    show(browser, page, "#o=terminals/A0000009")
    detail = browser.find_element(By.ID, "detail")
    assert f"資産経歴台帳・管理番号（{len(events)} 件）" in detail.text
    detail.find_element(By.LINK_TEXT, "A0000009 / 1").click()
    wait(browser, "document.getElementById('detail-title').textContent.startsWith('資産経歴台帳 A0000009 / 1')")
    detail.find_element(By.LINK_TEXT, "A0000009").click()
    wait(browser, "document.getElementById('detail-title').textContent.startsWith('端末台帳 A0000009')")
    browser.execute_script(f"location.hash = '#o=terminals/{loan['asset_id']}'")
    wait(browser, f"document.getElementById('detail-title')?.textContent.includes('{loan['asset_id']}')")
    assert detail.find_elements(By.LINK_TEXT, loan["loan_id"])


def test_a_subnet_shows_its_use_and_who_holds_its_addresses(browser: webdriver.Chrome, page: Path) -> None:
    holders = [
        row["asset_id"] for layer in ("lgwan", "mn") for row in cells(SAMPLE, f"{layer}/terminals") if row["ip"].startswith("10.16.5.")
    ]
    show(browser, page, "#l=subnets&o=subnets/10.16.5.0/24")
    text = browser.find_element(By.ID, "detail").text
    assert f"使用中のアドレス（{len(holders)} 件）" in text
    assert all(holder in text for holder in holders)
    assert browser.find_elements(By.CSS_SELECTOR, "#grid meter")


def test_filters_and_sorting(browser: webdriver.Chrome, page: Path) -> None:
    rows = [row for layer in ("lgwan", "mn", "standalone") for row in cells(SAMPLE, f"{layer}/terminals")]
    show(browser, page, "#l=terminals")
    browser.find_element(By.CSS_SELECTOR, "select[aria-label='状態で絞り込み'] option[value='=repair']").click()
    browser.find_element(By.CSS_SELECTOR, "input[aria-label='コンピュータ名で絞り込み']").send_keys("ｌｇ２")
    expected = [row for row in rows if row["status"] == "repair" and row["computer_name"].startswith("LG2")]
    wait(browser, f"document.getElementById('status').textContent.startsWith('{len(expected)} 件（')")
    button = browser.find_element(By.XPATH, "//thead//button[starts-with(., 'コンピュータ名')]")
    button.click()
    by_name = sorted(expected, key=lambda row: row["computer_name"])
    shown = first_cells(browser)
    assert shown == [row["asset_id"] for row in by_name][: len(shown)]
    browser.find_element(By.XPATH, "//thead//button[starts-with(., 'コンピュータ名')]").click()
    assert first_cells(browser)[0] == by_name[-1]["asset_id"]
    assert (
        browser.find_element(By.XPATH, "//thead//th[button[starts-with(., 'コンピュータ名')]]").get_attribute("aria-sort") == "descending"
    )
    wait(browser, "location.hash.includes('s=-computer_name') && location.hash.includes('f.status')")
    browser.refresh()
    wait(browser, f"document.getElementById('status').textContent.startsWith('{len(expected)} 件（')")
    assert first_cells(browser)[0] == by_name[-1]["asset_id"]


def test_numbers_and_addresses_sort_as_such(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page, "#l=subnets&s=-percent")
    shares = [int(cell.text.strip().rstrip("%")) for cell in browser.find_elements(By.CSS_SELECTOR, "#grid td:has(meter)")]
    assert shares == sorted(shares, reverse=True)
    show(browser, page, "#l=printers&s=ip")
    position = "[...document.querySelectorAll('#grid thead button')].findIndex((one) => one.textContent.startsWith('IPアドレス'))"
    texts = browser.execute_script(
        f"return [...document.querySelectorAll('#grid tr[data-row]')].map((row) => row.children[{position}].textContent)"
    )
    assert texts == sorted(texts, key=lambda text: [int(part) for part in text.split(".")])
    assert texts[0] != ""


def test_only_what_is_seen_is_in_the_document_and_the_keyboard_reaches_all(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page, "#l=accessories")
    count = len(cells(SAMPLE, "accessories"))
    assert len(browser.find_elements(By.CSS_SELECTOR, "#grid tbody tr[data-row]")) < 60
    ActionChains(browser).send_keys("/").send_keys(Keys.ARROW_DOWN).send_keys(Keys.END).perform()
    active = browser.switch_to.active_element
    assert active.get_attribute("aria-rowindex") == str(count + 1)
    assert browser.find_element(By.CSS_SELECTOR, "#grid table").get_attribute("aria-rowcount") == str(count + 1)
    active.send_keys(Keys.ENTER)
    wait(browser, "document.activeElement.id === 'detail-title'")
    ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    wait(browser, "document.getElementById('detail').hidden")
    assert browser.switch_to.active_element.get_attribute("aria-rowindex") == str(count + 1)


def test_hostile_cells_stay_text(browser: webdriver.Chrome, tmp_path: Path) -> None:
    ward = small_ward(tmp_path)
    for number, text in enumerate(HOSTILE):
        put(ward, "stock", stock_id=f"Z009{number:02}", serial="", model=text, note=text)
    file = tmp_path / "hostile.html"
    file.write_bytes(build_page(copy_of(ward), ""))
    show(browser, file, "#l=stock&s=-stock_id")
    title = browser.title
    texts = browser.execute_script("return [...document.querySelectorAll('#grid tbody td')].map((cell) => cell.textContent)")
    assert [text for text in HOSTILE if text not in texts] == []
    for number in range(len(HOSTILE)):
        browser.execute_script(f"location.hash = '#l=stock&o=stock/Z009{number:02}'")
        wait(browser, f"document.getElementById('detail-title')?.textContent.includes('Z009{number:02}')")
        shown = browser.execute_script("return [...document.querySelectorAll('#detail dd')].map((cell) => cell.textContent)")
        assert HOSTILE[number] in shown
    assert search(browser, "owned").startswith("2 件")
    assert "owned" not in (title, browser.title)
    assert browser.execute_script("return document.querySelectorAll('#grid script, #grid img, #detail script, #detail img').length") == 0
    assert complaints(browser) == []
    assert requests(browser) == [file.as_uri() + "#l=stock&s=-stock_id"] or requests(browser) == []


def test_a_mac_in_a_note_is_found_in_any_spelling(browser: webdriver.Chrome, tmp_path: Path) -> None:
    ward = small_ward(tmp_path)
    for number, text in enumerate(
        ("旧 02-4B-54-00-99-01 から交換", "旧(024b.5400.9901)", "０２：４ｂ：５４：００：９９：０１ 02:4b:54:00:99:02")
    ):
        put(ward, "stock", stock_id=f"Z0091{number}", serial="", note=text)
    file = tmp_path / "notes.html"
    file.write_bytes(build_page(copy_of(ward), ""))
    show(browser, file)
    for text in ("024b54009901", "02:4b:54:00:99:01", "02-4B-54-00-99-01"):
        assert search(browser, text) == "3 件", text
    assert search(browser, "024b54009902") == "1 件"


def test_the_policy_lets_nothing_else_run_or_load(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    blocked = browser.execute_async_script(
        """
        const done = arguments[0], seen = [];
        addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
        document.body.append(Object.assign(new Image(), { src: "https://outside.example/x.png" }));
        const style = document.createElement("style"); style.textContent = "body { color: red }"; document.head.append(style);
        try { document.body.innerHTML += "<b>x</b>"; } catch { seen.push("innerHTML"); }
        fetch("https://outside.example/").catch(() => seen.push("fetch")).finally(() => setTimeout(() => done(seen), 200));
        """
    )
    assert {"img-src", "style-src-elem", "innerHTML", "fetch", "connect-src"} <= set(blocked)
    assert not [address for address in requests(browser) if "outside.example" in address]


def test_print_has_more_than_the_screen(browser: webdriver.Chrome, page: Path, tmp_path: Path) -> None:
    program = shutil.which("pdftotext")
    assert program, "poppler-utils is in tools/debian-packages.txt"
    show(browser, page, "#l=radius_extra")
    paper = tmp_path / "list.pdf"
    paper.write_bytes(base64.b64decode(browser.print_page()))
    text = subprocess.run([program, "-layout", str(paper), "-"], capture_output=True, text=True, check=True).stdout
    macs = [row["mac"] for row in cells(SAMPLE, "radius_extra")]
    assert len(macs) > 100
    assert [mac for mac in macs if mac not in text] == []
    assert len(browser.find_elements(By.CSS_SELECTOR, "#grid tbody tr[data-row]")) < 60


def test_everything_has_a_name_for_those_who_hear_the_page(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page, "#l=terminals&o=terminals/A0000001")
    nameless = browser.execute_script(
        """return [...document.querySelectorAll("input, select, button, a, nav, aside, [role]")].filter((one) => {
             const label = one.labels?.[0]?.textContent || one.getAttribute("aria-label") || one.textContent ||
               document.getElementById(one.getAttribute("aria-labelledby"))?.textContent;
             return !label && one.id !== "search" && one.id !== "status";
           }).map((one) => one.outerHTML)"""
    )
    assert nameless == []
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "ja"
    assert _worst_contrast(browser) >= 4.5


def _worst_contrast(driver: webdriver.Chrome) -> float:
    """Smallest contrast of text to its background on the page (WCAG 2.1, 1.4.3)."""
    return float(
        driver.execute_script(
            """
            const parse = (text) => (text.match(/[0-9.]+/g) || []).map(Number);
            const light = (rgb) => rgb.slice(0, 3).map((c) => c / 255).map((c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
              .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
            const ground = (one) => {
              const rgb = one ? parse(getComputedStyle(one).backgroundColor) : [255, 255, 255];
              return rgb.length === 3 || rgb[3] > 0 ? rgb : ground(one.parentElement);
            };
            let worst = 21;
            for (const one of document.querySelectorAll("body *")) {
              if (!one.offsetParent || ![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
              const [a, b] = [light(parse(getComputedStyle(one).color)), light(ground(one))];
              worst = Math.min(worst, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
            }
            return worst;"""
        )
    )


def test_on_a_tablet(page: Path) -> None:
    with chromium(TABLET, touch=True) as driver:
        open_file(driver, page, "#l=terminals")
        wait(driver, "document.querySelector('#grid tbody tr[data-row]')")
        assert driver.execute_script("return document.documentElement.scrollWidth") <= TABLET[0]
        for selector in ("nav a", "#grid tbody tr[data-row]", "#grid thead th"):
            assert driver.find_element(By.CSS_SELECTOR, selector).size["height"] >= 43, selector
        row = driver.find_element(By.CSS_SELECTOR, "#grid tbody tr[data-row='2'] td:nth-child(3)")
        _tap(driver, row)
        wait(driver, "!document.getElementById('detail').hidden")
        detail = driver.find_element(By.ID, "detail")
        assert detail.size["width"] <= TABLET[0]
        _tap(driver, detail.find_element(By.CSS_SELECTOR, ".close"))
        wait(driver, "document.getElementById('detail').hidden")
        assert search(driver, "LG25N00001").endswith("件）")
        assert complaints(driver) == []


def _tap(driver: webdriver.Chrome, element: WebElement) -> None:
    place = element.rect
    point = [{"x": place["x"] + place["width"] / 2, "y": place["y"] + place["height"] / 2}]
    driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": point})
    driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_the_inventory_report(browser: webdriver.Chrome, tmp_path: Path) -> None:
    for name, data in inventory_report(copy_of(SAMPLE), "b" * 64).items():
        (tmp_path / name).write_bytes(data)
    file = tmp_path / "inventory.html"
    show(browser, file)
    assert requests(browser) == [file.as_uri()]
    assert complaints(browser) == []
    charts = browser.find_elements(By.CSS_SELECTOR, "figure svg[role=img]")
    assert len(charts) == 6
    assert all(chart.get_attribute("aria-label") and chart.size["width"] > 400 for chart in charts)
    ids = browser.execute_script("return [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    words = browser.execute_script("return [...document.querySelectorAll('svg text')].map((one) => one.textContent)")
    assert {"LGWAN接続系", "政策経営部", "R2 全体適用"} <= set(words)
    assert _worst_contrast(browser) >= 4.5
