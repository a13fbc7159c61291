"""Answers as XML (sim): positional rows of typed values, as MS-WSUSAR 2.2.4.12 has them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .facts import GUID_NAMESPACE, NAMESPACE, SOAP, XSI, Result

_XSD = "http://www.w3.org/2001/XMLSchema"
_UPDATE_PARTS = ("minimalProperties", "localizedCategoryTitleRows", "kbArticles", "bulletins", "infoUrls")


@dataclass(frozen=True, slots=True)
class Guid:
    text: str


@dataclass(frozen=True, slots=True)
class Byte:
    number: int


def time_text(when: dt.datetime) -> str:
    """UTC without a zone, fractions without zeros at the end, as .NET writes them."""
    plain = when.astimezone(dt.UTC).replace(tzinfo=None)
    text = plain.isoformat(timespec="seconds")
    fraction = f"{plain.microsecond:06d}".rstrip("0")
    return f"{text}.{fraction}" if fraction else text


def cell(value: Any) -> str:
    if value is None:
        return '<anyType xsi:nil="true"/>'
    if isinstance(value, Guid):
        return f'<anyType xmlns:q1="{GUID_NAMESPACE}" xsi:type="q1:guid">{value.text}</anyType>'
    kind, text = _typed(value)
    return f'<anyType xsi:type="xsd:{kind}">{escape(text)}</anyType>'


def _typed(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return "boolean", "true" if value else "false"
    if isinstance(value, Byte):
        return "unsignedByte", str(value.number)
    if isinstance(value, int):
        return "int", str(value)
    if isinstance(value, dt.datetime):
        return "dateTime", time_text(value)
    return "string", str(value)


def row(cells: Sequence[Any]) -> str:
    return f"<Values>{''.join(map(cell, cells))}</Values>"


def rows(found: Iterable[Sequence[Any]]) -> str:
    return "".join(f"<GenericReadableRow>{row(cells)}</GenericReadableRow>" for cells in found)


def inner(kind: Result, value: Any) -> str:
    """What stands in the result element."""
    shapes: dict[str, Callable[[Any], str]] = {
        "row": row,
        "rows": rows,
        "rowsets": lambda sets: "".join(f"<ArrayOfGenericReadableRow>{rows(one)}</ArrayOfGenericReadableRow>" for one in sets),
        "updates": lambda parts: "".join(f"<{name}>{rows(parts[name])}</{name}>" for name in _UPDATE_PARTS),
        "element": elements,
        "elements": lambda listed: "".join(_element(name, fields) for name, fields in listed),
    }
    return shapes.get(kind, lambda one: escape(_typed(one)[1]))(value)


def elements(fields: Mapping[str, Any]) -> str:
    """Named fields, one within another where a value is a mapping; a list of rows stands as rows."""
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Any) -> str:
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, Mapping):
        return f"<{name}>{elements(value)}</{name}>"
    if isinstance(value, list):
        return f"<{name}>{rows(value)}</{name}>"
    return f"<{name}>{escape(_typed(value)[1])}</{name}>"


def answer(operation: str, kind: Result, value: Any) -> bytes:
    result = "" if kind == "none" else f"<{operation}Result>{inner(kind, value)}</{operation}Result>"
    return _envelope(f'<{operation}Response xmlns="{NAMESPACE}">{result}</{operation}Response>')


def fault(message: str, kind: str = "", code: str = "soap:Server") -> bytes:
    """:param kind: the .NET exception's name; empty for ASP.NET's own faults."""
    assembly = quoteattr("Microsoft.UpdateServices.BaseApi, Version=3.1.6001.1, Culture=neutral")
    detail = f"<Exception Assembly={assembly} Type={quoteattr(kind)} Message={quoteattr(message)}/>" if kind else ""
    text = f"<faultcode>{code}</faultcode><faultstring>{escape(message)}</faultstring><detail>{detail}</detail>"
    return _envelope(f"<soap:Fault>{text}</soap:Fault>")


def _envelope(body: str) -> bytes:
    head = f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}" xmlns:xsi="{XSI}" xmlns:xsd="{_XSD}">'
    return f"{head}<soap:Body>{body}</soap:Body></soap:Envelope>".encode()
