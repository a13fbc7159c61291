"""What of a patch cycle crosses to another layer, and what comes back (specification I-13, 三層分離).

Out: the cycle (plan, decisions, holds) and the policies that it was planned by. A disconnected WSUS receives no approvals with its export
(wsus.md 1.8), so they travel as decisions and are replayed on the layer's own server behind the layer's own gate. Back: counts, and never
the name of a terminal.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..common.bundle import Opened
from ..common.files import read_bytes, sha256
from ..common.policy import parse_policy
from ..common.problems import Problem, WardopsError, fail
from .cycle import NAME, Cycle, cycle_folder, read_cycle
from .decisions import Hold, read_holds
from .model import State
from .snapshots import Snapshot

CYCLE, RESULTS = "patch_cycle", "patch_results"
IMPORTED = "imported.yml"
_POLICIES = ("rings.yml", "update_policy.yml")


def packed(policies: Path, name: str, target: str, others: Collection[str]) -> tuple[dict[str, bytes], dict[str, Any], str]:
    """A cycle for a layer: files by path, facts of the manifest, and the number of the approval that it goes by.

    :param others: names of terminals of all other layers, folded: exclusions of these stay at home.
    :raises WardopsError: E1929 (nothing of the plan is approved for the layer), E1901-E1903 and those of the files.
    """
    folder = cycle_folder(policies, name)
    cycle = read_cycle(folder)
    approvals = [one for one in cycle.decisions.approvals if one.layer == target and cycle.plan.digest.startswith(one.plan)]
    if not approvals:
        raise fail("E1929", str(folder / "decisions.yml"), cycle=name, layer=target, digest=cycle.plan.digest[:16])
    contents = {"cycle/plan.yml": read_bytes(folder / "plan.yml"), "cycle/decisions.yml": _without(folder / "decisions.yml", others)}
    holds = [hold.data() for hold in cycle.holds if hold.layer in ("", target)]
    if holds:
        contents["cycle/holds.yml"] = yaml.safe_dump({"holds": holds}, allow_unicode=True, sort_keys=False, width=150).encode()
    for policy in _POLICIES:
        contents[f"policy/{policy}"] = read_bytes(policies / policy)
    rings = sorted({one.ring for one in approvals})
    facts = {"cycle": name, "plan": cycle.plan.digest, "updates": len(cycle.plan.updates), "rings": rings}
    return contents, facts, max(approvals, key=lambda one: one.at).application


def _without(path: Path, others: Collection[str]) -> bytes:
    data = read_bytes(path)
    content = parse_policy(data, str(path))
    exclusions = content.get("exclusions") or []
    kept = [one for one in exclusions if str(one.get("subject", "")).casefold() not in others]
    if len(kept) == len(exclusions):
        return data
    return yaml.safe_dump({**content, "exclusions": kept}, allow_unicode=True, sort_keys=False, width=150).encode()


@dataclass(slots=True)
class Receipt:
    """What taking a bundle in would write: files by path, ``None`` before for a new one. :param kept: local holds that stay."""

    cycle: str
    writes: dict[Path, bytes] = field(default_factory=dict)
    kept: int = 0


def received(opened: Opened, policies: Path) -> Receipt:
    """What an opened bundle makes of this layer's policies. Nothing is written here.

    :raises WardopsError: E1933 (it carries no cycle, or not the one it names), E1934 (a policy differs here), E1935 (edited here since the
        last bundle), and those of the files.
    """
    facts, contents = opened.manifest.facts, opened.contents
    name = str(facts.get("cycle"))
    if opened.manifest.kind != CYCLE or not NAME.fullmatch(name):
        raise fail("E1933", opened.manifest.name, what=opened.manifest.kind)
    folder = cycle_folder(policies, name)
    cycle = _proved(opened, name)
    problems = [
        Problem("E1934", str(policies / policy), params={"policy": policy})
        for policy in _POLICIES
        if _meaning(contents.get(f"policy/{policy}", b"")) != _meaning(read_bytes(policies / policy))
    ]
    receipt = Receipt(name)
    before = _imported(folder / IMPORTED)
    for part in ("decisions.yml", "plan.yml"):
        data, path = contents.get(f"cycle/{part}", b""), folder / part
        if path.exists() and (found := read_bytes(path)) != data and sha256(found) != before.get(part):
            problems.append(Problem("E1935", str(path), params={"bundle": opened.manifest.name}))
        receipt.writes[path] = data
    if problems:
        raise WardopsError(problems)
    _merge(receipt, folder / "holds.yml", cycle.holds)
    stated = {part: sha256(contents[f"cycle/{part}"]) for part in ("decisions.yml", "plan.yml")}
    record = {"bundle": opened.manifest.name, "manifest": opened.digest, "signer": opened.signer, "files": stated}
    receipt.writes[folder / IMPORTED] = yaml.safe_dump(record, allow_unicode=True, sort_keys=False, width=150).encode()
    # approvals name the plan's digest: while only one of the two files is new, nothing is approved
    order = (folder / "holds.yml", folder / "decisions.yml", folder / "plan.yml", folder / IMPORTED)
    receipt.writes = {path: receipt.writes[path] for path in order if path in receipt.writes and _differs(path, receipt.writes[path])}
    return receipt


def _differs(path: Path, data: bytes) -> bool:
    return not path.exists() or read_bytes(path) != data


def _proved(opened: Opened, name: str) -> Cycle:
    """The cycle of the bundle, read as this layer will read it."""
    with tempfile.TemporaryDirectory(prefix="wardops-") as place:
        folder = Path(place) / name
        folder.mkdir()
        for path, data in opened.contents.items():
            if path.startswith("cycle/") and path.count("/") == 1:
                (folder / path.removeprefix("cycle/")).write_bytes(data)
        cycle = read_cycle(folder)
    if cycle.plan.name != name or cycle.plan.digest != opened.manifest.facts.get("plan") or "cycle/decisions.yml" not in opened.contents:
        raise fail("E1933", opened.manifest.name, what=cycle.plan.name)
    return cycle


def _meaning(data: bytes) -> Any:
    return parse_policy(data, "policy")


def _imported(path: Path) -> Mapping[str, str]:
    content = parse_policy(read_bytes(path), str(path)) if path.exists() else {}
    files = content.get("files") if isinstance(content, dict) else None
    return files if isinstance(files, dict) else {}


def _merge(receipt: Receipt, path: Path, coming: tuple[Hold, ...]) -> None:
    """The layer's own holds stay; those of the other side are added, and released where it has released them."""
    here = list(read_holds(path))
    at = {(one.layer, one.ring, one.reason, one.by, one.at): place for place, one in enumerate(here)}
    receipt.kept = sum(not one.released for one in here)
    for hold in coming:
        place = at.get((hold.layer, hold.ring, hold.reason, hold.by, hold.at))
        if place is None:
            here.append(hold)
        elif hold.released and not here[place].released:
            here[place] = hold
    if here:
        data = {"holds": [hold.data() for hold in here]}
        receipt.writes[path] = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=150).encode()


def results(cycle: Cycle, snapshot: Snapshot) -> tuple[dict[str, bytes], dict[str, Any]]:
    """How the layer stands, in counts: ring → state → number for each update of the plan, and how many have reported at all."""
    terminals, reported = Counter(snapshot.rings), Counter(ring for ring, one in zip(snapshot.rings, snapshot.reports, strict=True) if one)
    updates = []
    for update in cycle.plan.updates:
        row = snapshot.states.get(update.id.guid, "0" * len(snapshot.names))
        counted = Counter(zip(snapshot.rings, row, strict=True))
        by_ring: dict[str, dict[str, int]] = {}
        for (ring, digit), count in sorted(counted.items()):
            by_ring.setdefault(ring, {})[State(int(digit)).name.lower()] = count
        updates.append({"update": update.id.guid, "revision": update.id.revision, "kbs": list(update.kbs), "rings": by_ring})
    content = {
        "format": 1,
        "cycle": cycle.plan.name,
        "plan": cycle.plan.digest,
        "layer": snapshot.layer,
        "at": snapshot.at,
        "rings": {ring: {"terminals": count, "reported": reported[ring]} for ring, count in sorted(terminals.items())},
        "updates": updates,
    }
    data = (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
    return {"results/results.json": data}, {"cycle": cycle.plan.name, "plan": cycle.plan.digest, "at": snapshot.at}


def kept_results(opened: Opened, policies: Path) -> tuple[str, bytes]:
    """The name under which results are kept, and what: nothing is taken for this ward's that does not fit its plan.

    :raises WardopsError: E1933 (no results, of another layer, or of another plan), and those of the cycle.
    """
    name = str(opened.manifest.facts.get("cycle"))
    data = opened.contents.get("results/results.json", b"")
    try:
        content = json.loads(data)
        fits = (content["format"], content["layer"], content["cycle"]) == (1, opened.manifest.source, name) and bool(NAME.fullmatch(name))
    except (ValueError, KeyError, TypeError):
        fits = False
    if opened.manifest.kind != RESULTS or not fits:
        raise fail("E1933", opened.manifest.name, what=opened.manifest.kind)
    if read_cycle(cycle_folder(policies, name)).plan.digest != content["plan"]:
        raise fail("E1933", opened.manifest.name, what=f"{name} {str(content['plan'])[:16]}")
    return f"{name}-{opened.manifest.number:05d}.json", data
