"""The catalogue of error codes: one entry per code, the only place where their texts stand, one file for each range.

``docs/reference/errors.md`` is generated from it; every code has a negative fixture (``tests/negative``) or names its test
(``covers:``). A retired code is never used again.

``files.py`` E01xx files, text, tables, guards,
``schemas.py`` E02xx schemas,
``rules.py`` E03xx rules across ledgers,
``layers.py`` E04xx layers and inventory,
``radius.py`` E05xx RADIUS and MAC addresses,
``evidence.py`` E06xx evidence,
``intake.py`` E07xx import of other people's files,
``exchange.py`` E08xx changes of ledgers, exchange with Excel, merging, allocation,
``life.py`` E09xx the life of a thing, moves, what must follow,
``registers.py`` E10xx registers (loans, stock, licences, leases, media) and papers,
``history.py`` E11xx history of ledgers,
``pages.py`` E12xx reports and pages,
``payment.py`` E13xx payment results: rules, split, receipt,
``payment_transfer.py`` E14xx payment results: fetching and delivery,
``skysea.py`` E15xx SKYSEA Client View registration,
``network.py`` E160x, E161x platforms of network devices, answers that are whole,
``network_masking.py`` E162x secrets in configs of network devices,
``network_backup.py`` E163x-E165x reading the configs of network devices, host keys,
``network_store.py`` E166x-E167x store of device configs,
``network_replacement.py`` E170x-E172x replacement of network devices, loading of configurations,
``network_report.py`` E173x-E175x reachability, compliance and reports of network devices,
``calendar.py`` E18xx calendar, holidays, schedules,
``patch.py`` E190x-E191x patch staging: rings, cycles, gates, compliance,
``bundle.py`` E192x, E1933-E1936 bundles between layers,
``patch_install.py`` E193x installing patches on terminals directly,
``patch_wsus.py`` E194x-E196x WSUS servers,
``patch_reports.py`` E197x-E198x reports and notices of patches,
``gpo.py`` E210x-E214x Group Policy as code.
"""

from __future__ import annotations

from . import (
    bundle,
    calendar,
    evidence,
    exchange,
    files,
    gpo,
    history,
    intake,
    layers,
    life,
    mail,
    network,
    network_backup,
    network_masking,
    network_replacement,
    network_report,
    network_store,
    pages,
    patch,
    patch_install,
    patch_wsus,
    payment,
    payment_transfer,
    radius,
    registers,
    rules,
    schemas,
    skysea,
)
from .entry import Entry

__all__ = ["CATALOGUE", "Entry"]

_PARTS = (
    files,
    schemas,
    rules,
    layers,
    radius,
    evidence,
    intake,
    exchange,
    life,
    mail,
    registers,
    history,
    pages,
    payment,
    payment_transfer,
    skysea,
    network,
    network_backup,
    network_masking,
    network_replacement,
    network_report,
    network_store,
    bundle,
    calendar,
    patch,
    patch_install,
    patch_wsus,
    gpo,
)

CATALOGUE: dict[str, Entry] = {code: entry for part in _PARTS for code, entry in part.ENTRIES.items()}
