"""From a key press to the first result on the screen, measured in the browser itself.

The clock is the page's own (``performance.now``): it starts with the key event's time stamp and stops after the frame in which the
first result, or the word that there is none, was painted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from selenium import webdriver
from selenium.webdriver.common.keys import Keys

_OBSERVER = """
const status = document.getElementById("status");
const body = document.querySelector("#grid tbody");
window.keyTimes = [];
let start = 0;
addEventListener("keydown", (event) => { start = event.timeStamp; }, true);
new MutationObserver(() => {
  if (!start || status.textContent.startsWith("検索中")) return;
  const pressed = start;
  start = 0;
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.keyTimes.push(performance.now() - pressed);
    channel.port2.postMessage(0);
  });
}).observe(status, { childList: true, characterData: true, subtree: true });
"""


@dataclass(frozen=True, slots=True)
class Press:
    """One key press: the text after it, milliseconds to the first result, and the status line when all was searched."""

    text: str
    milliseconds: float
    status: str


def wait_until_ready(driver: webdriver.Chrome, seconds: float = 60) -> float:
    """Seconds from the start of loading until every search text is made (the page says so)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if driver.execute_script("return document.documentElement.dataset.ready") == "yes":
            return float(driver.execute_script("return performance.now()")) / 1000
        time.sleep(0.02)
    raise TimeoutError("the page did not get ready")


def type_queries(driver: webdriver.Chrome, queries: Sequence[str]) -> list[Press]:
    """Type each query key by key, and take it away key by key."""
    driver.execute_script(_OBSERVER)
    field = driver.find_element("id", "query")
    presses = []
    for query in queries:
        for length in range(1, len(query) + 1):
            presses.append(_press(driver, field, query[length - 1], query[:length]))
        for length in reversed(range(len(query))):
            presses.append(_press(driver, field, Keys.BACKSPACE, query[:length]))
    return presses


def _press(driver: webdriver.Chrome, field: webdriver.remote.webelement.WebElement, key: str, text: str) -> Press:
    before = driver.execute_script("return window.keyTimes.length")
    field.send_keys(key)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        time.sleep(0.04)  # asking all the time would take the processor from what is measured
        count, status = driver.execute_script("return [window.keyTimes.length, document.getElementById('status').textContent]")
        if count > before and "検索中" not in status:
            return Press(text, float(driver.execute_script("return window.keyTimes.at(-1)")), status)
    raise TimeoutError(f"no result for {text!r}")
