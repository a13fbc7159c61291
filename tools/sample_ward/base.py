"""What all parts of the generator share: the random numbers, the counters, the address plan, the tables."""

from __future__ import annotations

import csv
import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

SEED = 20261122
AS_OF = "2026-11-22"
DATA = Path(__file__).parent / "data"
LAYER_PREFIX = {"lgwan": "LG", "mn": "MN", "inet": "IN", "standalone": "SA"}
T = TypeVar("T")
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """One site. A larger scale makes copies of the originals (``copy`` > 0), whose sections are those of the ``origin``."""

    code: str
    name: str
    kind: str
    number: int
    floors: int
    copy: int
    origin: str
    counts: dict[str, int]


@dataclass(slots=True)
class World:
    """The ward while it is being made.

    :param scale: 1 = the sample ward; n = n times as many of everything, at n times as many sites.
    """

    scale: int
    random: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - data, not secrets
    tables: dict[str, list[Row]] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    departments: list[Row] = field(default_factory=list)
    _counters: dict[str, int] = field(default_factory=dict)

    def next(self, name: str, start: int = 1) -> int:
        value = self._counters.get(name, start)
        self._counters[name] = value + 1
        return value

    def peek(self, name: str, start: int = 1) -> int:
        return self._counters.get(name, start)

    def asset(self) -> str:
        return f"A{self.next('asset'):07d}"

    def serial(self) -> str:
        return f"SYN{self.next('serial'):08d}"

    def mac(self) -> str:
        return f"024b54{self.next('mac'):06x}"

    def ticket(self, kind: str = "CHG", year: int = 2026) -> str:
        return f"{kind}-{year}-{self.next(f'ticket {kind} {year}'):05d}"

    def pick(self, values: Sequence[T]) -> T:
        return values[int(self.random.random() * len(values))]

    def shuffled(self, values: Iterable[T]) -> list[T]:
        return [value for _, value in sorted(((self.random.random(), index), value) for index, value in enumerate(values))]

    def date(self, first: int, last: int) -> str:
        """A day in the fiscal years ``first`` to ``last``, before the sample's today."""
        day = f"{first + int(self.random.random() * (last - first + 1))}-{self.pick(range(4, 13)):02d}-{self.pick(range(1, 29)):02d}"
        return min(day, "2026-11-20")

    def table(self, name: str) -> list[Row]:
        return self.tables.setdefault(name, [])

    def add(self, table: str, /, **cells: object) -> Row:
        row = {key: _cell(value) for key, value in cells.items() if value not in (None, "")}
        self.table(table).append(row)
        return row

    # --- the address plan

    def octets(self, network: str, site: Site) -> tuple[int, int]:
        """Second octet and first third octet of a network's /20 at a site."""
        wide = {"lgwan": 16, "mn": 32, "inet": 48, "mgmt": 64, "voip": 80}
        narrow = {"lgwan": 16, "mn": 20, "inet": 24, "mgmt": 28, "voip": 30}
        base = (narrow if self.scale == 1 else wide)[network]
        return base + site.number // 16, 16 * (site.number % 16)

    def address(self, network: str, site: Site, zone: int, host: int) -> str:
        second, third = self.octets(network, site)
        return f"10.{second}.{third + zone}.{host}"

    def host(self, network: str, site: Site, zone: int, start: int) -> int:
        """The next free host number of a zone."""
        return self.next(f"host {network} {site.code} {zone}", start)


def _cell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def uuid_of(*words: object) -> str:
    digits = hashlib.sha256(" ".join(map(str, (SEED, *words))).encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def read_data(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
