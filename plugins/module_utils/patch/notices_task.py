"""Notices of a cycle as one piece of work: texts into a folder; mails once the approval is there; evidence of who was told what."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..common import evidence, mail
from ..common.calendar import Calendar
from ..common.mail import Letter, Outbox, Outcome
from ..common.output import differing, write_files
from ..common.problems import Problem, WardopsError
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
    :param pdf: 掲示文 as PDF too.
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
    pdf: bool = False
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))


def run(asked: Asked, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Write the texts; send what goes by mail and has not been sent.

    :returns: changed, files, mails (to, kind, state, id), counts, problem (E1977 when a person must look), due (days), seconds of the
      announcement.
    :raises WardopsError: E1970-E1976, E1978, and those of the cycle, the snapshot and the files.
    """
    ward = Ward(asked.ward)
    cycle = read_cycle(cycle_folder(ward.policies, asked.cycle))
    if asked.send:
        named = notices.layers_of(cycle) if notices.ANNOUNCEMENT in asked.kinds else ()
        problems = notices.unready(cycle, (asked.layer, *named), asked.now)
        if problems:
            raise WardopsError(problems)
    facts = _facts(asked, ward, cycle)
    found = [*notices.general(facts), *(notices.lacking(facts) if notices.LACKING in asked.kinds else ())]
    found = [one for one in found if one.kind in asked.kinds]
    letters = _letters(asked, ward, facts, found) if asked.send else []
    files = _files(asked, found)
    changes, outbox = differing(asked.folder, files), _outbox(asked.state, asked.cycle)
    outcomes = mail.foreseen(letters, outbox)
    if not asked.check and (changes or any(one.fresh for one in outcomes)):
        with evidence.step(asked.evidence, "notify_patches", _record(asked), REPOSITORY) as step:
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
        "due": {name: day.isoformat() for name, day in notices.due(facts).items()},
        "seconds": {one.file: notices.seconds(one.text) for one in found if one.kind == notices.BROADCAST},
    }


def settle(asked: Asked, name: str, state: Literal["sent", "again"], reason: str) -> None:
    """Somebody has looked a mail up. :param name: its Message-ID. :raises WardopsError: E1979, E1974, E0106, E0105."""
    with evidence.step(asked.evidence, "settle_mail", _record(asked), REPOSITORY) as step:
        step.plan({"id": name, "state": state, "reason": reason})
        _outbox(asked.state, asked.cycle).settle(name, state, reason)
        step.result("ok")


def _record(asked: Asked) -> dict[str, Any]:
    return {"duties": DUTIES, "layer": asked.layer, "cycle": asked.cycle, "target": str(asked.folder)}


def _outbox(state: Path, cycle: str) -> Outbox:
    """One journal for a cycle, whatever the layer: the announcement names all layers, and is not sent for each of them."""
    return Outbox(state / "outbox" / f"{cycle}.jsonl")


def _files(asked: Asked, found: list[Notice]) -> dict[str, bytes]:
    files = {one.file: f"件名：{one.subject}\n\n{one.text}".encode() for one in found}
    for one in found:
        if one.kind == notices.BOARD:
            files |= notices.board_page(one, pdf=asked.pdf)
    return files


def _result(asked: Asked, outcomes: list[Outcome]) -> dict[str, Any]:
    counts = Counter(one.state for one in outcomes)
    problem = None
    if not asked.check and (counts["refused"] or counts["deferred"] or counts["unknown"]):
        problem = Problem("E1977", asked.cycle, params={name: counts[name] for name in ("refused", "deferred", "unknown")})
    elif asked.check and counts["unknown"]:
        problem = Problem("E1977", asked.cycle, params={"refused": 0, "deferred": 0, "unknown": counts["unknown"]})
    return {
        "changed": any(one.fresh and (asked.check or one.state != "deferred") for one in outcomes),
        "mails": [_shown(one) for one in outcomes],
        "counts": dict(counts),
        "problem": problem,
    }


def _shown(one: Outcome) -> dict[str, str]:
    return {"to": one.letter.to, "subject": one.letter.subject, "id": one.letter.id, "state": one.state, "said": one.said}


def _facts(asked: Asked, ward: Ward, cycle: Cycle) -> Facts:
    """:raises WardopsError: E1914 when 未適用案内 alone is asked for and there is no snapshot."""
    today = asked.now.astimezone(TOKYO).date()
    request = compliance_source.Request(asked.ward, asked.state, asked.layer, asked.cycle, today)
    try:
        standing = compliance_source.read(request)
    except WardopsError as error:
        if error.problems[0].code not in ("E1914", "E1915") or asked.kinds == (notices.LACKING,):
            raise
        standing = None  # before the first ring has reported there is nobody to write to
    return Facts(
        cycle,
        asked.layer,
        {str(one["code"]): str(one["name_ja"]) for one in ward.policy("networks")["layers"]},
        ward.policy("registers")["office"],
        {code: names[1] for code, names in standing.sections.items()} if standing else {},
        Calendar.of(ward),
        ward.policies / "notices",
        today,
        tuple(standing.lines) if standing else (),
        standing.snapshot.at if standing else "",
    )


def _letters(asked: Asked, ward: Ward, facts: Facts, found: list[Notice]) -> list[Letter]:
    """The announcement once for a plan, a section's list once for a day's snapshot: a run after midnight sends nothing a second time."""
    policy = ward.policy("mail")
    letters = []
    for one in found:
        if one.kind == notices.ANNOUNCEMENT:
            key = f"{one.kind} {asked.cycle} {facts.cycle.plan.digest}"
            letters += [Letter(key, policy["sender"], to, one.subject, one.text) for to in policy["everybody"]]
        elif one.kind == notices.LACKING and one.section:
            to = str(policy["section"]).replace("{code}", one.section)
            key = f"{one.kind} {asked.cycle} {asked.layer} {one.section} {facts.at_day}"
            letters.append(Letter(key, policy["sender"], to, one.subject, one.text))
    return mail.checked(letters, policy["domains"])


def _server(ward: Ward, environ: Mapping[str, str]) -> mail.Server:
    policy = ward.policy("mail")
    account = (environ.get(USER, ""), environ.get(PASSWORD, ""))
    place = (str(policy["server"]), int(policy["port"]), str(policy["security"]), str(policy.get("ca", "")))
    return mail.Server(*place, *account, int(policy.get("per_connection", 50)), int(policy.get("a_minute", 0)))
