"""Charts of the report 適用状況一覧 as SVG that stands inside a page. Each part has a colour that colour-blind people tell apart (Okabe and
Ito) and a hatching of its own, for paper in black and white; the numbers stand in the tables beside them.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .compliance import WORDS, Standing

#: standing → colour, hatching
STYLES = {
    Standing.DONE: ("#0072b2", ""),
    Standing.RESTART: ("#56b4e9", ".."),
    Standing.LACKING: ("#e69f00", "//"),
    Standing.FAILED: ("#d55e00", "xx"),
    Standing.SILENT: ("#bbbbbb", "\\\\"),
    Standing.AHEAD: ("#ffffff", ""),
    Standing.EXCLUDED: ("#eeeeee", "++"),
}
_FONTS = ["IPAexGothic", "BIZ UDPGothic", "Yu Gothic", "Meiryo", "Hiragino Sans", "DejaVu Sans"]
_WIDTH = 7.5
#: inches above and below the bars: legend and numbers of the axis
_TOP, _BOTTOM, _ROW = 0.42, 0.34, 0.27


@dataclass(frozen=True, slots=True)
class Series:
    """One part of every bar. :param numbers: as many as there are bars."""

    legend: str
    colour: str
    hatch: str
    numbers: Sequence[int]


def parts(counts: Sequence[Mapping[Standing, int]]) -> list[Series]:
    """The parts of bars of standings; a standing that nowhere occurs is left out."""
    found = [Series(WORDS[one], *STYLES[one], [count.get(one, 0) for count in counts]) for one in Standing]
    return [series for series in found if any(series.numbers)]


def bars(name: str, title: str, labels: Sequence[str], series: Sequence[Series], ends: Sequence[str] | None = None) -> str:
    """Stacked horizontal bars, the first label on top; an empty text without data.

    :param name: makes the identifiers in the SVG unique in the page. :param ends: what stands at the end of each bar instead of its sum.
    """
    if not labels or not series:
        return ""
    height = _TOP + _BOTTOM + _ROW * len(labels)
    widest = max(sum(1 if ord(char) < 256 else 2 for char in label) for label in labels)
    with _figure(name, height) as (figure, out):
        left = min(0.45, 0.02 + widest * 0.0105)
        axes = figure.add_axes((left, _BOTTOM / height, 0.985 - left, 1 - (_TOP + _BOTTOM) / height))
        edge = [0] * len(labels)
        for one in series:
            axes.barh(range(len(labels)), one.numbers, left=edge, height=0.72, **_drawn(one))
            edge = [a + b for a, b in zip(edge, one.numbers, strict=True)]
        for place, total in enumerate(edge):
            text = ends[place] if ends else f"{total:,}"
            axes.annotate(_plain(text), (total, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
        axes.set_yticks(range(len(labels)), [_plain(label) for label in labels], fontsize=9)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.set_xlim(0, max(1, *edge) * 1.12)
        _finish(figure, axes, series, "x")
    return _inline(out.getvalue(), name, title)


def columns(name: str, title: str, labels: Sequence[str], series: Sequence[Series], gaps: Sequence[str] = ()) -> str:
    """Stacked vertical bars. :param gaps: for each bar a word where there are no data; empty where there are."""
    if not labels or not series:
        return ""
    height = 3.2
    with _figure(name, height) as (figure, out):
        axes = figure.add_axes((0.08, 0.13, 0.91, 1 - 0.13 - _TOP / height))
        edge = [0] * len(labels)
        for one in series:
            axes.bar(range(len(labels)), one.numbers, bottom=edge, width=0.8, **_drawn(one))
            edge = [a + b for a, b in zip(edge, one.numbers, strict=True)]
        top = max(1, *edge)
        for place, word in enumerate(gaps):
            if word:
                axes.annotate(_plain(word), (place, top * 0.02), rotation=90, ha="center", va="bottom", fontsize=9)
        step = max(1, -(-len(labels) // 12))
        axes.set_xticks(range(0, len(labels), step), [_plain(label) for label in labels[::step]], fontsize=9)
        axes.set_xlim(-0.6, len(labels) - 0.4)
        axes.set_ylim(0, top * 1.05)
        _finish(figure, axes, series, "y")
    return _inline(out.getvalue(), name, title)


def _drawn(one: Series) -> dict[str, Any]:
    return {"label": _plain(one.legend), "color": one.colour, "hatch": one.hatch, "edgecolor": "#333333", "linewidth": 0.5}


def _finish(figure: Any, axes: Any, series: Sequence[Series], axis: str) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.locator_params(axis=axis, nbins=8, integer=True)
    axes.tick_params(axis=axis, labelsize=9)
    if len(series) > 1:
        figure.legend(loc="upper left", frameon=False, ncols=len(series), fontsize=9)


@contextlib.contextmanager
def _figure(name: str, height: float) -> Iterator[tuple[Any, io.StringIO]]:
    """A drawing surface with our settings, and the text that it becomes at the end."""
    import matplotlib as mpl  # noqa: PLC0415 - 0.5 s that only reports need
    from matplotlib.figure import Figure  # noqa: PLC0415

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # fonts of other systems are named for the reader's browser
    # text stays text: it can be read aloud, found and copied, and the file is small
    settings: dict[Any, Any] = {"svg.hashsalt": name, "svg.fonttype": "none", "font.family": _FONTS, "text.parse_math": False}
    out = io.StringIO()
    with mpl.rc_context({**settings, "hatch.linewidth": 0.6}):
        figure = Figure(figsize=(_WIDTH, height))
        yield figure, out
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})


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
