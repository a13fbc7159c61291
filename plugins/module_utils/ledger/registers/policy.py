"""``policies/registers.yml``, taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...common.problems import WardopsError, fail
from ..book import Book
from ..policies import read_policy


@dataclass(frozen=True, slots=True)
class Supplier:
    code: str
    name: str
    rounding: str
    collects: bool


@dataclass(frozen=True, slots=True)
class Source:
    """An export that says when a terminal was last used; fields as in ``schemas/policies/registers.schema.json``."""

    code: str
    title: str
    names: tuple[str, ...]
    times: tuple[str, ...]
    form: str
    zone: str
    encoding: str
    delimiter: str


class RegisterPolicy:
    """The policy as data, valid against its schema."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self.value = value
        self.office: Mapping[str, str] = value["office"]
        self.warn_days: Mapping[str, int] = value["warn_days"]
        self.tax_percents: frozenset[int] = frozenset(value["tax_percents"])
        self.seldom_days: int = value["usage"]["days"]
        self.suppliers = {
            item["code"]: Supplier(item["code"], item["name"], item["rounding"], item.get("collects", False)) for item in value["suppliers"]
        }
        self.sources = {
            item["code"]: Source(
                item["code"],
                item["name_ja"],
                tuple(item["name"]),
                tuple(item["time"]),
                item["form"],
                item["zone"],
                item.get("encoding", ""),
                item.get("delimiter", ""),
            )
            for item in value["usage"]["sources"]
        }

    def source(self, code: str) -> Source:
        """:raises WardopsError: E1025."""
        if code not in self.sources:
            raise fail("E1025", source=code, known="、".join(self.sources))
        return self.sources[code]

    def supplier_name(self, code: str) -> str:
        return self.suppliers[code].name if code in self.suppliers else code


def read_registers(book: Book) -> RegisterPolicy:
    """The ward's policy.

    :raises WardopsError: E0100-E0118 (file), E02xx with every place where it is not what the schema says.
    """
    path = book.ward.policies / "registers.yml"
    policy, problems = read_policy(path, book.ward.shown(path), book.schemas.policies["registers"])
    if policy is None:
        raise WardopsError(problems)
    return RegisterPolicy(policy.value)
