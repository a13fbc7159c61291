"""Making bundles and taking them in: the patch cycle, the ledgers media and media_transfers, the evidence. No Ansible in here.

The ledger media_transfers is the memory of a direction: its last row says which number comes next and which manifest it has to follow.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common import bundle, evidence
from ansible_collections.ward.ops.plugins.module_utils.common.bundle import Manifest, Opened
from ansible_collections.ward.ops.plugins.module_utils.common.files import read_bytes, write_atomic
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError, fail
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.ledger import saving
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.patch import snapshots, transfer
from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import cycle_folder, read_cycle
from ansible_collections.ward.ops.plugins.module_utils.patch.decisions import TOKYO

DUTIES = ["I-13-(6)", "I-13-(8)"]
SIGNERS, REVOKED = "bundle_signers", "bundle_revoked_keys"
_PURPOSES = {transfer.CYCLE: "更新プログラムの適用", transfer.RESULTS: "適用状況（件数）"}
_CARRIES = frozenset(("usb", "hdd", "dvd", "sd"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for.

    :param layer: that of this control node. :param role: of the person, for the ledger; never a name.
    :param state: where snapshots are, and results of other layers are kept.
    """

    ward: Path
    layer: str
    evidence: Path
    state: Path
    role: str = "operator"
    check: bool = False
    now: dt.datetime | None = None

    @property
    def moment(self) -> dt.datetime:
        return self.now or dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent.

    :param folder: of the medium. :param key: that it is signed with. :param medium: number in the ledger media.
    :param beside: the export of the WSUS and its content, which travel on the same medium, outside of the bundle.
    """

    cycle: str
    target: str
    folder: Path
    key: Path
    medium: str
    beside: tuple[Path, ...] = ()


def send_cycle(asked: Asked, parcel: Parcel) -> dict[str, Any]:
    """A cycle for another layer. :raises WardopsError: E1920, E1922, E1923, E1925, E1929, E1936, and those of the files."""
    book = _opened(asked, parcel)
    layers = [layer for layer in book.files("terminals") if layer != parcel.target]
    others = {row["computer_name"].casefold() for layer in layers for row in book.rows("terminals", layer).values()}
    contents, facts, application = transfer.packed(book.ward.policies, parcel.cycle, parcel.target, others)
    manifest = replace(_next(book, asked, parcel, transfer.CYCLE, facts), application=application)
    return _send(book, asked, parcel, bundle.filled(manifest, contents), contents)


def send_results(asked: Asked, parcel: Parcel) -> dict[str, Any]:
    """How this layer stands, in counts, back to where the cycle is planned.

    :raises WardopsError: E1909, E1914 (no snapshot), and as :func:`send_cycle`.
    """
    book, day = _opened(asked, parcel), asked.moment.astimezone(TOKYO).date()
    found = snapshots.latest(asked.state, asked.layer, day)
    if found is None:
        raise fail("E1914", str(asked.state / asked.layer), layer=asked.layer, cycle=parcel.cycle, day=str(day))
    contents, facts = transfer.results(read_cycle(cycle_folder(book.ward.policies, parcel.cycle)), found)
    manifest = _next(book, asked, parcel, transfer.RESULTS, facts)
    return _send(book, asked, parcel, bundle.filled(manifest, contents), contents)


def _opened(asked: Asked, parcel: Parcel) -> Book:
    """:raises WardopsError: E1925 (no other layer of the ward), E1936 (medium)."""
    book = Book(asked.ward)
    known = [one["code"] for one in book.ward.policy("networks")["layers"]]
    if parcel.target == asked.layer or parcel.target not in known:
        raise fail("E1925", parcel.target, source=asked.layer, target=parcel.target, layer="、".join(known))
    _fit(book, parcel.medium, {asked.layer, parcel.target})
    return book


def _next(book: Book, asked: Asked, parcel: Parcel, kind: str, facts: dict[str, Any]) -> Manifest:
    number, previous = _last(book, asked.layer, parcel.target, "sent")
    made = asked.moment.astimezone(dt.UTC).isoformat(timespec="seconds")
    purpose = f"{parcel.cycle} {_PURPOSES[kind]}"
    beside = tuple(bundle.measured(path) for path in parcel.beside)
    return Manifest(kind, asked.layer, parcel.target, number + 1, previous, made, purpose, "", parcel.medium, facts, (), beside)


def _fit(book: Book, medium: str, layers: set[str]) -> None:
    """:raises WardopsError: E1936."""
    row = book.get("media", medium)
    ja = en = ""
    if row is None:
        ja, en = "台帳にありません", "not in the ledger"
    elif row["status"] not in ("in_use", "stored"):
        ja, en = f"状態が {row['status']} です", f"its state is {row['status']}"
    elif row["kind"] not in _CARRIES:
        ja, en = f"種別が {row['kind']} です", f"its kind is {row['kind']}"
    elif row["encrypted"] != "true":
        ja, en = "暗号化されていません", "not encrypted"
    elif row["layer"] not in layers:
        ja, en = f"系統 {row['layer']} の媒体です", f"it belongs to the layer {row['layer']}"
    if ja:
        raise fail("E1936", medium=medium, reason_ja=ja, reason=en)


def _last(book: Book, source: str, target: str, step: str) -> tuple[int, str]:
    """Number and manifest of the last bundle of a direction; 0 and nothing before the first."""
    direction = f"{source}-{target}-"
    rows = [row for row in book.rows("media_transfers").values() if row["step"] == step and row["bundle"].startswith(direction)]
    last = max(rows, key=lambda row: row["bundle"], default=None)
    return (int(last["bundle"].removeprefix(direction)), last["manifest_sha256"]) if last else (0, "")


def _line(book: Book, asked: Asked, manifest: Manifest, digest: str, step: str) -> None:
    """The row of the ledger, checked with the whole ward, not saved yet. :raises WardopsError: what ``make check`` finds."""
    day = asked.moment.astimezone(TOKYO).date().isoformat()
    cells = {"date": day, "media_id": manifest.medium, "manifest_sha256": digest, "purpose": manifest.purpose}
    row = {"bundle": manifest.name, "step": step, "application": manifest.application, "role": asked.role, **cells}
    book.put("media_transfers", row)
    if problems := book.new_problems():
        raise WardopsError(problems)


def _send(book: Book, asked: Asked, parcel: Parcel, manifest: Manifest, contents: dict[str, bytes]) -> dict[str, Any]:
    digest, place = bundle.digest_of(manifest), parcel.folder / manifest.name
    _line(book, asked, manifest, digest, "sent")
    result = {"changed": True, "bundle": str(place), **_shown(manifest, digest)}
    if asked.check:
        return result
    with evidence.step(asked.evidence, "send_bundle", _facts(asked, manifest), REPOSITORY) as step:
        step.plan({"manifest": digest, "files": result["files"]})
        bundle.make(parcel.folder, manifest, contents, parcel.key)
        try:
            saving.to_files(book)
        except WardopsError:
            shutil.rmtree(place, ignore_errors=True)  # another operator was quicker: this number is theirs
            raise
        step.result("ok", bundle=manifest.name)
    return result


def _shown(manifest: Manifest, digest: str) -> dict[str, Any]:
    return {
        "name": manifest.name,
        "manifest": digest,
        "medium": manifest.medium,
        "purpose": manifest.purpose,
        "files": [one.path for one in (*manifest.files, *manifest.beside)],
    }


def _facts(asked: Asked, manifest: Manifest) -> dict[str, Any]:
    return {"duties": DUTIES, "layer": asked.layer, "target": manifest.name, "medium": manifest.medium, "facts": dict(manifest.facts)}


def receive(asked: Asked, folder: Path, beside: Path | None = None, signers: Path | None = None) -> dict[str, Any]:
    """Take a bundle in: verify all of it, then write the cycle (or keep the results), then the ledger's row.

    A run that was killed before the row is repeated: what it wrote is what would be written.

    :param signers: instead of ``policies/bundle_signers``.
    :raises WardopsError: E1921-E1928, E1933-E1935 and those of the files; nothing was written.
    """
    book = Book(asked.ward)
    policies = book.ward.policies
    opened = bundle.open_bundle(folder, asked.layer, signers or policies / SIGNERS, policies / REVOKED, beside)
    manifest = opened.manifest
    bundle.follows(manifest, *_last(book, manifest.source, asked.layer, "received"))
    writes, more = _writes(asked, opened, policies)
    _line(book, asked, manifest, opened.digest, "received")
    result = {
        "changed": True,
        "signer": opened.signer,
        "written": [str(path) for path in writes],
        **_shown(manifest, opened.digest),
        **more,
    }
    if asked.check:
        return result
    with evidence.step(asked.evidence, "receive_bundle", {**_facts(asked, manifest), "signer": opened.signer}, REPOSITORY) as step:
        step.plan({"manifest": opened.digest, "written": result["written"]})
        for path, data in writes.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, data)
        if wrong := [str(path) for path, data in writes.items() if read_bytes(path) != data]:
            raise fail("E1935", wrong[0], bundle=manifest.name)
        saving.to_files(book)
        step.result("ok", verified=True)
    return result


def _writes(asked: Asked, opened: Opened, policies: Path) -> tuple[dict[Path, bytes], dict[str, Any]]:
    if opened.manifest.kind == transfer.RESULTS:
        name, data = transfer.kept_results(opened, policies)
        return {asked.state / "results" / opened.manifest.source / name: data}, {"cycle": opened.manifest.facts.get("cycle")}
    receipt = transfer.received(opened, policies)
    return receipt.writes, {"cycle": receipt.cycle, "holds_kept": receipt.kept}
