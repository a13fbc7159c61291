"""One replacement from ledger and store to papers, and from there into the successor. No Ansible in here."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...common.files import read_bytes, write_atomic
from ...common.problems import WardopsError, fail
from ...common.report import pdf, tokyo
from ...common.ward import Ward
from .. import capture, links, platform
from ..dialect import Dialect, dialect
from ..diff import as_html, as_text, compare
from ..loading.lines import first_line
from ..loading.load import Job, Outcome, load, look
from ..loading.terminal import Access
from ..masking import Masker
from ..model import Capture, Device, Status
from ..store import verifying
from ..store.copies import Identities
from ..store.status import Attempt
from ..store.store import ConfigStore, RunInfo
from ..tree import parse
from . import by_hand
from . import impact as impacts
from . import sheet as papers
from .impact import Impact
from .intended import Intended, build, read_mapping
from .monitoring import change_file, profile
from .units import Units, find


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be replaced by what.

    :param at: revision of the store from which the configuration comes; empty: the newest.
    :param mapping: CSV with interface names for a spare of another model.
    :param fingerprint: of the successor's host key, as its console shows it.
    """

    dead: str
    spare: str
    ticket: str
    at: str = ""
    mapping: Path | None = None
    fingerprint: str = ""


class Replacement:
    """Everything that is known before anything is touched.

    :raises WardopsError: E1700-E1705, E1620 (masking key), E1667 (age identity), E1668, E1671-E1673 (store).
    """

    def __init__(self, ward: Ward, store: ConfigStore, masker: Masker, identities: Identities, order: Order) -> None:
        self.ward = ward
        self.store = store
        self.order = order
        self._masker = masker
        self.units: Units = find(ward, order.dead, order.spare)
        self.name = self.units.dead["name"]
        self.dialect: Dialect = dialect(self.units.dead["os_profile"])
        self._platform = platform.load(self.dialect.name)
        self._stored = self._good_copy(identities)
        mapping = read_mapping(read_bytes(order.mapping), str(order.mapping)) if order.mapping else None
        self.intended: Intended = build(self._stored, self.units, self.dialect, mapping)
        self.impact: Impact = impacts.of(ward, self.units.dead)
        self.links = links.read(store.folder).get(self.name)

    def _good_copy(self, identities: Identities) -> bytes:
        try:
            return verifying.restore(self.store, self.name, identities, "running", self.order.at)
        except WardopsError as error:
            if error.problems[0].code == "E1673":
                raise fail("E1705", self.name, 0, 0, name=self.name) from None
            raise

    def masked(self, text: bytes) -> bytes:
        """Volatile lines rewritten, secrets replaced by their keyed hashes."""
        return self._masker.mask(self._platform, capture.steady(self._platform, text)).text

    def files(self, made: dt.datetime) -> dict[str, bytes]:
        """Papers by name; no secret stands in them."""
        changes = compare(
            parse(self.masked(self._stored), self.dialect.style),
            parse(self.masked(self.intended.text), self.dialect.style),
            self.dialect.style,
        )
        lines = self._shown_lines()
        site = next(
            (row["name"] for row in self.ward.table("sites").dicts() if row["code"] == self.units.dead["site"]), self.units.dead["site"]
        )
        first = impacts.notice(self.units.dead, site, self.impact)
        order = self.order
        page = papers.page(
            self.units,
            self.impact,
            lines=lines,
            diff=as_html(changes),
            notice=first,
            site=site,
            ticket=order.ticket,
            fingerprint=order.fingerprint,
            links=self._links_before(),
            by_hand=self.dialect.by_hand.steps_ja if self.dialect.by_hand else (),
        )
        return {
            "check-sheet.html": page.encode(),
            "check-sheet.pdf": pdf(page),
            "notice.txt": first.encode(),
            "restored.txt": impacts.notice(self.units.dead, site, self.impact, restored=True).encode(),
            "difference.txt": as_text(changes).encode(),
            "monitoring.csv": change_file(self.units, order.ticket, profile(self.ward.policy("network"))),
            "replacement.json": (json.dumps(self.facts() | {"made": made.isoformat()}, ensure_ascii=False, indent=1) + "\n").encode(),
        }

    def _shown_lines(self) -> list[papers.Shown]:
        """Masked where they stand: some secrets are known only by the lines around them, or because they stand elsewhere too."""
        texts = self._stored.split(b"\n")
        for line in self.intended.lines:
            texts[line.number - 1] = line.after or texts[line.number - 1]
        before, after = self.masked(self._stored).split(b"\n"), self.masked(b"\n".join(texts)).split(b"\n")
        whole = len(before) == len(after) == len(texts)  # else a rule for volatile lines took lines away, and numbers mean nothing
        return [
            papers.shown(
                line,
                before[line.number - 1] if whole else first_line(line.before).encode(),
                (after[line.number - 1] if whole else first_line(line.after).encode()) if line.after else b"",
            )
            for line in self.intended.lines
        ]

    def _links_before(self) -> papers.Before | None:
        """Links by the ledger's port, as the dead device showed them last."""
        if self.links is None:
            return None
        ports = self.links.ports
        names = {port.port: links.named(self.dialect, port.port, ports) for port in self.impact.ports}
        return papers.Before(tokyo(self.links.at), {port: any(ports[name] for name in found) for port, found in names.items() if found})

    def facts(self) -> dict[str, Any]:
        """For programs and the record of the run; no secret, no line of a configuration."""
        dead, spare = self.units.dead, self.units.spare
        return {
            "name": self.name,
            "dead": {key: dead[key] for key in ("asset_id", "model", "serial", "mac", "firmware")},
            "spare": {key: spare[key] for key in ("name", "asset_id", "model", "serial", "mac", "firmware")},
            "ticket": self.order.ticket,
            "warnings": self.units.warnings,
            "sensitive_lines": [{"line": line.number, "deed": line.deed, "reason": line.reason} for line in self.intended.lines],
            "expected_up": self.impact.expected_up,
            "links_before": {"at": self.links.at, "up": [port for port, up in self.links.ports.items() if up]} if self.links else None,
            "affected": dict(self.impact.counts),
            "sections": dict(self.impact.sections),
            "radius": [
                {"mac": dead["mac"], "before": "accept", "after": "reject"},
                {"mac": spare["mac"], "before": "reject", "after": "accept"},
            ],
        }

    def job(self, address: str = "") -> Job:
        final = self.units.dead["mgmt_ip"]
        return Job(
            self.name,
            address or final,
            final,
            self.dialect,
            self.intended.text,
            self.masked,
            self.impact.expected_up,
            self.links.ports if self.links else None,
        )

    # --- the change itself

    def look(self, access: Access, address: str = "") -> Outcome:
        job = self.job(address)
        return look(job, access) if self.dialect.loading else by_hand.look(job, access)

    def load(self, access: Access, address: str, recipients: Sequence[str]) -> Outcome:
        """Load, verify, save, and put what runs now into the store.

        :raises WardopsError: E1706-E1713; E1660-E1670 when the store would not take it (the device is all right then).
        """
        job = self.job(address)
        outcome = load(job, access) if self.dialect.loading else by_hand.verify(job, access)
        outcome.steps += self._back_up(outcome, recipients)
        return outcome

    def _back_up(self, outcome: Outcome, recipients: Sequence[str]) -> list[str]:
        dead, now = self.units.dead, dt.datetime.now(dt.UTC)
        device = Device(self.name, self.dialect.name, dead["mgmt_ip"], dead["site"], dead["layer"])
        captures = []
        for command, full in (("running", outcome.running), ("startup", outcome.startup)):
            if full:
                masked = self._masker.mask(self._platform, capture.steady(self._platform, full))
                captures.append(Capture(device, command, full, masked.text, masked.identity))
        run = f"replace-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        store = ConfigStore(self.store.folder, recipients)
        with store.locked(run):
            info = RunInfo(run, now, dead["layer"], role="replace_network_device")
            saved = store.save(info, captures, [Attempt(device, Status.STORED, via="netmiko")])
        return [f"backed up ({saved.commit[:12]})" if saved.commit else "backed up (as before)"]


def write(folder: Path, files: dict[str, bytes]) -> None:
    """The papers, each whole or as before."""
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    for name, data in files.items():
        write_atomic(folder / name, data, 0o640)


def write_config(path: Path, text: bytes) -> None:
    """The configuration for the console: secrets and all, for its owner only.

    :raises WardopsError: E1714 when others can read the folder.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_mode & 0o077:
        raise fail("E1714", str(path.parent), 0, 0, folder=str(path.parent))
    write_atomic(path, text, 0o600, follow=False)
