"""The browsable page of all ledgers: one file that needs no network, no server and no neighbour file.

Everything stands in the one file, since a browser lets a page from a disk read no other file. Its content security policy lets exactly
the page's own script and style run, by their hashes, and fetches nothing; cells reach the page as text only (``textContent``).
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from .copy import Copy
from .encoding import page_data, script_text

_STATIC = Path(__file__).resolve().parent / "static"
#: in this order; together they are one script in one scope
_SCRIPTS = ("fold.js", "store.js", "search.js", "view.js", "grid.js", "detail.js", "app.js")


def build_page(copy: Copy, digest: str) -> bytes:
    """The whole page, UTF-8; the same data gives the same bytes."""
    style = (_STATIC / "page.css").read_text(encoding="utf-8")
    script = '"use strict";\n' + "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    frame = (_STATIC / "page.html").read_text(encoding="utf-8")
    parts = {
        "policy": _policy(script, style),
        "style": style,
        "data": script_text(page_data(copy, digest)),
        "script": script,
    }
    head, *pieces = frame.split("{{")
    out = [head]
    for piece in pieces:
        name, _, rest = piece.partition("}}")
        out += [parts[name], rest]
    return "".join(out).encode("utf-8", "replace")


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    """What a browser must find as an inline element's content for the policy to let it run (CSP level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
