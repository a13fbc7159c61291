"""The data inside the page: nothing lost, and nothing that ends the element it stands in."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.encoding import encode, script_text
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.page import build_page
from hypothesis import given
from hypothesis import strategies as st

from .wards import SAMPLE, copy_of, put, small_ward


def decode(column: dict[str, object], rows: int) -> list[str]:
    """As ``store.js`` does it, written a second time."""
    column = json.loads(json.dumps(column))
    if "x" in column:
        data = base64.b64decode(column["x"])
        width = column["w"]
        return [column["d"][int.from_bytes(data[at : at + width], "little")] for at in range(0, len(data), width)]
    return column["l"] if "l" in column else column["v"].split("\n") if rows else []


@given(st.lists(st.one_of(st.sampled_from(["", "active", "稼働"]), st.text()), max_size=60))
def test_no_cell_is_lost(cells: list[str]) -> None:
    assert decode(encode(cells), len(cells)) == cells


@pytest.mark.parametrize("count", [200, 256, 257, 65536, 65537])
def test_wide_numbers(count: int) -> None:
    cells = [str(number % count) for number in range(count * 4)]
    column = encode(cells)
    assert column["w"] == (1 if count <= 256 else 2 if count <= 65536 else 4)
    assert decode(column, len(cells)) == cells


@given(st.text())
def test_nothing_ends_the_script_element(text: str) -> None:
    written = script_text({"a": text})
    assert "<" not in written
    assert "\u2028" not in written
    assert "\u2029" not in written
    assert json.loads(written) == {"a": text}


def test_the_policy_names_exactly_the_page_s_own_script_and_style(tmp_path: Path) -> None:
    ward = small_ward(tmp_path)
    put(ward, "stock", stock_id="Z00900", serial="", note="</script><script>alert(1)</script>")
    page = build_page(copy_of(ward), "").decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    hashes = set(re.findall(r"'sha256-([^']*)'", policy[1]))
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(scripts) == len(styles) == 1
    assert hashes == {base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (*scripts, *styles)}
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe" not in policy[1]
    assert not re.search(
        r"""\b(?:src|srcset|action|poster)\s*=|https?://|url\(|@import""", re.sub(r'<script type="application/json".*?</script>', "", page)
    )


def test_the_same_data_gives_the_same_page() -> None:
    assert build_page(copy_of(SAMPLE), "d") == build_page(copy_of(SAMPLE), "d")
