"""The report 適用状況一覧 as one piece of work: the server's states where one is named, else the stored ones; files; evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..common import evidence
from ..common.files import sha256
from ..common.output import Change, differing, write_files
from ..common.problems import fail
from ..common.task import evidence_folder, ward_of
from ..common.ward import REPOSITORY
from . import arguments as given
from . import compliance_report, snapshots, staging
from .compliance_source import Compliance, Request, read
from .decisions import TOKYO
from .model import WsusServer
from .run import Asked
from .wsus.connect import SERVER

ENCODINGS = ("utf-8-sig", "cp932")
ARGUMENTS: dict[str, Any] = {
    **SERVER,
    "server": {"type": "str"},
    "cycle": {"type": "str", "required": True},
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "evidence": {"type": "path"},
    "patch_state": {"type": "path"},
    "folder": {"type": "path", "required": True},
    "day": {"type": "str", "default": ""},
    "ring": {"type": "str", "default": ""},
    "section": {"type": "str", "default": ""},
    "logons": {"type": "path"},
    "encoding": {"type": "str", "default": ENCODINGS[0], "choices": list(ENCODINGS)},
}
DUTIES = ["I-13-(8)"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to report, and where to. :param encoding: of the CSV files."""

    request: Request
    folder: Path
    evidence: Path
    encoding: str = ENCODINGS[0]
    check: bool = False
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))


def wanted(arguments: Mapping[str, Any], variables: Mapping[str, Any], layer: str, only: frozenset[str] | None, *, check: bool) -> Wanted:
    """Ansible's texts carry tags, which no YAML writer knows: ``str`` takes them off. :raises WardopsError: E0516, E1901 (day)."""
    now = dt.datetime.now(dt.UTC)
    request = Request(
        ward_of(arguments, variables),
        given.state_folder(arguments["patch_state"]),
        str(layer),
        str(arguments["cycle"]),
        _day(str(arguments["day"]), now),
        Path(arguments["logons"]).absolute() if arguments["logons"] else None,
        only,
        str(arguments["ring"]),
        str(arguments["section"]),
    )
    place = Path(arguments["folder"]).absolute()
    return Wanted(request, place, evidence_folder(arguments), str(arguments["encoding"]), check, now)


def _day(text: str, now: dt.datetime) -> dt.date:
    """Empty: today in Japan."""
    try:
        return dt.date.fromisoformat(text.strip()) if text.strip() else now.astimezone(TOKYO).date()
    except ValueError:
        raise fail("E1901", what="day", value=text, reason_ja="2027-01-31 の形", reason="2027-01-31") from None


def run(wish: Wanted, server: WsusServer | None = None) -> dict[str, Any]:
    """Make the report, and write what differs; in check mode nothing is written.

    :param server: its states are taken, and kept as the day's snapshot; ``None`` = the stored snapshots alone.
    :raises WardopsError: see :func:`~.compliance_source.read`; those of the server; E0124 (``cp932``), E1202, E0102, E0105.
    """
    taken = _take(wish, server) if server else None
    made = read(replace(wish.request, snapshot=taken))
    files = compliance_report.files(made, wish.encoding)
    changes = differing(wish.folder, files)
    result = {
        "changed": bool(changes),
        "counts": {**_counts(made), "quiet": len(made.causes), "outside": len(made.outsiders)},
        "day": made.day.isoformat(),
        "files": [str(wish.folder / name) for name in files],
        "notes": made.notes,
        "diff": [_shown(change) for change in changes],
        "evidence": None,
    }
    if wish.check:
        return result
    facts = {"duties": DUTIES, "layer": wish.request.layer, "cycle": wish.request.cycle, "limit": wish.request.limit}
    with evidence.step(wish.evidence, "report_patch_compliance", facts, REPOSITORY) as record:
        if taken:
            snapshots.keep(wish.request.state, taken)
        write_files(wish.folder, files)
        digests = {name: sha256(content) for name, content in files.items()}
        record.result("ok", changed=bool(changes), counts=result["counts"], snapshot=made.snapshot.at, files=digests)
    return {**result, "evidence": str(record.closed_as or f"{record.folder}/*-{record.run_id}.json")}


def _take(wish: Wanted, server: WsusServer) -> snapshots.Snapshot:
    """The states of now; of another day there are only the stored ones. :raises WardopsError: E1901, and those of the server."""
    request = wish.request
    if request.day != wish.now.astimezone(TOKYO).date():
        ja, en = "サーバーから読めるのは今日の状況だけ", "a server tells today's states only"
        raise fail("E1901", what="day", value=request.day, reason_ja=ja, reason=en)
    asked = Asked(request.ward, request.layer, request.cycle, wish.evidence, request.state, now=wish.now)
    setting = asked.setting()
    return staging.snapshot(setting, staging.survey(server, setting))


def _counts(made: Compliance) -> dict[str, Any]:
    return dict(compliance_report.data(made)["total"])


def _shown(change: Change) -> dict[str, str]:
    """As Ansible shows a difference: the table of sections whole, of the larger files their size and digest."""
    whole = change.path.endswith(f"/{compliance_report.NAME}.csv")
    texts = (change.before, change.after) if whole else (_digest(change.before), _digest(change.after))
    return {"before": texts[0], "after": texts[1], "before_header": change.path, "after_header": change.path}


def _digest(text: str) -> str:
    if not text or (text.endswith("\n") and text.count("\n") == 1 and "sha256" in text):  # a page: said so already
        return text
    return f"{len(text):,} characters, sha256 {sha256(text.encode())}\n"
