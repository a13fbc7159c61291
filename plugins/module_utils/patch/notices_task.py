"""Notices of a cycle as one piece of work: texts into a folder; mails once the approval is there; evidence of who was told what."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common import evidence, mail
from ..common.calendar import Calendar
from ..common.mail import Letter, Outbox, Outcome
from ..common.output import differing, write_files
from ..common.problems import Problem, WardopsError, fail
from ..common.ward import REPOSITORY, Ward
from . import compliance_source, notices
from .cycle import Cycle, cycle_folder, read_cycle
from .decisions import TOKYO
from .notices import Facts, Notice

DUTIES = ["I-13-(7)", "I-13-(8)", "IV-2-(1)", "IV-2-(2)", "IV-2-(3)", "IV-2-(4)"]
USER, PASSWORD = "WARDOPS_MAIL_USER", "WARDOPS_MAIL_PASSWORD"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for.

    :param folder: for the texts. :param kinds: of :data:`notices.KINDS`. :param send: 周知文 and 未適用案内 by mail too.
    """

    ward: Path
    layer: str
    cycle: str
    folder: Path
    state: Path
    evidence: Path
    kinds: tuple[str, ...] = notices.KINDS
    send: bool = False
    check: bool = False
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))


def run(asked: Asked, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Write the texts; send what goes by mail and has not been sent.

    :returns: changed, files, mails (to, kind, state, id), counts, problem (E1977 when a person must look), seconds of the announcement.
    :raises WardopsError: E1970-E1976, and those of the cycle, the snapshot and the files.
    """
    ward = Ward(asked.ward)
    cycle = read_cycle(cycle_folder(ward.policies, asked.cycle))
    if asked.send and notices.approval(cycle, asked.layer) is None:
        raise fail("E1976", cycle=asked.cycle, layer=asked.layer)
    found = _texts(asked, ward, cycle)
    letters = _letters(asked, ward, cycle, found) if asked.send else []
    outbox = Outbox(asked.state / "outbox" / asked.layer / f"{asked.cycle}.jsonl")
    files = {one.file: f"件名：{one.subject}\n\n{one.text}".encode() for one in found}
    changes = differing(asked.folder, files)
    outcomes = mail.foreseen(letters, outbox)
    if not asked.check and (changes or any(one.fresh for one in outcomes)):
        facts = {"duties": DUTIES, "layer": asked.layer, "cycle": asked.cycle, "target": str(asked.folder)}
        with evidence.step(asked.evidence, "notify_patches", facts, REPOSITORY) as step:
            step.plan({"files": list(files), "mails": [_shown(one) for one in outcomes]})
            write_files(asked.folder, files)
            if letters:
                outcomes = mail.send(letters, _server(ward, os.environ if environ is None else environ), outbox)
            step.result("ok", mails=dict(Counter(one.state for one in outcomes)))
    result = _result(asked, outcomes)
    return {
        **result,
        "changed": bool(changes) or result["changed"],
        "files": [str(asked.folder / name) for name in files],
        "diff": [{"before_header": one.path, "after_header": one.path, "before": one.before, "after": one.after} for one in changes],
        "seconds": {one.file: notices.seconds(one.text) for one in found if one.kind == notices.BROADCAST},
    }


def _result(asked: Asked, outcomes: list[Outcome]) -> dict[str, Any]:
    counts = Counter(one.state for one in outcomes)
    problem = None
    if not asked.check and (counts["refused"] or counts["deferred"] or counts["unknown"]):
        problem = Problem("E1977", asked.cycle, params={name: counts[name] for name in ("refused", "deferred", "unknown")})
    elif asked.check and counts["unknown"]:
        problem = Problem("E1977", asked.cycle, params={"refused": 0, "deferred": 0, "unknown": counts["unknown"]})
    return {
        "changed": any(one.fresh for one in outcomes),
        "mails": [_shown(one) for one in outcomes],
        "counts": dict(counts),
        "problem": problem,
    }


def _shown(one: Outcome) -> dict[str, str]:
    return {"to": one.letter.to, "subject": one.letter.subject, "id": one.letter.id, "state": one.state, "said": one.said}


def _texts(asked: Asked, ward: Ward, cycle: Cycle) -> list[Notice]:
    """:raises WardopsError: E1914 when 未適用案内 is asked for and there is no snapshot."""
    today = asked.now.astimezone(TOKYO).date()
    request = compliance_source.Request(asked.ward, asked.state, asked.layer, asked.cycle, today)
    try:
        standing = compliance_source.read(request)
    except WardopsError as error:
        if error.problems[0].code not in ("E1914", "E1915") or asked.kinds == (notices.LACKING,):
            raise
        standing = None  # before the first ring has reported there is nobody to write to
    facts = Facts(
        cycle,
        asked.layer,
        {str(one["code"]): str(one["name_ja"]) for one in ward.policy("networks")["layers"]},
        ward.policy("registers")["office"],
        {code: names[1] for code, names in standing.sections.items()} if standing else {},
        Calendar.of(ward),
        ward.policies / "notices",
        tuple(standing.lines) if standing else (),
        standing.snapshot.at if standing else "",
    )
    made = notices.general(facts) + (notices.lacking(facts) if notices.LACKING in asked.kinds else [])
    return [one for one in made if one.kind in asked.kinds]


def _letters(asked: Asked, ward: Ward, cycle: Cycle, found: list[Notice]) -> list[Letter]:
    policy = ward.policy("mail")
    letters = []
    for one in found:
        if one.kind == notices.ANNOUNCEMENT:
            key = f"{one.kind} {asked.cycle} {cycle.plan.digest}"
            letters += [Letter(key, policy["sender"], to, one.subject, one.text) for to in policy["everybody"]]
        elif one.kind == notices.LACKING and one.section:
            day = asked.now.astimezone(TOKYO).date()
            to = str(policy["section"]).replace("{code}", one.section)
            letters.append(
                Letter(f"{one.kind} {asked.cycle} {asked.layer} {one.section} {day}", policy["sender"], to, one.subject, one.text)
            )
    return mail.checked(letters, policy["domains"])


def _server(ward: Ward, environ: Mapping[str, str]) -> mail.Server:
    policy = ward.policy("mail")
    account = (environ.get(USER, ""), environ.get(PASSWORD, ""))
    return mail.Server(str(policy["server"]), int(policy["port"]), str(policy["security"]), str(policy.get("ca", "")), *account)
