"""Whether a device's stored config keeps the ward's rules: ``policies/compliance.yml``, rules as data for each platform (I-11-(5)).

A rule looks at lines. Without ``within`` these are the lines at the top of the config; with it, the lines in every block whose head
fits. ``<name>`` in a pattern stands for the values of the layer, ``<port>`` for the ports that the ledger calls free. The configs
are the masked ones: a rule can ask whether a secret is there, never what it is.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..common.problems import Problem, WardopsError, fail
from ..common.ward import Ward
from .tree import Node

_PLACEHOLDER = re.compile(r"<([a-z][a-z0-9_]*)>")


class Verdict(StrEnum):
    """What came of one rule for one device."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    EXCEPTED = "excepted"  # it fails, and somebody approved that
    NO_CONFIG = "no_config"  # nothing was ever stored: neither good nor bad, and somebody must look
    NOT_APPLICABLE = "not_applicable"


LABELS = {
    Verdict.PASS: "適合",
    Verdict.FAIL: "不適合",
    Verdict.EXCEPTED: "例外承認",
    Verdict.NO_CONFIG: "設定なし",
    Verdict.NOT_APPLICABLE: "対象外",
}


@dataclass(frozen=True, slots=True)
class Check:
    """What a rule asks on some platforms; patterns are matched against whole lines without their indentation."""

    platforms: frozenset[str]
    within: str  # head of the blocks to look into; empty: the top of the config
    needed: bool  # whether a config without such a block fails
    unless: str  # a block with such a line is left out
    require: tuple[str, ...]
    forbid: tuple[str, ...]
    only: tuple[tuple[str, str], ...]  # lines that fit the first must fit the second


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Without roles it is for all of them."""

    code: str
    title: str
    why: str
    severity: str
    roles: frozenset[str]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """One device, as the ledger knows it, with what is needed to fill placeholders.

    :param free_ports: interface names of ports that nothing is plugged in, as the device writes them.
    :param config: top lines of the stored config; ``None`` when there is none.
    """

    name: str
    platform: str
    role: str
    site: str
    values: Mapping[str, Sequence[str]]
    free_ports: tuple[str, ...]
    config: Sequence[Node] | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule for one device; ``details`` says in Japanese what is missing or too much."""

    device: str
    site: str
    rule: Rule
    verdict: Verdict
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PortNames:
    """How a model writes the name of the port that the ledger knows by its number."""

    platform: str
    models: re.Pattern[str]
    name: str

    def of(self, port: str) -> str:
        return self.name.replace("<port>", port)


@dataclass(frozen=True, slots=True)
class Rules:
    """The policy."""

    rules: tuple[Rule, ...]
    values: Mapping[str, Mapping[str, Sequence[str]]]
    port_names: tuple[PortNames, ...]

    def port_name(self, platform: str, model: str, port: str) -> str | None:
        """The interface's name, or ``None`` where the policy does not know the model."""
        for names in self.port_names:
            if names.platform == platform and names.models.fullmatch(model):
                return names.of(port)
        return None


def load_rules(ward: Ward) -> Rules:
    """The policy ``compliance.yml``, every mistake at once.

    :raises WardopsError: those of the file; E1740 (a pattern that is none), E1741 (a placeholder that some layer has no value for).
    """
    policy, shown = ward.policy("compliance"), ward.shown(ward.policies / "compliance.yml")
    rules = tuple(_rule(entry) for entry in policy["rules"])
    values = {layer: {name: [str(value) for value in held] for name, held in named.items()} for layer, named in policy["values"].items()}
    if problems := [*_pattern_problems(rules, policy, shown), *_value_problems(rules, values, shown)]:
        raise WardopsError(problems)
    names = tuple(PortNames(entry["platform"], re.compile(entry["models"]), entry["name"]) for entry in policy["port_names"])
    return Rules(rules, values, names)


def _rule(entry: Mapping[str, Any]) -> Rule:
    checks = tuple(
        Check(
            frozenset(check["platforms"]),
            check.get("within", ""),
            check.get("needed", False),
            check.get("unless", ""),
            tuple(check.get("require", ())),
            tuple(check.get("forbid", ())),
            tuple((pair["lines"], pair["allowed"]) for pair in check.get("only", ())),
        )
        for check in entry["checks"]
    )
    return Rule(entry["id"], entry["title"], entry["why"], entry["severity"], frozenset(entry.get("roles", ())), checks)


def _patterns(check: Check) -> Iterator[str]:
    yield from filter(None, (check.within, check.unless, *check.require, *check.forbid, *itertools.chain.from_iterable(check.only)))


def _pattern_problems(rules: Iterable[Rule], policy: Mapping[str, Any], shown: str) -> Iterator[Problem]:
    named = [(rule.code, pattern) for rule in rules for check in rule.checks for pattern in _patterns(check)]
    named += [("port_names", entry["models"]) for entry in policy["port_names"]]
    for code, pattern in named:
        try:
            re.compile(_PLACEHOLDER.sub("x", pattern))
        except re.error as error:
            yield Problem("E1740", shown, params={"rule": code, "pattern": pattern, "reason": str(error)})


def _value_problems(rules: Iterable[Rule], values: Mapping[str, Mapping[str, Sequence[str]]], shown: str) -> Iterator[Problem]:
    for rule in rules:
        asked = {name for check in rule.checks for pattern in _patterns(check) for name in _PLACEHOLDER.findall(pattern)} - {"port"}
        for layer, name in itertools.product(sorted(values), sorted(asked)):
            if not values[layer].get(name):
                yield Problem("E1741", shown, params={"rule": rule.code, "name": name, "layer": layer})


def subjects(
    ward: Ward,
    rules: Rules,
    layer: str,
    config_of: Callable[[str, str], Sequence[Node] | None],
    limit: Collection[str] | None = None,
) -> Iterator[Subject]:
    """The layer's devices in operation whose configs are fetched at all.

    :param config_of: device and platform → top lines of its stored config, ``None`` when there is none.
    :raises WardopsError: those of the ledgers.
    """
    free: dict[str, list[str]] = {}
    for row in ward.table("switch_ports").dicts():
        if row["status"] == "free":
            free.setdefault(row["device"], []).append(row["port"])
    for row in ward.table("network_devices").dicts():
        name, platform = row["name"], row["os_profile"]
        if (
            row["layer"] != layer
            or row["status"] != "active"
            or row["config_backup"] == "none"
            or (limit is not None and name not in limit)
        ):
            continue
        ports = [rules.port_name(platform, row["model"], port) for port in free.get(name, ())]
        yield Subject(name, platform, row["role"], row["site"], rules.values[layer], tuple(filter(None, ports)), config_of(name, platform))


def exceptions(ward: Ward) -> frozenset[str]:
    """``<rule> <device>`` of what somebody approved and what has not ended.

    :raises WardopsError: those of the policy.
    """
    today = ward.today.isoformat()
    held = ward.policy("exceptions")["exceptions"]
    return frozenset(one["subject"] for one in held if one["kind"] == "config_compliance" and str(one["expires_on"]) >= today)


def judge(rules: Iterable[Rule], subject: Subject, excepted: Collection[str] = ()) -> list[Finding]:
    """Every rule for one device.

    :param excepted: ``<rule> <device>`` of exceptions that are approved and have not ended.
    """
    return [_judge(rule, subject, f"{rule.code} {subject.name}" in excepted) for rule in rules]


def _judge(rule: Rule, subject: Subject, excepted: bool) -> Finding:
    checks = [check for check in rule.checks if subject.platform in check.platforms]
    if not checks or (rule.roles and subject.role not in rule.roles):
        return Finding(subject.name, subject.site, rule, Verdict.NOT_APPLICABLE)
    if subject.config is None:
        return Finding(subject.name, subject.site, rule, Verdict.NO_CONFIG)
    details = [detail for check in checks for detail in _failures(check, subject, subject.config)]
    verdict = Verdict.PASS if not details else Verdict.EXCEPTED if excepted else Verdict.FAIL
    return Finding(subject.name, subject.site, rule, verdict, tuple(details))


def _failures(check: Check, subject: Subject, config: Sequence[Node]) -> Iterator[str]:
    if not check.within:
        yield from _in_lines(check, subject, [_line(block) for block in config], "")
    elif "<port>" in check.within:
        for port in subject.free_ports:
            yield from _in_blocks(check, subject, config, check.within.replace("<port>", re.escape(port)), port)
    else:
        yield from _in_blocks(check, subject, config, check.within, "")


def _in_blocks(check: Check, subject: Subject, config: Sequence[Node], within: str, port: str) -> Iterator[str]:
    head = re.compile(_alternatives(within, subject.values))
    blocks = [block for block in config if head.fullmatch(_line(block))]
    if not blocks and (check.needed or port):
        yield f"設定がない: {port or within}"
    for block in blocks:
        lines = [_line(below) for below in _below(block)]
        if not (check.unless and any(re.fullmatch(_alternatives(check.unless, subject.values), line) for line in lines)):
            yield from _in_lines(check, subject, lines, f"{_line(block)} → ")


def _in_lines(check: Check, subject: Subject, lines: Sequence[str], place: str) -> Iterator[str]:
    for pattern in check.require:
        for one in _each(pattern, subject.values):
            if not any(re.fullmatch(one, line) for line in lines):
                yield f"{place}ない: {_plain(one)}"
    for pattern in check.forbid:
        found = re.compile(_alternatives(pattern, subject.values))
        yield from (f"{place}あってはならない: {line}" for line in lines if found.fullmatch(line))
    for about, allowed in check.only:
        chosen, fitting = re.compile(_alternatives(about, subject.values)), re.compile(_alternatives(allowed, subject.values))
        yield from (f"{place}許されていない: {line}" for line in lines if chosen.fullmatch(line) and not fitting.fullmatch(line))


def _line(block: Node) -> str:
    """Its text; of a value of several lines, such as a banner, the first line."""
    return block.key.partition(b"\n")[0].decode("utf-8", "backslashreplace").strip()


def _plain(pattern: str) -> str:
    """The pattern as people read it: signs that stand for themselves without their backslash."""
    return re.sub(r"\\([^\w])", r"\1", pattern)


def _below(block: Node) -> Iterator[Node]:
    for child in block.children:
        yield child
        yield from _below(child)


def _alternatives(pattern: str, values: Mapping[str, Sequence[str]]) -> str:
    """The pattern with every placeholder standing for any of its values."""
    return _PLACEHOLDER.sub(lambda match: f"(?:{'|'.join(map(re.escape, values[match[1]]))})", pattern)


def _each(pattern: str, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The pattern once for each combination of its placeholders' values."""
    names = list(dict.fromkeys(_PLACEHOLDER.findall(pattern)))
    for combination in itertools.product(*(values[name] for name in names)):
        held = dict(zip(names, combination, strict=True))
        yield _PLACEHOLDER.sub(lambda match: re.escape(held[match[1]]), pattern)  # noqa: B023 - used at once


def broken(findings: Sequence[Finding]) -> WardopsError | None:
    """E1742 when a rule is broken, or a device has no config to judge; ``None`` when a person need not look."""
    failed = [finding for finding in findings if finding.verdict is Verdict.FAIL]
    without = {finding.device for finding in findings if finding.verdict is Verdict.NO_CONFIG}
    if not failed and not without:
        return None
    return fail("E1742", failed=len(failed), devices=len({finding.device for finding in failed}), without=len(without))
