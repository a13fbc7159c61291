"""``GptTmpl.inf``: the security template of a GPO ([MS-GPSB] 2.2), UTF-16LE with a byte order mark, lines ended by CR LF.

Order, unknown sections, comments and blanks are kept: the lines are held as they stand and looked at through :class:`Line`, so that
an unchanged template has unchanged bytes.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from ..common.problems import fail

Values = dict[str, dict[str, str | None]]
"""Values by section and key; ``None`` for a line without ``=``."""


class Line(NamedTuple):
    """A line of a section.

    :param text: as it stands, with its end of line.
    :param key: before the first ``=``, or the whole of a line such as ``"Spooler",2,"D:…"``; empty for a blank or a comment.
    :param value: behind the first ``=``; ``None`` where there is none.
    """

    text: str
    key: str
    value: str | None


class Section(NamedTuple):
    """``name`` is empty for lines before the first heading; ``heading`` is the line as it stands."""

    name: str
    heading: str
    lines: list[Line]


class Template(NamedTuple):
    sections: list[Section]


def decode(content: bytes, path: str = "GptTmpl.inf") -> Template:
    """The sections of a template.

    :raises WardopsError: E2104 without the byte order mark, or for bytes that are no UTF-16.
    """
    if not content.startswith(codecs.BOM_UTF16_LE):
        raise fail("E2104", path, reason_ja="先頭に BOM（FF FE）がありません", reason="no byte order mark (FF FE)")
    try:
        text = content[2:].decode("utf-16-le")
    except UnicodeDecodeError as error:
        at = error.start + 2
        raise fail("E2104", path, reason_ja=f"位置 {at} が UTF-16LE ではありません", reason=f"no UTF-16LE at offset {at}") from None
    sections = [Section("", "", [])]
    for line in _lines(text):
        bare = line.strip()
        if bare.startswith("[") and bare.endswith("]"):
            sections.append(Section(bare[1:-1].strip(), line, []))
        else:
            sections[-1].lines.append(_line(line))
    return Template(sections if sections[0].lines else sections[1:])


def encode(template: Template) -> bytes:
    """The bytes of a template; ``encode(decode(x)) == x``."""
    parts = (section.heading + "".join(line.text for line in section.lines) for section in template.sections)
    return codecs.BOM_UTF16_LE + "".join(parts).encode("utf-16-le")


def settings(template: Template) -> Values:
    """Values by section and key. Of a key that stands twice the last one counts, as it does in Windows (要実機確認)."""
    found: Values = {}
    for section in template.sections:
        values = found.setdefault(section.name, {})
        values.update((line.key, line.value) for line in section.lines if line.key)
    return found


def build(values: Values) -> Template:
    """A new template. ``[Unicode]`` and ``[Version]``, without which Windows refuses it, are added when they are missing."""
    first: Values = {"Unicode": {"Unicode": "yes"}}
    last: Values = {"Version": {"signature": '"$CHICAGO$"', "Revision": "1"}}
    ordered: Values = {**{key: value for key, value in first.items() if key not in values}, **values}
    ordered |= {key: value for key, value in last.items() if key not in values}
    return Template([_section(name, lines) for name, lines in ordered.items()])


def _section(name: str, values: dict[str, str | None]) -> Section:
    if any(char in "\r\n" for part in (name, *values, *values.values()) for char in part or ""):
        raise fail("E2104", "GptTmpl.inf", reason_ja=f"[{name}] の値に改行があります", reason=f"a line break in a value of [{name}]")
    texts = [key if value is None else f"{key} = {value}" for key, value in values.items()]
    return Section(name, f"[{name}]\r\n", [_line(f"{text}\r\n") for text in texts])


def _lines(text: str) -> list[str]:
    """Lines with their ends. Only LF ends a line: ``splitlines`` would also cut at U+2028 and others that values may hold."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _line(text: str) -> Line:
    bare = text.strip()
    if not bare or bare.startswith(";"):
        return Line(text, "", None)
    # a quoted name (a path, a service) may hold "=": such lines have commas, not assignments
    key, sign, value = bare.partition("=") if not bare.startswith('"') else (bare, "", "")
    return Line(text, key.strip(), value.strip() if sign else None)
