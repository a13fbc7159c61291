"""WS-Management envelopes (DMTF DSP0226, MS-WSMV): what clients ask for, and answers in that form."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
}
SHELL = NAMES["rsp"]
_PREFIXES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())
_ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
_FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"

# Windows' own numbers, which clients look at (MS-WSMV 2.2.4.43, winerror)
SHELL_NOT_FOUND = 2150858843
BAD_ACTION = 2150858762
NOTHING_YET = 2150858793
BAD_REQUEST = 2150858817


class Fault(Exception):
    """The request is refused. :param code: a number of the WSManFault."""

    def __init__(self, code: int, text: str, subcode: str = "w:InvalidSelectors") -> None:
        super().__init__(text)
        self.code = code
        self.subcode = subcode


@dataclass(frozen=True, slots=True)
class Request:
    """:param verb: the last word of the action, such as ``Create``. :param shell: the id of the shell that it is for, or ``""``."""

    action: str
    message: str
    shell: str
    resource: str
    root: Element

    @property
    def verb(self) -> str:
        return self.action.rsplit("/", 1)[-1]

    def find(self, path: str) -> Element:
        """:raises Fault: the element is not there."""
        found = self.root.find(f".//{path}", NAMES)
        if found is None:
            raise Fault(BAD_REQUEST, f"The request has no {path}.", "w:SchemaValidationError")
        return found

    def text(self, path: str) -> str:
        """Of an element, ``""`` when it is not there."""
        return self.root.findtext(f".//{path}", "", NAMES)

    def texts(self, path: str) -> list[str]:
        return [found.text or "" for found in self.root.iterfind(f".//{path}", NAMES)]


def read(data: bytes) -> Request:
    """:raises Fault: no envelope."""
    try:
        root = ElementTree.fromstring(data)
    except (ParseError, DefusedXmlException, ValueError):
        raise Fault(BAD_REQUEST, "The request is no XML.", "w:SchemaValidationError") from None

    def head(path: str) -> str:
        return str(root.findtext(f"./s:Header/{path}", "", NAMES))

    return Request(head("a:Action"), head("a:MessageID"), head("w:SelectorSet/w:Selector[@Name='ShellId']"), head("w:ResourceURI"), root)


def answer(request: Request, body: str) -> bytes:
    """The response to a request. :param body: XML."""
    return _envelope(request.action + "Response", request.message, body)


def refuse(request: Request | None, fault: Fault, machine: str) -> bytes:
    """The fault as an envelope, for HTTP status 500."""
    body = (
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="ja-JP">{escape(str(fault))}</s:Text></s:Reason><s:Detail>'
        f'<f:WSManFault xmlns:f="{_FAULT}" Code="{fault.code}" Machine="{escape(machine)}"><f:Message>{escape(str(fault))}'
        "</f:Message></f:WSManFault></s:Detail></s:Fault>"
    )
    return _envelope("http://schemas.dmtf.org/wbem/wsman/1/wsman/fault", request.message if request else "", body)


def _envelope(action: str, relates: str, body: str) -> bytes:
    return (
        f"<s:Envelope {_PREFIXES}><s:Header><a:Action>{escape(action)}</a:Action>"
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
        f"<a:To>{_ANONYMOUS}</a:To><a:RelatesTo>{escape(relates)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()
