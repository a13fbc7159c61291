"""Exact yen: consumption tax of an invoice, once for each rate and rounded once (適格請求書: 消費税法施行令 第70条の10)."""

from __future__ import annotations

from collections.abc import Iterable


def tax(amount: int, percent: int, rounding: str) -> int:
    """Tax of an amount without tax, in whole yen.

    :param rounding: ``down``, ``half_up`` or ``up``, of the absolute amount; a credit is rounded as the debit it takes back.
    """
    whole, rest = divmod(abs(amount) * percent, 100)
    up = rest > 0 if rounding == "up" else rest >= 50 if rounding == "half_up" else False
    return (whole + up) * (-1 if amount < 0 else 1)


def taxes(lines: Iterable[tuple[int, int]], rounding: str) -> dict[int, int]:
    """Tax by rate of lines (amount, percent): the amounts of a rate are added up first, then rounded once."""
    amounts: dict[int, int] = {}
    for amount, percent in lines:
        amounts[percent] = amounts.get(percent, 0) + amount
    return {percent: tax(amount, percent, rounding) for percent, amount in sorted(amounts.items())}
