"""What a split has staged: ``stage/<run id>/<section>/<file name>`` and ``manifest.json`` beside, which is written last.

The manifest is the contract between the split and the delivery: a staged result without a manifest does not exist; a file whose
bytes are not those of the manifest is not delivered. All amounts are yen.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.files import read_bytes
from ..common.problems import fail

NAME = "manifest.json"
FORMAT = 1
#: what a staged file is for; only files with ``deliver`` leave the stage
KINDS = ("section", "unrouted", "duplicates", "no_data")


@dataclass(frozen=True, slots=True)
class Amounts:
    """Rows and yen. ``rows`` and ``yen`` count everything; the cancelled (negative) rows among them are also counted apart."""

    rows: int = 0
    yen: int = 0
    cancelled_rows: int = 0
    cancelled_yen: int = 0

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.rows + other.rows,
            self.yen + other.yen,
            self.cancelled_rows + other.cancelled_rows,
            self.cancelled_yen + other.cancelled_yen,
        )


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file of the staged result.

    :param section: code of the section (課), or the policy's name of the unrouted or duplicate part; also its folder in the stage.
    :param title: the section's name, for people.
    :param folder: where it is delivered, below the target's root: ``0302/20261122``.
    :param deliver: whether it is delivered at all (duplicates are kept here only).
    """

    section: str
    title: str
    folder: str
    name: str
    kind: str
    deliver: bool
    sha256: str
    bytes: int
    amounts: Amounts

    @property
    def path(self) -> str:
        """Below the manifest's folder."""
        return f"{self.section}/{self.name}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A staged result.

    :param day: business day, ISO.
    :param source: of the input: ``name``, ``sha256``, ``bytes``, ``taken_at`` (UTC).
    :param made_with: digests of the rules, the layout and the sections, and the layout's name.
    :param files: sorted by section and name.
    :param totals: ``input``, ``sections``, ``unrouted``, ``duplicates``: amounts; ``blank_lines``: number.
    :param control: control totals of the file's header or trailer record, or nothing.
    :param reasons: why rows were not routed: count by reason.
    :param duplicates: where the first ones are, shortened.
    """

    run_id: str
    day: str
    source: dict[str, Any]
    made_with: dict[str, str]
    files: list[StagedFile]
    totals: dict[str, Any]
    control: dict[str, int] | None
    reasons: dict[str, int]
    duplicates: list[dict[str, Any]]

    @property
    def status(self) -> str:
        """``no_data`` (該当なし), ``attention`` (rows that a human must look at) or ``ok``."""
        if self.totals["input"].rows == 0:
            return "no_data"
        return "attention" if self.totals["unrouted"].rows or self.totals["duplicates"].rows else "ok"


def encode(manifest: Manifest) -> bytes:
    """JSON with sorted keys: the same result has the same bytes."""
    data = {"format": FORMAT, "status": manifest.status, **dataclasses.asdict(manifest)}
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def load(folder: Path) -> Manifest:
    """The manifest of a staged result.

    :raises WardopsError: E0100 (there is none), E1324 (it is not one).
    """
    path = folder / NAME
    try:
        data = json.loads(read_bytes(path))
        if data.pop("format") != FORMAT:
            raise ValueError("format")
        data.pop("status")
        files = [StagedFile(**{**item, "amounts": Amounts(**item["amounts"])}) for item in data.pop("files")]
        totals = {key: Amounts(**value) if isinstance(value, dict) else value for key, value in data.pop("totals").items()}
        return Manifest(files=files, totals=totals, **data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise fail("E1324", str(path), reason=f"{type(error).__name__}: {error}") from None
