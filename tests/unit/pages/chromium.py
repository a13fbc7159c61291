"""Headless Chromium for tests and figures of pages: no network, a profile of its own, everything it logs kept."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--lang=ja",
)
DESKTOP = (1366, 768)
TABLET = (768, 1024)


@contextlib.contextmanager
def chromium(size: tuple[int, int] = DESKTOP, *, touch: bool = False) -> Iterator[webdriver.Chrome]:
    """A browser window of ``size`` CSS pixels; with ``touch`` as a tablet has it (coarse pointer, touch events)."""
    with tempfile.TemporaryDirectory(prefix="wardops-chromium-") as profile:
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in (*_OPTIONS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"):
            options.add_argument(argument)
        if touch:
            metrics = {"width": size[0], "height": size[1], "pixelRatio": 1.0, "touch": True, "mobile": True}
            options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        try:
            driver.set_page_load_timeout(60)
            yield driver
        finally:
            driver.quit()


def open_file(driver: webdriver.Chrome, path: Path, fragment: str = "") -> None:
    driver.get(f"{path.resolve().as_uri()}{fragment}")


def complaints(driver: webdriver.Chrome) -> list[str]:
    """What the page wrote to the console: errors, warnings, refused by the policy."""
    return [entry["message"] for entry in driver.get_log("browser")]


def requests(driver: webdriver.Chrome) -> list[str]:
    """Addresses that the page asked for since the last call, of any kind, without those that its policy stopped."""
    found: dict[str, str] = {}
    for entry in driver.get_log("performance"):
        message: dict[str, Any] = json.loads(entry["message"])["message"]
        params = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            found[params["requestId"]] = params["request"]["url"]
        elif message["method"] == "Network.loadingFailed" and params.get("blockedReason") == "csp":
            found.pop(params["requestId"], None)
    return list(found.values())
