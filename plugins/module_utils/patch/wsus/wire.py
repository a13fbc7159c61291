"""SOAP 1.1 messages of MS-WSUSAR: requests in the schema's order, answers checked before anything believes them.

What the operations and rows are stands in ``protocol.yml``. Answers come from outside: no DTD, no entities, bounded size; a row that is not
as the table says stops the work (E1945), because a shifted column would approve the wrong thing.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from lxml import etree

from ...common.problems import WardopsError, fail
from ..model import UpdateId

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NIL, _TYPE = f"{{{XSI}}}nil", f"{{{XSI}}}type"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WHOLE = frozenset({"int", "short", "long", "unsignedByte", "byte", "unsignedInt", "unsignedShort"})

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. :param request: element names and kinds, in order; ``writes``: it changes the server, so it is never sent twice."""

    name: str
    request: Mapping[str, str]
    result: str
    writes: bool


@dataclass(frozen=True, slots=True)
class Protocol:
    """``protocol.yml``."""

    namespace: str
    path: str
    ports: Mapping[str, int]
    operations: Mapping[str, Operation]
    rows: Mapping[str, Layout]
    faults: Mapping[str, str]
    otherwise: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which cells of a row are read, and as what."""

    name: str
    least: int
    cells: Mapping[str, tuple[int, str]]

    def read(self, row: Row) -> dict[str, Any]:
        """The named cells, each of the kind that the table says; a nullable cell that the row does not have is ``None``.

        :raises WardopsError: E1945.
        """
        if len(row) < self.least:
            raise fail("E1945", row=self.name, reason=f"{len(row)} < {self.least} cells")
        found: dict[str, Any] = {}
        for name, (index, kind) in self.cells.items():
            value = row[index] if index < len(row) else None
            if value is None and kind.endswith("?"):
                found[name] = None
                continue
            try:
                found[name] = _KINDS[kind.rstrip("?")](value)
            except (TypeError, ValueError):
                raise fail("E1945", row=self.name, reason=f"{name} [{index}] {kind}: {str(value)[:60]!r}") from None
        return found


@functools.cache
def protocol() -> Protocol:
    """The table, read once."""
    table = yaml.load(Path(__file__).with_name("protocol.yml").read_bytes(), Loader=yaml.CSafeLoader)
    operations = {
        name: Operation(name, words.get("request", {}), words["result"], bool(words.get("writes")))
        for name, words in table["operations"].items()
    }
    rows = {
        name: Layout(name, words["least"], {cell: (int(at), str(kind)) for cell, (at, kind) in words["cells"].items()})
        for name, words in table["rows"].items()
    }
    fixed = (table["namespace"], table["path"], table["ports"], operations, rows)
    return Protocol(*fixed, table["faults"], table["otherwise"], table["values"])


def guid(value: object) -> str:
    """A GUID in lower case. :raises ValueError: for anything else."""
    text = str(value).strip().strip("{}").lower()
    if not isinstance(value, str) or not _GUID.fullmatch(text):
        raise ValueError(value)
    return text


def plain(value: object) -> str:
    """A text that people read. What could end a line, steer a terminal or not be stored (lone surrogates) becomes U+FFFD, which makes no
    name the same as another one.
    """
    text = "" if value is None else str(value)
    return text if text.isprintable() else "".join(char if char.isprintable() or char == "\u3000" else "\ufffd" for char in text)


def identity(value: object) -> str:
    """A computer's id, which is sent back as it is. :raises ValueError: when it is no plain text."""
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(value)
    return value


def utc(value: object) -> dt.datetime | None:
    """A time of a row: UTC, mostly without a zone (MS-WSUSAR 4); ``None`` for the far ends that stand for "none".

    :raises ValueError: when it is no time.
    """
    if not isinstance(value, str):
        raise ValueError(value)
    if value.startswith(("9999-", "0001-", "1753-01-01")):
        return None
    moment = dt.datetime.fromisoformat(value)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _flag(value: object) -> bool:
    """A boolean, or the 0 and 1 of a database."""
    if value not in (0, 1):
        raise ValueError(value)
    return bool(value)


_KINDS: dict[str, Callable[[object], Any]] = {
    "guid": guid,
    "string": _string,
    "identity": identity,
    "int": _int,
    "boolean": _boolean,
    "flag": _flag,
    "time": utc,
}


def request(operation: Operation, given: Mapping[str, Any]) -> bytes:
    """The envelope. Every element of the table is there, in its order; a value that is missing or too many is a mistake of the caller.

    :raises WardopsError: E1961 for characters that XML cannot carry.
    """
    if set(given) != set(operation.request):
        raise TypeError(f"{operation.name}: {sorted(given)}")
    namespace = protocol().namespace
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    body = etree.SubElement(etree.SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{namespace}}}{operation.name}", nsmap={None: namespace})
    for name, kind in operation.request.items():
        element = etree.SubElement(body, f"{{{namespace}}}{name}")
        value = given[name]
        try:
            if kind == "revision":
                etree.SubElement(element, f"{{{namespace}}}UpdateId").text = guid(value.guid)
                etree.SubElement(element, f"{{{namespace}}}RevisionNumber").text = str(int(value.revision))
            else:
                element.text = _SENT[kind](value)
        except ValueError:
            raise fail("E1961", what=name, value=str(value)) from None
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="utf-8"))


def _moment(value: dt.datetime | None) -> str:
    if value is None:
        return str(protocol().values["no_deadline"])
    if value.tzinfo is None:
        raise ValueError(value)
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_SENT: dict[str, Callable[[Any], str]] = {
    "string": str,
    "int": lambda value: str(int(value)),
    "bool": lambda value: "true" if value else "false",
    "guid": guid,
    "time": _moment,
}


def answer(operation: Operation, data: bytes) -> Any:
    """What the operation returned, by its kind of result; ``element`` is lxml's own.

    :raises WardopsError: a fault's code (E1943, E1946-E1948), or E1944 when this is no answer to the operation.
    """
    body = _body(operation, data)
    namespace = protocol().namespace
    fault = body.find(f"{{{SOAP}}}Fault")
    if fault is not None:
        raise _fault(operation, fault)
    response = body.find(f"{{{namespace}}}{operation.name}Response")
    if response is None:
        raise fail("E1944", operation.name, reason="no response element")
    result = response.find(f"{{{namespace}}}{operation.name}Result")
    if operation.result == "none":
        return None
    if operation.result == "element":
        return response if result is None else result
    return _RESULTS[operation.result](operation, result)


def _body(operation: Operation, data: bytes) -> Any:
    if b"<!DOCTYPE" in data[:65536] or b"\0" in data[:64]:
        raise fail("E1944", operation.name, reason="DOCTYPE or not UTF-8")
    # the encoding is said here, so that a declaration cannot hide a DTD behind another one
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        envelope = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise fail("E1944", operation.name, reason=str(error)) from None
    body = envelope.find(f"{{{SOAP}}}Body") if envelope.getroottree().docinfo.internalDTD is None else None
    if body is None:
        raise fail("E1944", operation.name, reason="no SOAP 1.1 envelope")
    return body


def _fault(operation: Operation, fault: Any) -> WardopsError:
    """A typed error from ``<detail><Exception Type= Message=>`` (MS-WSUSAR 2.2.2.1), else from the fault's text."""
    exceptions = [element for element in fault.iter() if isinstance(element.tag, str) and etree.QName(element).localname == "Exception"]
    kind, message = "", fault.findtext("faultstring") or ""
    if exceptions:
        kind = exceptions[0].get("Type") or ""
        message = exceptions[0].get("Message") or message
    table = protocol()
    code = table.faults.get(kind.rsplit(".", 1)[-1].rsplit("+", 1)[-1], table.otherwise)
    return fail(code, operation.name, type=kind or "SOAP fault", message=" ".join(message.split())[:300])


def _text(operation: Operation, result: Any) -> str:
    if result is None or result.get(_NIL) == "true" or len(result):
        raise fail("E1944", operation.name, reason="no value")
    return result.text or ""


def _number(operation: Operation, result: Any) -> int:
    text = _text(operation, result)
    try:
        return int(text)
    except ValueError:
        raise fail("E1944", operation.name, reason=f"no number: {text[:60]}") from None


def _one(operation: Operation, result: Any) -> Row:
    found = None if result is None else row_of(result)
    if found is None:
        raise fail("E1944", operation.name, reason="no row")
    return found


def _rows(operation: Operation, result: Any) -> list[Row]:
    return [] if result is None else list(rows_of(operation, result))


def rows_of(operation: Operation, result: Any) -> Iterator[Row]:
    """The rows of an ``ArrayOfGenericReadableRow``.

    :raises WardopsError: E1944.
    """
    tag = f"{{{protocol().namespace}}}Values"
    for element in result:
        if not len(element) or element[0].tag != tag:
            raise fail("E1944", operation.name, reason="no row")
        yield [_cell(cell) for cell in element[0]]


def row_of(element: Any) -> Row | None:
    """The cells of a ``GenericReadableRow``; ``None`` when it is none."""
    values = element.find(f"{{{protocol().namespace}}}Values")
    return None if values is None else [_cell(cell) for cell in values]


def _cell(cell: Any) -> Any:
    text, kind = cell.text, cell.get(_TYPE)
    if kind is None:
        return None if cell.get(_NIL) in ("true", "1") else text or ""
    reader = _CELLS.get(kind)
    if reader is None:  # the prefix is the server's choice
        local = kind.rpartition(":")[2]
        reader = int if local in _WHOLE else _truth if local == "boolean" else str
        if len(_CELLS) < 64:  # a server has a dozen spellings; a hostile one gets no memory by inventing more
            _CELLS[kind] = reader
    if reader is str:
        return text or ""
    try:
        return reader(text)
    except (TypeError, ValueError):
        raise fail("E1945", row="anyType", reason=f"{kind}: {str(text)[:60]!r}") from None


def _truth(text: str | None) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise ValueError(text)
    return text in ("true", "1")


#: readers by ``xsi:type`` as it is written
_CELLS: dict[str, Callable[[Any], Any]] = {}


def _sets(operation: Operation, result: Any) -> list[list[Row]]:
    return [] if result is None else [_rows(operation, one) for one in result]


def _tables(operation: Operation, result: Any) -> dict[str, list[Row]]:
    """``CompleteUpdates``: its tables by name."""
    return {} if result is None else {etree.QName(one).localname: _rows(operation, one) for one in result}


_RESULTS: dict[str, Callable[[Operation, Any], Any]] = {
    "string": _text,
    "int": _number,
    "row": _one,
    "rows": _rows,
    "rowsets": _sets,
    "updates": _tables,
}


def update_id(value: object, revision: object) -> UpdateId:
    """From data of people: :raises ValueError: for no GUID or no revision."""
    if isinstance(revision, bool) or not isinstance(revision, (int, str)):
        raise ValueError(revision)
    return UpdateId(guid(value), int(revision))
