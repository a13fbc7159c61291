"""All rules across ledgers, in the order in which they run."""

from __future__ import annotations

from . import (
    addresses,
    exceptions,
    gpo,
    identity,
    layers,
    life,
    lifecycle,
    macs,
    numbers,
    organisation,
    outage,
    payment,
    payment_transfer,
    personal_data,
    references,
    registers,
    rings,
    routing,
    schedules,
    subnets,
)
from .registry import Rule

RULES: tuple[Rule, ...] = (
    *layers.RULES,
    *identity.RULES,
    *references.RULES,
    *organisation.RULES,
    *subnets.RULES,
    *addresses.RULES,
    *rings.RULES,
    *lifecycle.RULES,
    *life.RULES,
    *macs.RULES,
    *numbers.RULES,
    *exceptions.RULES,
    *outage.RULES,
    *gpo.RULES,
    *routing.RULES,
    *payment.RULES,
    *registers.RULES,
    *payment_transfer.RULES,
    *schedules.RULES,
    *personal_data.RULES,
)
