"""Objects of the world as positional rows (sim).

Indexes: MS-WSUSAR 2.2.4.3 and 2.2.4.12; those of updates are what others saw a real server give.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.patch.model import Approval, Computer, Group, Update

from ..store import Store
from ..world import World
from .writing import Byte, Guid

Row = list[Any]
_EPOCH_LOCAL = 9000
_CLASSIFICATION, _PRODUCT = "UpdateClassification", "Product"


def local_id(store: Store, update: Update) -> int:
    """The number by which an answer's side tables refer to a revision; it means nothing outside of that answer."""
    return _EPOCH_LOCAL + list(store.revisions).index(update.id)


def group(store: Store, found: Group) -> Row:
    depth, above = 0, found.parent
    while above is not None:
        depth, above = depth + 1, store.groups[above].parent
    return ["Computers", found.name, Guid(found.id), 0, depth, Guid(found.parent) if found.parent else None]


def computer(found: Computer) -> Row:
    cells: Row = [None] * 28
    cells[0], cells[1], cells[2] = found.id, found.last_sync, found.last_report
    cells[3], cells[4] = "192.0.2.1", found.name
    cells[5:10] = [10, 0, 26100, 0, 0]
    cells[10:16] = ["ja-JP", "Synthetic", "Synthetic", "1.0", "Synthetic", dt.datetime(2025, 4, 1, tzinfo=dt.UTC)]
    cells[16], cells[17], cells[18] = "AMD64", found.requested or None, found.last_report
    cells[21], cells[22] = 256, 1
    cells[20], cells[25], cells[26], cells[27] = 1 if found.last_sync else 0, "10.0.26100.1", "Windows", found.os
    return cells


def computers(world: World, found: Iterable[Computer]) -> list[list[Row]]:
    """Three row sets: computers, the groups that they ask for, the groups that they are in."""
    listed = list(found)
    return [
        [computer(one) for one in listed],
        [[one.id, one.requested] for one in listed if one.requested],
        [[one.id, Guid(guid)] for one in listed for guid in sorted(one.groups) if guid in world.store.groups],
    ]


def update(store: Store, found: Update, local: int) -> Row:
    cells: Row = [None] * 37
    cells[0:4] = [Guid(found.id.guid), found.id.revision, local, local - 1000]
    cells[5:9] = [True, Byte(0), Byte(2), found.asks_user]
    cells[10] = found.uninstallable
    cells[15:18] = ["Software", 1 if found.expired else 0, found.released]
    approved = any(one.update == found.id for one in store.approvals.values())
    cells[18:20] = [approved, 1 if found.eula else 5]
    if found.eula:
        cells[20] = Guid(eula_id(found))
    cells[21:26] = [found.eula, found.declined, False, True, found.arrived]
    cells[26:29] = [bool(found.supersedes), None, found.severity or None]
    cells[29:33] = [found.title, found.title, None, found.id.revision > 1]
    cells[34:37] = [found.superseded, False, "MicrosoftUpdate"]
    return cells


def eula_id(found: Update) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"eula {found.id.guid}"))


def updates(store: Store, found: Iterable[Update]) -> dict[str, list[Row]]:
    """The five tables of CompleteUpdates, joined by the local revision id."""
    tables: dict[str, list[Row]] = {
        name: [] for name in ("minimalProperties", "localizedCategoryTitleRows", "kbArticles", "bulletins", "infoUrls")
    }
    local = {key: _EPOCH_LOCAL + number for number, key in enumerate(store.revisions)}
    for one in found:
        number = local[one.id]
        tables["minimalProperties"].append(update(store, one, number))
        tables["localizedCategoryTitleRows"].append([number, _CLASSIFICATION, one.classification])
        tables["localizedCategoryTitleRows"] += [[number, _PRODUCT, title] for title in one.products]
        tables["kbArticles"] += [[number, kb] for kb in one.kbs]
    return tables


def categories(store: Store, *, classifications: bool) -> list[Row]:
    found: dict[str, str] = {}
    for one in store.updates.values():
        if classifications:
            found[one.classification_id] = one.classification
        else:
            found |= {str(uuid.uuid5(uuid.NAMESPACE_URL, f"product {title}")): title for title in one.products}
    kind = _CLASSIFICATION if classifications else _PRODUCT
    listed = []
    for number, (guid, title) in enumerate(sorted(found.items()), 1):
        cells: Row = [None] * 11
        cells[0:3], cells[7:9], cells[10] = [number, Guid(guid), kind], [title, title], store.clock()
        listed.append(cells)
    return listed


def approval(found: Approval) -> Row:
    return [
        found.time,
        Byte(1),
        int(found.action),
        found.time,
        found.deadline,
        found.administrator,
        Guid(found.id),
        True,
        Guid(found.update.guid),
        found.update.revision,
        Guid(found.group),
    ]
