"""The tables of the inventory report: counted from a copy of the ledgers, each with a title for people and a name for its file."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from .copy import Copy
from .labels import labels, names
from .usage import use_of_subnets

Cell = str | int
#: states in which a terminal no longer belongs to the ward's equipment
_GONE = frozenset({"returned", "wiped", "disposed"})
_IN_SERVICE = frozenset({"setup", "active", "lent"})
_UNKNOWN = "（記入なし）"


@dataclass(frozen=True, slots=True)
class Report:
    """One table.

    :param name: file name without ending.
    :param header: titles of the columns.
    :param rows: as long as the header.
    :param warn: positions of the rows that somebody must look at.
    """

    name: str
    title: str
    note: str
    header: list[str]
    rows: list[list[Cell]]
    warn: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal that the ward still has, as far as the tables need it."""

    asset_id: str
    layer: str
    section: str
    model: str
    form: str
    ring: str
    os: str
    year: int
    in_service: bool


def terminals(copy: Copy) -> list[Terminal]:
    """Every terminal that is not returned, wiped or disposed of."""
    leased = copy.sheet("leases").mapping("lease_id", "start_date")
    wanted = (
        "asset_id",
        "layer",
        "dept_code",
        "model",
        "form",
        "ring",
        "os_version",
        "os_build",
        "computer_name",
        "assigned_date",
        "lease_id",
    )
    found = []
    for status, asset, layer, section, model, form, ring, version, build, name, assigned, lease in copy.sheet("terminals").rows(
        "status", *wanted
    ):
        if status not in _GONE:
            year = fiscal_year_of(name, assigned, leased.get(lease, ""), copy.ward.today)
            system = " ".join(filter(None, (version, build)))
            found.append(Terminal(asset, layer, section, model, form, ring, system, year, status in _IN_SERVICE))
    return found


def fiscal_year_of(name: str, assigned: str, lease_start: str, today: dt.date) -> int:
    """Fiscal year (from April) of purchase; 0 when nothing says it.

    The name has it (``LG25N01234`` → 2025), else the day on which the lease began or the terminal was first assigned.
    """
    if name[2:4].isdecimal():
        year = 2000 + int(name[2:4])
        if year <= fiscal_year(today) + 1:
            return year
    for text in (lease_start, assigned):
        try:
            return fiscal_year(dt.date.fromisoformat(text))
        except ValueError:
            continue
    return 0


def fiscal_year(day: dt.date) -> int:
    """The fiscal year that begins on 1 April."""
    return day.year if day.month >= 4 else day.year - 1


def layer_titles(copy: Copy, found: Iterable[Terminal]) -> dict[str, str]:
    """The layers that occur, in the order of ``networks.yml``."""
    present = {terminal.layer for terminal in found}
    return {code: str(layer["name_ja"]) for code, layer in copy.ward.layers.items() if code in present}


def _cross(
    found: Sequence[Terminal], key: Callable[[Terminal], tuple[Cell, ...]], layers: Sequence[str]
) -> list[tuple[tuple[Cell, ...], list[Cell]]]:
    """Counts by key and layer with a sum, sorted by key."""
    counts = Counter((key(terminal), terminal.layer) for terminal in found)
    keys = sorted({key for key, _ in counts})
    return [(one, [*(counts[one, layer] for layer in layers), sum(counts[one, layer] for layer in layers)]) for one in keys]


def by_section(copy: Copy, found: Sequence[Terminal]) -> Report:
    """Terminals, printers, accessories and USB devices of each section."""
    layers = layer_titles(copy, found)
    sections, divisions = _sections(copy)
    printers = Counter(dept for dept, status in copy.sheet("printers").rows("dept_code", "status") if status not in _GONE)
    owner = {terminal.asset_id: terminal.section for terminal in found}
    accessories = Counter(owner.get(parent) for (parent,) in copy.sheet("accessories").rows("parent_asset_id") if parent)
    usb = Counter(dept for dept, status in copy.sheet("usb_devices").rows("dept_code", "status") if status == "active")
    rows = dict(_cross(found, lambda terminal: (terminal.section,), list(layers)))
    service = Counter(terminal.section for terminal in found if terminal.in_service)
    codes = sorted({code for (code,) in rows if isinstance(code, str)} | set(printers) | set(usb))
    empty: list[Cell] = [0] * (len(layers) + 1)
    body = [
        [code, sections.get(code, _UNKNOWN), divisions.get(code, ""), *rows.get((code,), empty)]
        + [counts[code] for counts in (service, printers, accessories, usb)]
        for code in codes
    ]
    header = ["課コード", "課名", "部名", *layers.values(), "端末計", "うち使用中", "プリンタ", "付属品", "USB機器"]
    return Report("by_section", "課別", "端末は返却・消去・廃棄を除く。付属品は端末に付くもの。", header, body)


def _sections(copy: Copy) -> tuple[dict[str, str], dict[str, str]]:
    sheet = copy.sheet("departments")
    divisions = sheet.mapping("code", "division_name")
    return dict(names(copy, sheet)), divisions


def by_model(copy: Copy, found: Sequence[Terminal]) -> Report:
    """Terminals of each model, the most frequent first."""
    layers = layer_titles(copy, found)
    words = labels(copy, copy.sheet("terminals"), "form")
    rows = _cross(found, lambda terminal: (terminal.model, words.get(terminal.form, terminal.form)), list(layers))
    rows.sort(key=lambda row: (-int(row[1][-1]), row[0]))
    return Report("by_model", "機種別", "", ["機種", "形状", *layers.values(), "計"], [[*key, *counts] for key, counts in rows])


def by_age(copy: Copy, found: Sequence[Terminal]) -> Report:
    """Terminals by fiscal year of purchase; five years and more are marked."""
    layers = layer_titles(copy, found)
    now = fiscal_year(copy.ward.today)
    rows = _cross(found, lambda terminal: (terminal.year,), list(layers))
    body: list[list[Cell]] = []
    for (year,), counts in rows:
        age = now - int(year)
        body.append([f"{year}年度", age, *counts] if year else [_UNKNOWN, "", *counts])
    old = frozenset(row for row, cells in enumerate(body) if isinstance(cells[1], int) and cells[1] >= 5)
    note = "購入年度はコンピュータ名から。読み取れないときはリース開始日、配備日から。5年以上を強調。"
    return Report("by_age", "経過年数別", note, ["購入年度", "経過年数", *layers.values(), "計"], body, old)


def by_ring(copy: Copy, found: Sequence[Terminal]) -> Report:
    """Terminals in service by update ring, beside the sizes that ``rings.yml`` wants."""
    policy = copy.ward.policy("rings")["rings"]
    words = {ring["code"]: ring for ring in policy}
    counts = Counter((terminal.ring, terminal.layer) for terminal in found if terminal.in_service)
    titles = layer_titles(copy, found)
    body: list[list[Cell]] = []
    warn = set()
    for ring in sorted({*words, *(ring for ring, _ in counts)}):
        for layer, title in titles.items():
            low, high = (words.get(ring, {}).get(name, {}).get(layer, "") for name in ("size_min", "size_max"))
            count = counts[ring, layer]
            if not count and low == "":
                continue
            if not ring or (low != "" and count < low) or (high != "" and count > high):
                warn.add(len(body))
            body.append([ring or _UNKNOWN, str(words.get(ring, {}).get("name_ja", "")), title, count, low, high])
    header = ["リング", "名称", "系統", "使用中の端末", "下限", "上限"]
    return Report("by_ring", "適用リング別", "下限・上限は rings.yml。範囲の外を強調。", header, body, frozenset(warn))


def by_os(copy: Copy, found: Sequence[Terminal]) -> Report:
    """Terminals in service by Windows version and build, the newest first."""
    layers = layer_titles(copy, found)
    rows = _cross([one for one in found if one.in_service], lambda terminal: (terminal.os or _UNKNOWN,), list(layers))
    body = [[*key, *counts] for key, counts in sorted(rows, key=lambda row: _version(str(row[0][0])), reverse=True)]
    return Report("os_builds", "OSビルド別", "使用中の端末。", ["OSバージョン・ビルド", *layers.values(), "計"], body)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.replace("H", ".").replace(".", " ").split() if part.isdecimal())


def subnets(copy: Copy) -> Report:
    """Every subnet in which equipment gets addresses, the fullest first; nearly full ones are marked."""
    sheet = copy.sheet("subnets")
    words = {name: labels(copy, sheet, name) for name in ("layer", "site", "zone")}
    cells = list(sheet.rows("cidr", "layer", "site", "zone", "floor", "vlan"))
    uses = sorted((use for use in use_of_subnets(copy) if use.capacity), key=lambda use: (-use.percent, use.row))
    body: list[list[Cell]] = []
    for use in uses:
        cidr, layer, site, zone, floor, vlan = cells[use.row]
        where = [words[name].get(value, value) for name, value in (("layer", layer), ("site", site), ("zone", zone))]
        body.append([cidr, *where, floor, vlan, use.used, use.capacity, use.free, use.percent])
    header = ["サブネット", "系統", "拠点", "ゾーン", "階", "VLAN", "使用", "割当可能", "空き", "使用率(%)"]
    warn = frozenset(row for row, use in enumerate(uses) if use.nearly_full)
    return Report(
        "subnets", "サブネットの使用状況", "割当可能数はゾーンとホスト範囲（networks.yml）から。80%以上を強調。", header, body, warn
    )


def zones(copy: Copy) -> Report:
    """Use of addresses by layer and zone."""
    sheet = copy.sheet("subnets")
    words = {name: labels(copy, sheet, name) for name in ("layer", "zone")}
    cells = list(zip(sheet.column("layer"), sheet.column("zone"), strict=True))
    total: dict[tuple[str, str], list[int]] = {}
    for use in use_of_subnets(copy):
        if use.capacity:
            sums = total.setdefault(cells[use.row], [0, 0, 0, 0, 0])
            for position, number in enumerate((1, use.used, use.capacity, use.free, int(use.nearly_full))):
                sums[position] += number
    body: list[list[Cell]] = [[words["layer"].get(key[0], key[0]), words["zone"].get(key[1], key[1]), *sums] for key, sums in total.items()]
    header = ["系統", "ゾーン", "サブネット数", "使用", "割当可能", "空き", "80%以上"]
    return Report("zones", "ゾーン別のアドレス使用状況", "", header, body, frozenset(row for row, one in enumerate(body) if one[-1]))
