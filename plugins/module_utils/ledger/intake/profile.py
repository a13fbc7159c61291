"""Import profiles: how a list from outside becomes rows of a ledger. Data, validated by ``schemas/profiles/import.schema.json``.

A ward's own profiles (``<ward>/profiles/import/*.yml``) come before the repository's (``profiles/import/*.yml``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...common.problems import Problem, WardopsError, fail
from ...common.ward import REPOSITORY, Ward
from ..policies import read_policy
from ..schema import LedgerSchema, PolicySchema, load_document
from .spelling import narrow_title

SCHEMA = REPOSITORY / "schemas" / "profiles" / "import.schema.json"
_HEADER_ROWS = 30


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the list. Two may stand for the same column of the ledger (a code and a name); the first that is filled counts."""

    column: str
    titles: tuple[str, ...]
    required: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    lookup: Mapping[str, str] = field(default_factory=dict)
    suffixes: tuple[str, ...] = ()
    two_digit_year: str = ""
    width: int = 0
    numbers: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    titles: tuple[str, ...]
    reason: str
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as the schema describes it; ``missing`` is ``None`` when nobody asks what the list lacks."""

    name: str
    title: str
    ledger: str
    columns: tuple[Column, ...]
    match: tuple[str, ...]
    layer: str = ""
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_rows: int = _HEADER_ROWS
    version: str = ""
    ignore: tuple[Ignored, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    add: bool = True
    gone: Mapping[str, list[str]] = field(default_factory=dict)
    allocate: Mapping[str, Any] = field(default_factory=dict)
    events: bool = False
    missing: Mapping[str, list[str]] | None = None
    stop_words: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()

    def overwritable(self, column: str) -> bool:
        return any(one.overwrite for one in self.columns if one.column == column)


def profiles(ward: Ward) -> dict[str, Path]:
    """The profiles by name; the ward's own hide the repository's."""
    folders = (REPOSITORY / "profiles" / "import", ward.root / "profiles" / "import")
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yml"))}


def load_profile(name: str, ward: Ward, ledgers: Mapping[str, LedgerSchema]) -> Profile:
    """A profile by name, or by the path of its file.

    :raises WardopsError: E0717 (no such profile), E0117, E0118, E02xx (what is wrong in it, with line and column), E0718 (it does not fit
        its ledger).
    """
    known = profiles(ward)
    path = Path(name) if name.endswith((".yml", ".yaml")) else known.get(name)
    if path is None or not path.is_file():
        raise fail("E0717", profile=name, known="、".join(sorted(known)))
    shown = ward.shown(path)
    policy, problems = read_policy(path, shown, PolicySchema(load_document(SCHEMA), "import", str(SCHEMA)))
    if policy is None:
        raise WardopsError(problems)
    profile = _build(path.stem, policy.value)
    if wrong := list(_misfits(profile, ledgers, shown)):
        raise WardopsError(wrong)
    return profile


def _build(name: str, value: dict[str, Any]) -> Profile:
    rest = {key: part for key, part in value.items() if key not in ("columns", "ignore")}
    for key in ("match", "stop_words", "follow_ups"):
        if key in rest:
            rest[key] = tuple(rest[key])
    columns = [Column(**_tuples(column)) for column in value["columns"]]
    ignore = [Ignored(tuple(item["titles"]), item["reason"], item.get("personal", False)) for item in value.get("ignore", ())]
    return Profile(name=name, columns=tuple(columns), ignore=tuple(ignore), **rest)


def _tuples(column: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(part) if isinstance(part, list) else part for key, part in column.items()}


def _misfits(profile: Profile, ledgers: Mapping[str, LedgerSchema], shown: str) -> Iterator[Problem]:
    def problem(ja: str, en: str) -> Problem:
        return Problem("E0718", shown, 0, 0, {"what_ja": ja, "what": en})

    schema = ledgers.get(profile.ledger)
    if schema is None:
        yield problem(f"台帳 {profile.ledger} がありません", f"there is no ledger {profile.ledger}")
        return
    if profile.layer not in (schema.layers or ("",)):
        layers = "、".join(schema.layers) or "-"
        yield problem(f"系統 {profile.layer or '-'} の台帳がありません（{layers}）", f"it has no layer {profile.layer or '-'} ({layers})")
    named = [column.column for column in profile.columns]
    named += [*profile.constants, *profile.defaults, *profile.gone, *(profile.missing or ()), *profile.match]
    named += profile.allocate.get("number", ())
    for name in sorted({name for name in named if name not in schema.properties}):
        yield problem(f"台帳 {profile.ledger} に列 {name} がありません", f"the ledger {profile.ledger} has no column {name}")
    for name in profile.match:
        if name not in {column.column for column in profile.columns}:
            yield problem(f"キー {name} が columns: にありません", f"the key {name} is not among columns:")
    for column in profile.columns:
        if column.lookup:
            other = ledgers.get(column.lookup["ledger"])
            if other is None or not {column.lookup["from"], column.lookup["to"]} <= set(other.columns):
                yield problem(f"{column.column} の参照先がありません", f"what {column.column} is looked up in does not exist")
    by_title: dict[str, str] = {}
    for column in profile.columns:
        for title in map(narrow_title, column.titles):
            if by_title.setdefault(title, column.titles[0]) != column.titles[0]:
                yield problem(f"見出し「{title}」が 2 つの列にあります", f"the title {title} stands for two columns")
