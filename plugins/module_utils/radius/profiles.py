"""Product profiles (``policies/radius.yml``): how a product spells MACs, how many it holds, and the CSV that it imports."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Literal

from ..common.mac import MacFormat
from ..common.problems import Problem, WardopsError, fail
from ..common.ward import Ward
from .desired import Desired, Owner

_NEWLINES = {"lf": "\n", "crlf": "\r\n"}
_BOMS = {"utf-16-le": b"\xff\xfe"}
_QUOTES: dict[str, Literal[0, 1]] = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL}


def profile(ward: Ward, name: str) -> Mapping[str, Any]:
    """:raises WardopsError: E0520 when the policy has no such profile."""
    profiles: Mapping[str, Any] = ward.policy("radius")["profiles"]
    if name not in profiles:
        raise fail("E0520", ward.shown(ward.policies / "radius.yml"), name=name, known=", ".join(sorted(profiles)))
    found: Mapping[str, Any] = profiles[name]
    return found


def spelling(ward: Ward, name: str) -> MacFormat:
    """How the product of that profile spells a MAC."""
    words = profile(ward, name)
    return MacFormat(words["separator"], words["group"], words["upper"])


def export(ward: Ward, desired: Desired, name: str) -> bytes:
    """The import file of a product: one line for each entry, sorted by MAC, the same bytes for the same ledgers.

    :raises WardopsError: E0520 (no such profile, or it imports no file), E0521 (more entries than the product holds),
        E0522 (a character that the file's encoding does not have), all of them at once.
    """
    words = profile(ward, name)
    form = words.get("csv")
    if form is None:
        known = ", ".join(sorted(key for key, value in ward.policy("radius")["profiles"].items() if "csv" in value))
        raise fail("E0520", ward.shown(ward.policies / "radius.yml"), name=name, known=known)
    limit = words.get("max_entries")
    if limit is not None and len(desired.items) > limit:
        raise fail("E0521", name, count=len(desired.items), limit=limit)
    mac_format = spelling(ward, name)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=form["delimiter"], lineterminator=_NEWLINES[form["newline"]], quoting=_QUOTES[form["quote"]])
    if form["header"]:
        writer.writerow([column["title"] for column in form["columns"]])
    problems: list[Problem] = []
    for mac in sorted(desired.items):
        cells = _cells(mac, desired, mac_format)
        row = [cells[column["field"]] if "field" in column else column.get("value", "") for column in form["columns"]]
        problems += _unwritable(row, form["encoding"], name, mac)
        writer.writerow(row)
    if problems:
        raise WardopsError(problems)
    return _BOMS.get(form["encoding"], b"") + out.getvalue().encode(form["encoding"])


def _cells(mac: str, desired: Desired, mac_format: MacFormat) -> dict[str, str]:
    owner: Owner = desired.owners[mac]
    return {
        "mac": mac_format.render(mac),
        "vlan": str(desired.items[mac]["vlan"]),
        "layer": desired.layer,
        "site": owner.site,
        "owner": owner.name,
        "comment": f"{owner.kind}:{owner.name}",
    }


def _unwritable(row: list[str], encoding: str, name: str, mac: str) -> list[Problem]:
    found = []
    for cell in row:
        try:
            cell.encode(encoding)
        except UnicodeEncodeError as error:
            params = {"char": cell[error.start], "encoding": encoding, "mac": mac}
            found.append(Problem("E0522", name, params=params))
    return found
