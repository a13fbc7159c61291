"""A MAC entry as an item of a plan, and as rows of FreeRADIUS' standard SQL schema.

An item is ``{"vlan": 101}`` or ``{"vlan": 101, "expires": "2026-12-31"}``. In the database it is

=============  =====================  ==  =================
radcheck       Cleartext-Password     :=  the rendered MAC
radcheck       Expiration             :=  seconds since 1970 (only where it expires)
radusergroup   ``vlan101``                priority 1
=============  =====================  ==  =================

and the group's three rows in radgroupreply. Whatever else stands there under a MAC (another spelling, another attribute, a
second group) makes an *odd* item, which carries its rows and therefore differs from any desired one.

Sources: FreeRADIUS 3.2 ``mods-config/sql/main/postgresql/schema.sql``; RFC 3580 section 3.31 (VLAN assignment);
``src/lib/misc.c`` ``fr_get_time``: a date may be written as seconds since 1970, which no server's time zone changes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..common.mac import MacFormat
from ..common.plan import Item, Plan

#: the only spelling that is written: FreeRADIUS' ``rewrite_calling_station_id`` makes it of any other
FREERADIUS = MacFormat("-", 2, True)
CHECK, REPLY, USERGROUP, GROUPREPLY, GROUPCHECK = "radcheck", "radreply", "radusergroup", "radgroupreply", "radgroupcheck"
#: not a table: a paragraph of a users file, in ``value``
USERS = "users"
PRIORITY = "1"
JAPAN = dt.timezone(dt.timedelta(hours=9))
#: FreeRADIUS keeps a date in 32 bits: 2106-02-07 15:28:15 in Japan. What is valid longer does not expire (9999-12-31)
LAST_EPOCH = 2**32 - 1
LAST_DAY = "2106-02-06"

_CANONICAL = re.compile(r"[0-9A-F]{2}(?:-[0-9A-F]{2}){5}")
_ANY_MAC = re.compile(
    r"[0-9a-f]{12}"
    r"|[0-9a-f]{2}([-:. ])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}"
    r"|[0-9a-f]{4}([-:.])[0-9a-f]{4}\2[0-9a-f]{4}"
    r"|[0-9a-f]{6}[-:.][0-9a-f]{6}"
)
_NOT_HEX = re.compile(r"[^0-9a-f]")
_GROUP = re.compile(r"vlan([1-9][0-9]{0,3})")


class Row(NamedTuple):
    """One row of the database; in radusergroup ``attribute`` is the group's name and ``value`` the priority."""

    table: str
    id: int
    name: str
    attribute: str
    op: str
    value: str

    @property
    def content(self) -> tuple[str, str, str, str, str]:
        """The row without its number."""
        return (self.table, self.name, self.attribute, self.op, self.value)


@dataclass(slots=True)
class State:
    """What stands on a server.

    :param entries: items by canonical MAC.
    :param groups: items of the groups ``vlan<id>`` by name.
    :param rows: the database rows of each MAC and of each such group; empty for back ends without rows.
    :param grouped: whether VLANs stand in groups.
    :param stale: whether the server has yet to load what was written.
    """

    entries: dict[str, Item] = field(default_factory=dict)
    groups: dict[str, Item] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    grouped: bool = True
    stale: bool = False


@dataclass(slots=True)
class SetPlan:
    """The plan of the MAC entries, and of what they need: groups that carry VLANs, or the loading of a file."""

    entries: Plan
    groups: Plan

    @property
    def changed(self) -> bool:
        return self.entries.changed or self.groups.changed


def canonical(name: str) -> str | None:
    """The MAC that a user name spells in any usual way (ASCII only), or ``None``: not a MAC, not ours."""
    if _CANONICAL.fullmatch(name):
        return name.replace("-", "").lower()
    lower = name.lower() if name.isascii() else ""
    return _NOT_HEX.sub("", lower) if _ANY_MAC.fullmatch(lower) else None


def user_name(mac: str) -> str:
    """The spelling that is written, :data:`FREERADIUS`; three times as fast for 30,000 of them."""
    m = mac.upper()
    return f"{m[0:2]}-{m[2:4]}-{m[4:6]}-{m[6:8]}-{m[8:10]}-{m[10:12]}"


def group_name(vlan: int) -> str:
    return f"vlan{vlan}"


def limited(expires: str) -> str:
    """A ledger's last day, or nothing when it lies beyond what a RADIUS server can keep."""
    return "" if expires > LAST_DAY else expires


def is_group(name: str) -> bool:
    """Whether a group's name is one of ours."""
    return _GROUP.fullmatch(name) is not None


def to_epoch(expires: str) -> int:
    """``2026-12-31`` (valid to the end of that day in Japan) or a time with zone, as seconds since 1970."""
    if len(expires) == 10:
        day = dt.date.fromisoformat(expires)
        return int(dt.datetime.combine(day, dt.time(23, 59, 59), JAPAN).timestamp())
    return int(dt.datetime.fromisoformat(expires).timestamp())


def from_epoch(text: str) -> str | None:
    """The reverse of :func:`to_epoch`; ``None`` when the text is no such number."""
    if not (text.isascii() and text.isdigit() and str(int(text)) == text and int(text) <= LAST_EPOCH):
        return None
    moment = dt.datetime.fromtimestamp(int(text), JAPAN)
    return moment.date().isoformat() if moment.timetz().replace(tzinfo=None) == dt.time(23, 59, 59) else moment.isoformat()


def rows_of(mac: str, item: Item) -> list[tuple[str, str, str, str, str]]:
    """The rows (without numbers) that make an item; an odd item gives the rows that it carries."""
    if "rows" in item:
        return [(row[0], row[1], row[2], row[3], row[4]) for row in item["rows"]]
    name = user_name(mac)
    rows = [(CHECK, name, "Cleartext-Password", ":=", name)]
    if "expires" in item:
        rows.append((CHECK, name, "Expiration", ":=", str(to_epoch(item["expires"]))))
    rows.append((USERGROUP, name, group_name(item["vlan"]), "", PRIORITY))
    return rows


def group_rows_of(group: str, item: Item) -> list[tuple[str, str, str, str, str]]:
    """The rows of a group ``vlan<id>``: three reply attributes."""
    if "rows" in item:
        return [(row[0], row[1], row[2], row[3], row[4]) for row in item["rows"]]
    return [
        (GROUPREPLY, group, "Tunnel-Type", ":=", "VLAN"),
        (GROUPREPLY, group, "Tunnel-Medium-Type", ":=", "IEEE-802"),
        (GROUPREPLY, group, "Tunnel-Private-Group-Id", ":=", group.removeprefix("vlan")),
    ]


def group_item(group: str) -> Item:
    return {"tunnel": "VLAN", "id": int(group.removeprefix("vlan"))}


class Items:
    """Makes items from rows; equal items are one object, so that comparing 30,000 of them is quick."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Item | None] = {}

    def of(self, mac: str, rows: Sequence[Row]) -> Item:
        """The item that the rows of one MAC make."""
        vlan, expires, plain = _plain(user_name(mac), rows)
        if plain:
            key = (vlan, expires)
            if key not in self._made:
                self._made[key] = _item(vlan, expires)
            if (item := self._made[key]) is not None:
                return item
        return _odd(rows)


def _plain(name: str, rows: Sequence[Row]) -> tuple[str, str, bool]:
    """Group name, expiry and whether the rows are exactly those that :func:`rows_of` makes."""
    password = group = expires = ""
    for table, _, row_name, attribute, op, value in rows:
        if row_name != name:
            return "", "", False
        if table == USERGROUP:
            if group or value != PRIORITY:
                return "", "", False
            group = attribute
        elif table != CHECK or op != ":=":
            return "", "", False
        elif attribute == "Cleartext-Password" and value == name and not password:
            password = value
        elif attribute == "Expiration" and not expires:
            expires = value
        else:
            return "", "", False
    return group, expires, bool(password and group)


def _item(group: str, expires: str) -> Item | None:
    match = _GROUP.fullmatch(group)
    if match is None:
        return None
    item: dict[str, Any] = {"vlan": int(match[1])}
    if expires:
        moment = from_epoch(expires)
        if moment is None:
            return None
        item["expires"] = moment
    return item


def _odd(rows: Sequence[Row]) -> Item:
    """An item with its rows; ``vlan`` is that of its first group, if it is one of ours."""
    groups = [row.attribute for row in rows if row.table == USERGROUP]
    vlans = [int(match[1]) for name in groups if (match := _GROUP.fullmatch(name))]
    return {"vlan": vlans[0] if vlans else None, "rows": sorted(list(row.content) for row in rows)}


def state_of(rows: Iterable[Row], group_rows: Iterable[Row]) -> State:
    """The state from all rows of radcheck, radreply and radusergroup, and from those of the groups ``vlan<id>``.

    Rows whose user name is not a MAC (people who log in with 802.1X) are left out here and can therefore never be changed.
    """
    state = State()
    found: dict[str, str | None] = {}
    for row in rows:
        name = row[2]
        if name in found:
            mac = found[name]
        else:
            mac = found[name] = canonical(name)
        if mac is not None:
            if mac in state.rows:
                state.rows[mac].append(row)
            else:
                state.rows[mac] = [row]
    items = Items()
    state.entries = {mac: items.of(mac, own) for mac, own in state.rows.items()}
    for row in group_rows:
        if is_group(row.name):
            state.rows.setdefault(row.name, []).append(row)
            state.groups[row.name] = {}
    for group in state.groups:
        own = state.rows[group]
        wanted = group_rows_of(group, {})
        plain = sorted(row.content for row in own) == sorted(wanted)
        state.groups[group] = group_item(group) if plain else {"rows": sorted(list(row.content) for row in own)}
    return state


@dataclass(slots=True)
class Operations:
    """What must happen to rows, by table: numbers to delete, rows to update (by number), rows to insert."""

    delete: dict[str, list[int]] = field(default_factory=dict)
    update: dict[str, list[Row]] = field(default_factory=dict)
    insert: dict[str, list[Row]] = field(default_factory=dict)


def operations(plan: SetPlan, state: State) -> Operations:
    """The fewest row operations that carry out a plan.

    A row that stays is not touched, and a row whose value changes is updated in place: a reader between two statements
    sees the old or the new VLAN, never an entry without one. Groups that nobody uses any more keep their rows, because
    a request that is being answered may still be about to read them.
    """
    result = Operations()
    for change in (*plan.groups.add, *plan.groups.change):
        _row_operations(result, state.rows.get(change.key, ()), group_rows_of(change.key, change.after or {}))
    for change in (*plan.entries.add, *plan.entries.change, *plan.entries.remove):
        wanted = rows_of(change.key, change.after) if change.after is not None else []
        _row_operations(result, state.rows.get(change.key, ()), wanted)
    return result


def _row_operations(result: Operations, actual: Sequence[Row], wanted: Sequence[tuple[str, str, str, str, str]]) -> None:
    if not actual:
        for table, name, attribute, op, value in wanted:
            result.insert.setdefault(table, []).append(Row(table, 0, name, attribute, op, value))
        return
    left = list(wanted)
    spare: list[Row] = []
    for row in actual:
        if row.content in left:
            left.remove(row.content)
        else:
            spare.append(row)
    for content in left:
        twin = next((row for row in spare if _same_place(row, content)), None)
        row = Row(content[0], twin.id if twin else 0, *content[1:])
        if twin:
            spare.remove(twin)
            result.update.setdefault(row.table, []).append(row)
        else:
            result.insert.setdefault(row.table, []).append(row)
    for row in spare:
        result.delete.setdefault(row.table, []).append(row.id)


def _same_place(row: Row, content: tuple[str, str, str, str, str]) -> bool:
    """Whether the content can take the row's place: same table and name, and the same attribute or a group."""
    return row.table == content[0] and row.name == content[1] and (row.table == USERGROUP or row.attribute == content[2])


_SECRET = re.compile(r"password|secret|crypt", re.IGNORECASE)


def shown(key: str, item: Item | None) -> Item | None:
    """An item as it may be shown and recorded: a password that is not the MAC itself is hidden."""
    if item is None or "rows" not in item:
        return item
    lines = []
    for table, name, attribute, op, value in item["rows"]:
        hide = bool(_SECRET.search(attribute)) and canonical(value) != key
        lines.append(f"{table}:{name}:{attribute}{op}{'(hidden)' if hide else value}")
    return {**item, "rows": "; ".join(lines)}


def entry_items(lines: Mapping[str, Any]) -> dict[str, Item]:
    """Items from plain data (a rollback file): canonical MAC -> item.

    :raises ValueError: when the data is not of that form.
    """
    items: dict[str, Item] = {}
    for mac, item in lines.items():
        if canonical(mac) != mac or not isinstance(item, dict):
            raise ValueError(f"bad entry {mac!r}")
        if "rows" in item:
            if not all(isinstance(row, list) and len(row) == 5 and all(isinstance(cell, str) for cell in row) for row in item["rows"]):
                raise ValueError(f"bad rows of {mac}")
            if any(canonical(row[1]) != mac or row[0] not in (CHECK, REPLY, USERGROUP, USERS) for row in item["rows"]):
                raise ValueError(f"rows of {mac} belong to another user")
        elif not isinstance(item.get("vlan"), int) or not 1 <= item["vlan"] <= 4094:
            raise ValueError(f"bad VLAN of {mac}")
        elif "expires" in item and not 0 <= to_epoch(item["expires"]) <= LAST_EPOCH:
            raise ValueError(f"bad expiry of {mac}")
        items[mac] = item
    return items
