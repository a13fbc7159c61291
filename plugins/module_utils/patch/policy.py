"""Which updates are in scope: ``policies/update_policy.yml`` (specification I-8-(9): no version-to-version upgrades, no next OS)."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.problems import Problem, WardopsError
from .model import Update


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an update.

    :param decision: ``take``; ``skip`` (not the ward's matter); ``refuse`` (out of contract); ``hold`` (held back, with an end).
    """

    decision: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Rule:
    decision: str
    reason: str
    words: tuple[str, ...]
    classes: frozenset[str]
    products: tuple[str, ...]

    def matches(self, title: str, update: Update, products: Sequence[str]) -> bool:
        """Every condition that is given holds."""
        return (
            (not self.words or any(word in title for word in self.words))
            and (not self.classes or update.classification_id in self.classes)
            and (not self.products or any(word in product for word in self.products for product in products))
        )


class UpdatePolicy:
    """Rules in order, the first that matches decides; then classes and products; what nothing names is skipped.

    :param policy: content of ``update_policy.yml``.
    :param today: holds that ended before it are an error.
    :raises WardopsError: E1908, all at once.
    """

    def __init__(self, policy: Mapping[str, Any], today: dt.date, path: str = "") -> None:
        self._rules = [
            _Rule(
                str(rule["decision"]),
                str(rule["reason"]),
                tuple(folded(word) for word in rule.get("title", ())),
                frozenset(str(guid).lower() for guid in rule.get("classes", ())),
                tuple(folded(word) for word in rule.get("products", ())),
            )
            for rule in policy["rules"]
        ]
        self._classes = {str(entry["id"]).lower(): str(entry["name_ja"]) for entry in policy["classes"]}
        self._products = {folded(name) for name in policy["products"]}
        self._holds = {str(hold["kb"]): hold for hold in policy["holds"]}
        over = [hold for hold in policy["holds"] if _day(hold["expires_on"]) < today]
        if over:
            raise WardopsError([Problem("E1908", path, params={"kb": hold["kb"], "day": hold["expires_on"]}) for hold in over])

    def judge(self, update: Update) -> Verdict:
        """The verdict, with its reason in Japanese."""
        title, products = folded(update.title), [folded(product) for product in update.products]
        against = next((rule for rule in self._rules if rule.decision != "take" and rule.matches(title, update, products)), None)
        if against:
            return Verdict(against.decision, against.reason)
        if hold := next((self._holds[kb] for kb in update.kbs if kb in self._holds), None):
            return Verdict("hold", f"{hold['reason']}（承認 {hold['approver']}、{hold['expires_on']} まで）")
        if update.declined or update.expired:
            return Verdict("skip", "サーバーで拒否されている" if update.declined else "提供元が取り下げた")
        taking = next((rule for rule in self._rules if rule.decision == "take" and rule.matches(title, update, products)), None)
        return Verdict("take", taking.reason) if taking else self._scope(update, products)

    def _scope(self, update: Update, products: Sequence[str]) -> Verdict:
        if update.classification_id not in self._classes:
            return Verdict("skip", f"対象外の分類: {update.classification}")
        if not self._products & set(products):
            return Verdict("skip", f"対象外の製品: {'、'.join(update.products)}")
        return Verdict("take", self._classes[update.classification_id])


def folded(text: str) -> str:
    """For comparison: widths and case are one."""
    return unicodedata.normalize("NFKC", str(text)).casefold()


def _day(value: dt.date | str) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
