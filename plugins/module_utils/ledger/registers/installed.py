"""Licences against what is installed (I-9-(1)): an export of installed software, one row per terminal and product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..book import Book
from ..intake.spelling import same_word
from .engine import open_rows, pools
from .outside import read_columns
from .policy import RegisterPolicy


@dataclass(frozen=True, slots=True)
class Use:
    """One product.

    :param rights: valid today, all layers and editions together; ``installed``: different terminals that have it.
    :param state: ``over`` (more installed than rights), ``unused`` (rights and no installation), ``unlicensed`` (installed, no right
        in the ledger at all), ``fits``.
    """

    product: str
    rights: int
    assigned: int
    installed: int
    state: str


@dataclass(frozen=True, slots=True)
class Installations:
    """What an export says.

    :param terminals: names of terminals by product of the licence ledger.
    :param strange: terminals of the export that the ledgers do not have in service, and names without a product, by number of rows.
    """

    terminals: Mapping[str, frozenset[str]]
    unknown_products: Mapping[str, int]
    strange: frozenset[str]


def read_installations(book: Book, policy: RegisterPolicy, paths: Iterable[Path]) -> Installations:
    """:raises WardopsError: E0100-E0102, E0701-E0712 (a file), E1020 (columns)."""
    rule = policy.value["installations"]
    exact, beginnings = _aliases(book, rule["aliases"])
    names = {row["computer_name"].casefold() for layer in book.files("terminals") for row in book.rows("terminals", layer).values()}
    found: dict[str, set[str]] = {}
    unknown: dict[str, int] = {}
    strange: set[str] = set()
    for path in paths:
        for _, cells in read_columns(path, {"product": rule["product"], "name": rule["name"]}):
            name = cells["name"].partition(".")[0]
            if name.casefold() not in names:
                strange.add(name)
                continue
            word = same_word(cells["product"])
            product = exact.get(word) or next((target for start, target in beginnings if word.startswith(start)), "")
            if product:
                found.setdefault(product, set()).add(name.casefold())
            else:
                unknown[cells["product"]] = unknown.get(cells["product"], 0) + 1
    return Installations({product: frozenset(held) for product, held in found.items()}, unknown, frozenset(strange - {""}))


def _aliases(book: Book, aliases: Iterable[Mapping[str, str]]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Products by their words, and by the beginnings of their words, the longest first."""
    exact = {same_word(row["product"]): row["product"] for _, row in open_rows(book, "licenses", {})}
    beginnings = []
    for item in aliases:
        if item["installed"].endswith("*"):
            beginnings.append((same_word(item["installed"][:-1]), item["product"]))
        else:
            exact[same_word(item["installed"])] = item["product"]
    return exact, sorted(beginnings, key=lambda pair: (-len(pair[0]), pair[0]))


def compare(book: Book, installations: Installations) -> list[Use]:
    """Every product that has a right or an installation, by name."""
    rights: dict[str, tuple[int, int]] = {}
    position = book.schema("licenses").document["x-register"]["pool"]["by"].index("product")
    for pool in pools(book):
        if pool.ledger == "licenses":
            before = rights.get(pool.name[position], (0, 0))
            rights[pool.name[position]] = before[0] + pool.capacity, before[1] + pool.used
    found = []
    for product in sorted(rights.keys() | installations.terminals.keys()):
        held, assigned = rights.get(product, (0, 0))
        count = len(installations.terminals.get(product, ()))
        state = "unlicensed" if count and not held else "over" if count > held else "unused" if not count else "fits"
        found.append(Use(product, held, assigned, count, state))
    return found
