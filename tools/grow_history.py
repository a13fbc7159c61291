"""Grows five years of Git history on the sample ward's ledgers: always the same commits.

usage: python tools/grow_history.py FOLDER [--commits 20000]

Steps in the life of terminals, deliveries that come by merge request, replacements, moves, updates, stock, loans, ports … change one to
three ledgers a commit, as the commands of ``wardops`` do. Written with ``git fast-import``: the versions of one ledger follow each other
in the pack, as in a repository that Git has packed. For benchmarks and tests; the product never imports it.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import random
import subprocess
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE = REPOSITORY / "inventories" / "sample"
WARD = "inventories/sample"
FIRST_DAY = dt.datetime(2021, 11, 22, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=9)))
YEARS = 5
#: ledgers that begin empty: what the sample has in them happened in these five years
_EMPTY = ("asset_events", "follow_ups")
_NEXT = {
    "stock": ("begin_setup", "setup"),
    "setup": ("deploy", "active"),
    "repair": ("return_repair", "active"),
    "return_pending": ("return", "returned"),
    "returned": ("wipe", "wiped"),
    "wiped": ("dispose", "disposed"),
}
Key = tuple[str | int, ...]
Cells = list[str]


@dataclass(slots=True)
class Edit:
    """One row of a file (``lgwan/terminals``): its new line, or ``None`` when it goes."""

    file: str
    key: Key
    line: bytes | None


@dataclass(slots=True)
class Commit:
    """``merges``: the commit number that a merge takes in; ``aside``: made on a branch that a later commit merges."""

    when: int
    message: str
    edits: list[Edit]
    aside: bool = False
    merges: int = -1


@dataclass(slots=True)
class File:
    """A ledger's rows while the history is told.

    :param columns: positions of the key columns, and whether they are numbers.
    """

    name: str
    header: list[str]
    columns: list[tuple[int, bool]]
    rows: dict[Key, Cells] = field(default_factory=dict)

    def key(self, cells: Cells) -> Key:
        return tuple(int(cells[position]) if numeric else cells[position] for position, numeric in self.columns)


class Story:
    """Makes the commits, one after the other, from a seeded random number generator."""

    def __init__(self, commits: int, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - the same history every time is the purpose
        self.count = commits
        self.files: dict[str, File] = {}
        for path in sorted((SAMPLE / "ledgers").rglob("*.csv")):
            with path.open(encoding="utf-8", newline="") as stream:
                header, *rows = list(csv.reader(stream))
            schema = json.loads((REPOSITORY / "schemas" / "ledgers" / f"{path.stem}.schema.json").read_bytes())
            columns = [(header.index(name), schema["properties"][name]["type"] == "integer") for name in schema["x-key"]]
            file = File(str(path.relative_to(SAMPLE / "ledgers").with_suffix("")), header, columns)
            if file.name not in _EMPTY:
                file.rows = {file.key(row): row for row in rows}
            self.files[file.name] = file
        self.first = {name: dict(file.rows) for name, file in self.files.items()}
        self.fleet = {name: sorted(str(key[0]) for key in self.files[name].rows) for name in ("lgwan/terminals", "mn/terminals")}
        self.moving: list[tuple[str, str]] = []
        self.numbers: dict[str, int] = {}
        self.commits: list[Commit] = []
        self.now = FIRST_DAY
        self.requests = 0
        self.next_asset = 20001
        self.places = sorted({tuple(row[5:8]) for row in self.files["lgwan/terminals"].rows.values()})

    def tell(self) -> list[Commit]:
        kinds = [self.life, self.move, self.deliver, self.replace, self.update, self.port, self.stock, self.card, self.medium]
        weights = [38, 14, 3, 6, 5, 10, 12, 7, 5]
        while len(self.commits) < self.count:
            self.now += dt.timedelta(seconds=self.random.randrange(60, 2 * YEARS * 365 * 86400 // self.count - 60))
            self.random.choices(kinds, weights)[0]()
        return self.commits[: self.count] if not self.commits[self.count - 1].aside else self.commits

    def put(self, edits: list[Edit], file: str, cells: Cells) -> None:
        target = self.files[file]
        target.rows[target.key(cells)] = cells
        edits.append(Edit(file, target.key(cells), ",".join(cells).encode() + b"\n"))

    def save(self, subject: str, ticket: str, operation: str, edits: list[Edit], *, aside: bool = False, merges: int = -1) -> None:
        by_hand = self.random.random() < 0.1
        trailers = "" if by_hand else f"\nTicket: {ticket}\nRole: helpdesk\nOperation: {operation}\n"
        self.commits.append(Commit(int(self.now.timestamp()), f"{subject}\n{trailers}", edits, aside, merges))

    def ticket(self, kind: str = "CHG") -> str:
        return f"{kind}-{self.now.year}-{self.random.randrange(1, 99999):05d}"

    def step(
        self, edits: list[Edit], file: str, asset: str, transition: str, *, ticket: str, cells: dict[str, str], partner: str = ""
    ) -> None:
        """Change a terminal's cells and write the event."""
        header = self.files[file].header
        row = list(self.files[file].rows[asset,])
        before = row[header.index("status")]
        for name, value in cells.items():
            row[header.index(name)] = value
        self.put(edits, file, row)
        self.event(edits, transition, before, row, ticket=ticket, partner=partner)

    def event(self, edits: list[Edit], transition: str, before: str, row: Cells, *, ticket: str, partner: str = "") -> None:
        asset = row[0]
        self.numbers[asset] = number = self.numbers.get(asset, 0) + 1
        proof = f"WIPE-{asset}" if transition in ("wipe", "dispose") else ""
        date = self.now.date().isoformat()
        cells = [asset, str(number), date, transition, before, row[9], row[5], row[6], row[7], partner, proof, ticket, "helpdesk"]
        self.put(edits, "asset_events", cells)
        if transition in ("deploy", "withdraw", "send_repair"):
            action = "add" if transition == "deploy" else "remove"
            self.put(edits, "follow_ups", [asset, str(number), "radius", action, "done", date, date, "ledger", ticket, "helpdesk"])

    def life(self) -> None:
        """The next step of something that is in motion, or something that begins to move."""
        if self.moving and self.random.random() < 0.75:
            file, asset = self.moving.pop(self.random.randrange(len(self.moving)))
        else:
            file = self.random.choices(list(self.fleet), [4, 1])[0]
            asset = self.random.choice(self.fleet[file])
        status = self.files[file].rows[asset,][9]
        if status in ("lent", "disposed"):
            return
        way = ("send_repair", "repair") if self.random.random() < 0.6 else ("withdraw", "return_pending")
        transition, after = _NEXT.get(status, way)
        edits: list[Edit] = []
        ticket = self.ticket()
        self.step(edits, file, asset, transition, ticket=ticket, cells={"status": after, "ticket": "" if after == "active" else ticket})
        if after not in ("active", "disposed"):
            self.moving.append((file, asset))
        self.save(f"端末 {asset}: {transition}", ticket, "life", edits)

    def move(self) -> None:
        file = self.random.choices(list(self.fleet), [4, 1])[0]
        asset = self.random.choice(self.fleet[file])
        if self.files[file].rows[asset,][9] != "active":
            return
        section, site, floor = self.random.choice(self.places)
        edits: list[Edit] = []
        ticket = self.ticket("REQ")
        address = f"10.16.{floor}.{self.random.randrange(20, 250)}"
        self.step(edits, file, asset, "move", ticket=ticket, cells={"dept_code": section, "site": site, "floor": floor, "ip": address})
        self.save(f"端末 {asset} の移動", ticket, "move", edits)

    def deliver(self) -> None:
        """A delivery of three comes by merge request, while main goes on."""
        ticket = self.ticket()
        edits: list[Edit] = []
        for _ in range(3):
            asset = self._new_terminal(edits, ticket)
            self.moving.append(("lgwan/terminals", asset))
        self.save(f"納品 3 台の取込み ({ticket})", ticket, "intake", edits, aside=True)
        side = len(self.commits) - 1
        self.now += dt.timedelta(minutes=5)
        self.stock()
        self.now += dt.timedelta(minutes=5)
        self.requests += 1
        message = f"Merge branch 'delivery-{self.requests}' into 'main'\n\n納品 3 台\n\nSee merge request ward/operations!{self.requests}\n"
        self.commits.append(Commit(int(self.now.timestamp()), message, edits, merges=side))

    def _new_terminal(self, edits: list[Edit], ticket: str) -> str:
        asset = f"A{self.next_asset:07d}"
        section, site, floor = self.random.choice(self.places)
        cells = [
            asset,
            f"LG{self.now:%y}N{self.next_asset:05d}",
            f"NEW{self.next_asset:08d}",
            "合成ノート N14-26",
            "note",
            section,
            site,
            floor,
        ]
        cells += ["office", "stock", "", "", "", "", "", f"0a4b54{self.next_asset:06x}", "", "", "", "", "", ticket]
        self.next_asset += 1
        self.put(edits, "lgwan/terminals", cells)
        self.event(edits, "receive", "", cells, ticket=ticket)
        self.fleet["lgwan/terminals"].append(asset)
        return asset

    def replace(self) -> None:
        """An old terminal goes, one out of stock takes its place, in one commit."""
        file = "lgwan/terminals"
        rows = self.files[file].rows
        new = next((asset for where, asset in self.moving if where == file and rows[asset,][9] == "setup"), "")
        old = self.random.choice(self.fleet[file])
        if not new or rows[old,][9] != "active":
            return
        self.moving.remove((file, new))
        place = dict(zip(("dept_code", "site", "floor"), rows[old,][5:8], strict=True))
        edits: list[Edit] = []
        ticket = self.ticket()
        self.step(edits, file, old, "withdraw", ticket=ticket, cells={"status": "return_pending", "ticket": ticket}, partner=new)
        self.step(edits, file, new, "deploy", ticket=ticket, cells={**place, "status": "active", "ticket": ""}, partner=old)
        self.moving.append((file, old))
        self.save(f"端末 {old} を {new} に取替え", ticket, "life", edits)

    def update(self) -> None:
        """Twenty terminals report a new build."""
        file = self.files["lgwan/terminals"]
        build = f"26100.{self.random.randrange(2000, 9999)}"
        edits: list[Edit] = []
        for asset in self.random.sample(self.fleet["lgwan/terminals"], 20):
            row = list(file.rows[asset,])
            row[12] = build
            self.put(edits, "lgwan/terminals", row)
        self.save(f"OSビルド {build} の反映", "", "facts", edits)

    def _cell(self, name: str, column: str, value: str, subject: str, operation: str) -> None:
        file = self.files[name]
        row = list(self.random.choice(list(file.rows.values())))
        row[file.header.index(column)] = value
        edits: list[Edit] = []
        self.put(edits, name, row)
        self.save(f"{subject} {row[0]}", self.ticket("REQ"), operation, edits)

    def port(self) -> None:
        self._cell("switch_ports", "vlan", str(self.random.choice((101, 102, 103, 104, 105))), "ポートの VLAN", "ports")

    def stock(self) -> None:
        self._cell("stock", "quantity", str(self.random.randrange(0, 60)), "在庫の入出庫", "stock")

    def card(self) -> None:
        self._cell("print_cards", "status", self.random.choice(("issued", "lost", "returned")), "印刷カード", "cards")

    def medium(self) -> None:
        self._cell("media", "checked_date", self.now.date().isoformat(), "媒体の点検", "media")


def _states(story: Story, file: str) -> Iterator[tuple[int, bytes]]:
    """Content of one file at each commit that changes it. A commit made aside is undone again until its merge."""
    header = ",".join(story.files[file].header).encode() + b"\n"
    rows = story.first[file]
    keys = sorted(rows)
    lines = [_line(rows[key]) for key in keys]

    def apply(edits: list[Edit]) -> list[Edit]:
        undo = []
        for edit in edits:
            at = bisect_left(keys, edit.key)
            there = at < len(keys) and keys[at] == edit.key
            undo.append(Edit(file, edit.key, lines[at] if there else None))
            if there:
                del keys[at], lines[at]
            if edit.line is not None:
                keys.insert(at, edit.key)
                lines.insert(at, edit.line)
        return undo[::-1]

    yield -1, header + b"".join(lines)
    for number, commit in enumerate(story.commits):
        edits = [edit for edit in commit.edits if edit.file == file]
        if edits:
            undo = apply(edits)
            yield number, header + b"".join(lines)
            if commit.aside:
                apply(undo)


def _line(cells: Cells) -> bytes:
    return (",".join(f'"{cell}"' if "," in cell else cell for cell in cells)).encode() + b"\n"


def _stream(story: Story) -> Iterator[bytes]:
    """All versions of one ledger after the other, then the commits."""
    blobs: dict[int, list[tuple[str, int]]] = {}
    mark = 0
    for file in story.files:
        for number, content in _states(story, file):
            mark += 1
            blobs.setdefault(number, []).append((f"ledgers/{file}.csv", mark))
            yield b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(content), content)
    for path in sorted((SAMPLE / "policies").glob("*.yml")):
        mark += 1
        blobs[-1].append((f"policies/{path.name}", mark))
        content = path.read_bytes()
        yield b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(content), content)
    yield from _commits(story, blobs, mark)


def _commits(story: Story, blobs: dict[int, list[tuple[str, int]]], mark: int) -> Iterator[bytes]:
    marks: dict[int, int] = {}
    head = 0
    first = Commit(int(FIRST_DAY.timestamp()), "台帳の登録\n", [])
    for number, commit in enumerate([first, *story.commits], -1):
        mark += 1
        marks[number] = mark
        who = (b"helpdesk-%d <helpdesk-%d@ward.example>" % ((number % 5 + 1,) * 2)) + b" %d +0900" % commit.when
        message = commit.message.encode()
        branch = b"aside" if commit.aside else b"main"
        lines = [b"reset refs/heads/aside\n" if commit.aside else b"", b"commit refs/heads/%s\nmark :%d\n" % (branch, mark)]
        lines.append(b"author %s\ncommitter %s\ndata %d\n%s" % (who, who, len(message), message))
        if head:
            lines.append(b"from :%d\n" % head)
        if commit.merges >= 0:
            lines.append(b"merge :%d\n" % marks[commit.merges])
        lines += [b"M 100644 :%d %s/%s\n" % (blob, WARD.encode(), path.encode()) for path, blob in blobs.get(number, [])]
        yield b"".join(lines) + b"\n"
        if not commit.aside:
            head = mark


def grow(folder: Path, commits: int = 20000, seed: int = 7) -> Story:
    """Make the repository ``folder`` (it must not exist); what happened in it."""
    story = Story(commits, seed)
    story.tell()
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], check=True)
    command = ["git", "-C", str(folder), "fast-import", "--quiet", "--depth=50"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        if process.stdin is None:
            raise RuntimeError("no pipe")
        for part in _stream(story):
            process.stdin.write(part)
        process.stdin.close()
        if process.wait():
            raise RuntimeError("git fast-import failed")
    for words in (["update-ref", "-d", "refs/heads/aside"], ["reset", "--quiet", "--hard", "main"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return story


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--commits", type=int, default=20000)
    args = parser.parse_args()
    story = grow(args.folder, args.commits)
    print(f"{args.folder}: {len(story.commits) + 1:,} commits")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
