"""A request's body as ASP.NET reads it (sim): what is unknown or out of place is passed over, what is missing becomes null or zero."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from ..store import FORMAT, NULL, Refused
from .facts import EMPTY_GUID, MINIMUM_TIME, NAMESPACE, OPERATIONS, SOAP, XSI, Kind

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_DECLARATION = re.compile(r"^\s*<\?xml [^>]*\?>")
XML_PROBLEM = "System.Xml.XmlException"


class Unreadable(Exception):
    """ASP.NET's own complaint, before the service sees the request: a fault without an ``Exception`` element."""


@dataclass
class Request:
    """:param passed_over: elements that were unknown or out of place, for tests."""

    operation: str
    arguments: dict[str, Any]
    passed_over: list[str] = field(default_factory=list)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)


def read(body: bytes, action: str) -> Request:
    """:raises Unreadable: no envelope, an unknown operation or action, a value that is none of its type."""
    try:
        root = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"Server was unable to read request. ---> {error}") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("Server was unable to read request. ---> DTD is prohibited in this XML document.")
    envelope = root.find(f"{{{SOAP}}}Body")
    if root.tag != f"{{{SOAP}}}Envelope" or envelope is None or not len(envelope):
        raise Unreadable("Possible SOAP version mismatch: Envelope namespace was unexpected.")
    wrapper = envelope[0]
    name = etree.QName(wrapper)
    if action != f'"{NAMESPACE}/{name.localname}"' or name.namespace != NAMESPACE or name.localname not in OPERATIONS:
        raise Unreadable(f"Server did not recognize the value of HTTP Header SOAPAction: {action}.")
    return _arguments(name.localname, wrapper)


def _arguments(operation: str, wrapper: etree._Element) -> Request:
    request = Request(operation, {})
    request.arguments = _in_order(wrapper, OPERATIONS[operation][0], request.passed_over)
    return request


def _in_order(parent: etree._Element, wanted: Sequence[tuple[str, Kind]], passed_over: list[str]) -> dict[str, Any]:
    """What the deserialiser sees of an element's children. :param passed_over: grows by what it does not."""
    found = {name: _missing(kind) for name, kind in wanted}
    position = 0
    for element in parent:
        names = [name for name, _ in wanted]
        tag = etree.QName(element)
        if tag.namespace != NAMESPACE or tag.localname not in names[position:]:
            passed_over.append(tag.localname)
            continue
        position = names.index(tag.localname) + 1
        if element.get(f"{{{XSI}}}nil") != "true":
            found[tag.localname] = _value(element, dict(wanted)[tag.localname], passed_over)
    return found


def _missing(kind: Kind) -> Any:
    return {"guid": EMPTY_GUID, "int": 0, "bool": False, "dateTime": MINIMUM_TIME}.get(kind)


def _value(element: etree._Element, kind: Kind, passed_over: list[str]) -> Any:
    text = (element.text or "").strip()
    if kind == "string":
        return element.text or ""
    if kind == "revision":
        return tuple(_in_order(element, (("UpdateId", "guid"), ("RevisionNumber", "int")), passed_over).values())
    return _typed(text, kind)


def _typed(text: str, kind: Kind) -> Any:
    if kind == "guid" and _GUID.fullmatch(text):
        return text.lower()
    if kind == "int" and re.fullmatch(r"-?\d{1,10}", text) and -(2**31) <= int(text) < 2**31:
        return int(text)
    if kind == "bool" and text in ("true", "false", "1", "0"):
        return text in ("true", "1")
    if kind == "dateTime" and _is_time(text):
        return text
    raise Unreadable(
        "Server was unable to read request. ---> There is an error in XML document. ---> Input string was not in a correct format."
    )


def _is_time(text: str) -> bool:
    try:
        moment(text)
    except (ValueError, OverflowError):
        return False
    return True


def moment(text: str) -> dt.datetime:
    """A request's dateTime, UTC when it names no zone."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    whole, fraction, zone = match.groups()
    micro = int((fraction or ".0")[1:7].ljust(6, "0"))
    offset = "+00:00" if zone in (None, "Z") else zone
    return dt.datetime.fromisoformat(f"{whole}{offset}").replace(microsecond=micro).astimezone(dt.UTC)


def scope(text: str | None, root: str) -> dict[str, str]:
    """The attributes of a scope, which is XML as text. :raises Refused: not XML, or another element."""
    if text is None:
        raise Refused(NULL, f"Value cannot be null. Parameter name: {root}")
    try:
        # .NET reads text here: what the declaration says of an encoding means nothing
        element = etree.fromstring(_DECLARATION.sub("", text).encode(), _parser())
    except etree.XMLSyntaxError as error:
        raise Refused(XML_PROBLEM, str(error)) from None
    if element.tag != root:
        raise Refused(XML_PROBLEM, f"The element {root} was expected.")
    return {str(name): str(value) for name, value in element.attrib.items()}


def guids_of(text: str | None) -> list[str]:
    """Group or category ids of a scope's attribute, which is XML as text once more."""
    if not text:
        return []
    try:
        return [(child.text or "").strip().lower() for child in etree.fromstring(_DECLARATION.sub("", text).encode(), _parser())]
    except etree.XMLSyntaxError as error:
        raise Refused(XML_PROBLEM, str(error)) from None


def scope_time(text: str) -> dt.datetime:
    """``MM-DD-YYYY hh:mm:ss.fff``, UTC. :raises Refused: anything else."""
    try:
        return dt.datetime.strptime(text, "%m-%d-%Y %H:%M:%S.%f").replace(tzinfo=dt.UTC)
    except ValueError:
        raise Refused(FORMAT, "String was not recognized as a valid DateTime.") from None
