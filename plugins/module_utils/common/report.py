"""The one engine of reports and papers: data → Jinja2 → a self-contained HTML page, CSV for Excel, PDF for what is signed.

Pages fetch nothing from outside (DESIGN section 7): pictures are inline SVG, styles stand in ``templates/base.html``. Values are
escaped; spreadsheets get no live formulas (OWASP, CSV injection). Times are kept in UTC and shown in Asia/Tokyo with the zone.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .problems import fail
from .wareki import format_wareki

TEMPLATES = Path(__file__).resolve().parent / "templates"
TOKYO = dt.timezone(dt.timedelta(hours=9), "JST")
_WEEKDAYS = "月火水木金土日"
#: a spreadsheet takes a cell that begins so for a formula, or drops the character and then does
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def japanese_date(date: dt.date | str, *, wareki: bool = False) -> str:
    """``2026年11月22日（日）``, or with ``wareki`` ``令和8年11月22日（日）``.

    :param date: a date, or an ISO text.
    """
    day = dt.date.fromisoformat(date[:10]) if isinstance(date, str) else date
    text = format_wareki(day) if wareki else f"{day.year}年{day.month}月{day.day}日"
    return f"{text}（{_WEEKDAYS[day.weekday()]}）"


def _wareki(date: dt.date | str) -> str:
    return japanese_date(date, wareki=True)


def tokyo(instant: dt.datetime | str) -> str:
    """``2026-11-22 14:05 JST`` of a UTC instant (a datetime with a zone, or ISO 8601 text)."""
    moment = dt.datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return moment.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M %Z")


def yen(amount: int) -> str:
    """``12,345円``; a negative amount as ``▲12,345円``, as ledgers of a Japanese office write it."""
    return f"{'▲' if amount < 0 else ''}{abs(amount):,}円"


def render(template: str, data: Mapping[str, Any], folder: Path) -> str:
    """Fill a template; a variable that is missing is an error, never an empty place.

    :param template: file name in ``folder``; it may extend ``base.html``.
    :param data: the variables; ``paper`` sets the page size (``A4 landscape``), ``made`` an instant for the footer.
    :raises jinja2.UndefinedError: when the template names something that ``data`` has not (a programming error).
    """
    import jinja2  # noqa: PLC0415 - commands that print no page start faster without it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(date=japanese_date, wareki=_wareki, tokyo=tokyo, yen=yen)
    return environment.get_template(template).render(data)


def neutral(cell: object) -> str:
    """A cell's text that a spreadsheet shows and never computes; numbers stay numbers."""
    text = "" if cell is None else str(cell)
    if text.startswith(_FORMULA) and not isinstance(cell, (int, float)):
        return "'" + text
    return text


def sheet(header: Sequence[str], rows: Iterable[Sequence[object]], encoding: str = "utf-8-sig") -> bytes:
    """CSV that Excel opens by double click: CRLF, quoted where needed, no live formulas.

    :param encoding: ``utf-8-sig`` (everything can be written) or ``cp932``.
    :raises WardopsError: E0124 when a character does not exist in the encoding; nothing is replaced silently.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([neutral(cell) for cell in header])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    text = out.getvalue()
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        character = text[error.start]
        raise fail("E0124", "", row=line, character=character, point=f"U+{ord(character):04X}", encoding=encoding) from None


def pdf(html: str) -> bytes:
    """A page as PDF (WeasyPrint). Nothing is fetched; what a page refers to outside itself stays away."""
    import weasyprint  # noqa: PLC0415 - 0.5 s that only papers need

    fetcher = weasyprint.URLFetcher(allowed_protocols=("data",))
    # the identifier is the page's own digest, and no time of making is written: the same paper has the same bytes
    return bytes(weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_identifier=_identifier(html)))


def _identifier(html: str) -> bytes:
    from .files import sha256  # noqa: PLC0415 - as above

    return sha256(html.encode())[:32].encode()
