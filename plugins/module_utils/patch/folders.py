"""What ``make check`` says about the folders of cycles, ``policies/patch/<name>/``: every error of every folder at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..common.problems import Problem, WardopsError
from ..common.ward import Ward
from .cycle import NAME, Cycle, read_cycle
from .decisions import read_decisions, read_holds

_FILES = frozenset(("plan.yml", "decisions.yml", "holds.yml", "imported.yml"))


def problems(ward: Ward) -> list[Problem]:
    """Wrong names, files that cannot be read, plans that somebody edited, decisions about rings that there are not.

    A folder that has decisions and no plan yet is right: people may write first.
    """
    place = ward.policies / "patch"
    found: list[Problem] = []
    for folder in sorted(place.iterdir()) if place.is_dir() else ():
        if not folder.is_dir() or not NAME.fullmatch(folder.name):
            found.append(
                _wrong(folder, "cycle", folder.name, "2027-01 または 2027-01-oob1 のフォルダではない", "no folder 2027-01 or 2027-01-oob1")
            )
            continue
        found += [
            _wrong(one, "file", one.name, "知らないファイル", "an unknown file")
            for one in sorted(folder.iterdir())
            if one.name not in _FILES
        ]
        try:
            cycle = read_cycle(folder) if (folder / "plan.yml").exists() else None
            if cycle is None:
                read_decisions(folder / "decisions.yml")
                read_holds(folder / "holds.yml")
            else:
                found += _places(ward, cycle)
        except WardopsError as error:
            found += error.problems
    return found


def _places(ward: Ward, cycle: Cycle) -> Iterator[Problem]:
    """Decisions and holds about a ring that the layer has not: they would be passed over silently."""
    known = {(layer, str(entry["code"])) for entry in ward.policy("rings")["rings"] for layer in entry["delay_days"]}
    layers = {layer for layer, _ in known}
    named = [("dates", one.layer, one.ring) for one in cycle.decisions.dates]
    named += [("approvals", one.layer, one.ring) for one in cycle.decisions.approvals]
    for what, layer, ring in named:
        if (layer, ring) not in known:
            yield _unknown(cycle.folder / "decisions.yml", what, f"{layer} {ring}")
    for hold in cycle.holds:
        if (hold.layer and hold.layer not in layers) or (hold.ring and not any(ring == hold.ring for _, ring in known)):
            yield _unknown(cycle.folder / "holds.yml", "holds", f"{hold.layer} {hold.ring}")


def _unknown(path: Path, what: str, value: str) -> Problem:
    return _wrong(path, what, value, "rings.yml にない系統・リングの組", "no such ring of that layer in rings.yml")


def _wrong(path: Path, what: str, value: str, ja: str, en: str) -> Problem:
    return Problem("E1901", str(path), params={"what": what, "value": value, "reason_ja": ja, "reason": en})
