"""``gPCMachineExtensionNames`` and ``gPCUserExtensionNames``: which client-side extensions have work in a GPO.

The attribute is a row of ``[{extension}{tool}…]``, in ascending order of the GUIDs without regard to case ([MS-GPOL] 2.2.4 and
3.2.1.24). A client runs only the extensions that stand there: a setting whose extension is missing never arrives. Extensions of
Group Policy Preferences stand twice: once by themselves, and with their tool under the GUID of zeros.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..common.problems import fail

Extensions = dict[str, set[str]]
"""Tools by extension; GUIDs with braces, upper case."""

CORE = "{00000000-0000-0000-0000-000000000000}"

# (extension, tool of the machine half, tool of the user half); published in Microsoft's lists of client-side extensions
_KINDS = {
    "registry": ("35378EAC-683F-11D2-A89A-00C04FBBCFA2", "D02B1F72-3407-48AE-BA88-E8213C6761F1", "D02B1F73-3407-48AE-BA88-E8213C6761F1"),
    "security": ("827D319E-6EAC-11D2-A4EA-00C04F79F83A", "803E14A0-B4FB-11D0-A0D0-00A0C90F574B", "803E14A0-B4FB-11D0-A0D0-00A0C90F574B"),
    "scripts": ("42B5FAAE-6536-11D2-AE5A-0000F87571E3", "40B6664F-4972-11D1-A7CA-0000F87571E3", "40B66650-4972-11D1-A7CA-0000F87571E3"),
    "audit": ("F3CCC681-B74C-4060-9F26-CD84525DCA2A", "0F3F3735-573D-9804-99E4-AB2A69BA5FD4", "0F3F3735-573D-9804-99E4-AB2A69BA5FD4"),
}
_PREFERENCES = {
    "preferences-registry": ("B087BE9D-ED37-454F-AF9C-04291E351182", "BEE07A6A-EC9F-4659-B8C9-0B1937907C83"),
    "preferences-drives": ("5794DAFD-BE60-433F-88A2-1A31939AC01F", "2EA1A81B-48E5-45E9-8BB7-A6E3AC170006"),
    "preferences-printers": ("BC75B1ED-5833-4858-9BB8-CBF0B166DF9D", "A8C42CEA-CDB8-4388-97F4-5831F933DA84"),
    "preferences-files": ("7150F9BF-48AD-4DA4-A49C-29EF4A8369BA", "3BAE7E51-E3F4-41D0-853D-9BB9FD47605F"),
}
KINDS = (*_KINDS, *_PREFERENCES)

_GUID = r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}"
_GROUP = re.compile(rf"\[({_GUID})((?:{_GUID})*)\]")
_WHOLE = re.compile(rf"(?:{_GROUP.pattern})*")


def of_kinds(kinds: Iterable[str], *, machine: bool) -> Extensions:
    """What a half with these kinds of settings (of :data:`KINDS`) needs."""
    found: Extensions = {}
    for kind in kinds:
        if kind in _KINDS:
            extension, *tools = _KINDS[kind]
            tool = tools[0 if machine else 1]
        else:
            extension, tool = _PREFERENCES[kind]
            found.setdefault(CORE, set()).add(f"{{{tool}}}")
        found.setdefault(f"{{{extension}}}", set()).add(f"{{{tool}}}")
    return found


def parse(text: str, path: str = "gPCExtensionNames") -> Extensions:
    """The attribute's extensions and tools. An empty attribute, or one space, which tools write to empty it, has none.

    :raises WardopsError: E2106 for any other form.
    """
    text = text.strip()
    if not _WHOLE.fullmatch(text):
        raise fail("E2106", path, found=text)
    found: Extensions = {}
    for extension, tools in _GROUP.findall(text):
        found.setdefault(extension.upper(), set()).update(re.findall(_GUID, tools.upper()))
    return found


def render(extensions: Mapping[str, Iterable[str]]) -> str:
    """The attribute's text, in the order that clients expect."""
    return "".join(f"[{extension}{''.join(sorted(tools))}]" for extension, tools in sorted(extensions.items()))


def corrected(current: Extensions, kinds: Iterable[str], *, machine: bool) -> Extensions:
    """The attribute after a change: what :data:`KINDS` know follows the content, extensions that they do not know stay.

    :param current: what stands there now.
    :param kinds: kinds of settings that the half now holds.
    """
    wanted = of_kinds(kinds, machine=machine)
    known = of_kinds(KINDS, machine=machine)
    result: Extensions = {}
    for extension, tools in current.items():
        # another tool's mark (older editors have one of their own) stays as long as the extension has work
        keeps = tools - known[CORE] if extension == CORE else tools
        if (keeps and extension == CORE) or extension not in known or extension in wanted:
            result[extension] = set(keeps)
    for extension, tools in wanted.items():
        result.setdefault(extension, set()).update(tools)
    return result
