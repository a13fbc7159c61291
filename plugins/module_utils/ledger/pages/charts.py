"""Bar charts as SVG that stands inside a page: the same numbers as the table beside it, for those who see better in pictures."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

#: colours that people with colour blindness tell apart (Okabe and Ito), dark enough beside white
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_FONTS = ["IPAexGothic", "BIZ UDPGothic", "Yu Gothic", "Meiryo", "Hiragino Sans", "DejaVu Sans"]


def bars(name: str, title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]]) -> str:
    """Stacked horizontal bars, the first label on top; an empty text without data.

    :param name: makes the identifiers in the SVG unique in the page.
    :param series: numbers by legend text, each as long as ``labels``.
    """
    if not labels or not any(any(numbers) for numbers in series.values()):
        return ""
    import matplotlib as mpl  # noqa: PLC0415 - 0.5 s that only reports need
    from matplotlib.figure import Figure  # noqa: PLC0415

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # fonts of other systems are named for the reader's browser
    # text stays text: it can be read aloud, found and copied, and the file is small
    settings: dict[Any, Any] = {"svg.hashsalt": name, "svg.fonttype": "none", "font.family": _FONTS, "text.parse_math": False}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(9.5, 1.0 + 0.3 * len(labels)), layout="constrained")
        axes = figure.add_subplot()
        left = [0] * len(labels)
        for number, (legend, numbers) in enumerate(series.items()):
            axes.barh(range(len(labels)), numbers, left=left, label=_plain(legend), color=_COLOURS[number % len(_COLOURS)], height=0.72)
            left = [a + b for a, b in zip(left, numbers, strict=True)]
        for position, total in enumerate(left):
            axes.annotate(f"{total:,}", (total, position), (4, 0), textcoords="offset points", va="center", fontsize=9)
        axes.set_yticks(range(len(labels)), [_plain(label) for label in labels])
        axes.invert_yaxis()
        axes.set_xlim(0, max(left) * 1.1)
        axes.spines[["top", "right"]].set_visible(False)
        if len(series) > 1:
            figure.legend(loc="outside upper left", frameon=False, ncols=len(series))
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _inline(out.getvalue(), name, title)


def _plain(text: str) -> str:
    """No control characters, which XML cannot hold; a leading underscore would hide a legend."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    return f" {clean}" if clean.startswith("_") else clean


def _inline(svg: str, name: str, title: str) -> str:
    """The ``svg`` element alone, its identifiers made unique, named for people who hear the page."""
    from markupsafe import escape  # noqa: PLC0415 - comes with Jinja2, which is loaded late too

    body = svg[svg.index("<svg") :]
    body = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", body)
    return body.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
