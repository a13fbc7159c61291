"""Makes ``docs/reference/duties.md``: each duty of the operations specification, and what serves it.

Sources: ``spec/duties.csv`` (the 162 duties), the header comments of ``playbooks/*.yml`` (``# duties: [I-8-(6)]``) and
``spec/served.yml`` (ledgers, policies, modules, commands; what is planned in which issue).

usage: python tools/generate_duties.py [--check]     --check: exit code 1 when the page is not current
"""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path("docs/reference/duties.md")
DUTY = re.compile(r"(?:I|II|III|IV|V|VI)-[0-9]+-\([0-9]+\)")
# what a name in spec/served.yml stands for: a file that must exist, and how the page shows it
KINDS = {
    "ledgers": ("schemas/ledgers/{}.schema.json", "台帳 `{}`"),
    "policies": ("schemas/policies/{}.schema.json", "ポリシー `{}`"),
    "modules": ("library/{}.py", "モジュール `ward.ops.{}`"),
    "commands": ("wardops/{}.py", "`wardops {}`"),
}
CHAPTERS = {
    "I": "ヘルプデスク業務 / help desk",
    "II": "電子計算機処理オペレーション業務 / computer operation",
    "III": "障害対応業務 / incidents",
    "IV": "定期業務 / regular work",
    "V": "帳票印刷代行業務 / printing for sections",
    "VI": "その他作業 / other work",
}


class SourceError(Exception):
    """Something in the sources is wrong; the text says where."""


@dataclass(slots=True)
class Duty:
    """One duty. ``auto``: F can be automated, P in part, N stays manual (``note`` says which part, or why)."""

    id: str
    summary: str
    auto: str
    note: str
    served: list[str] = field(default_factory=list)
    issues: list[int] = field(default_factory=list)
    acts: bool = False  # a playbook or a module does it; a ledger alone only knows about it

    @property
    def state(self) -> str:
        """The word for the page's column 状態."""
        if self.auto == "N":
            return "手作業 / manual"
        if self.served and (self.issues or not self.acts):
            return "一部 / in part"
        if self.served:
            return "対応 / served"
        return "計画 / planned" if self.issues else "未計画 / not planned"

    @property
    def how(self) -> str:
        """What serves it, what is planned, and what stays with people."""
        parts = list(self.served)
        if self.served and self.auto == "P":
            parts.append(f"範囲 / extent: {self.note}")
        if self.issues:
            parts.append("計画 / planned: " + ", ".join(f"issue {number}" for number in self.issues))
        if not parts:
            parts.append(f"人が行う / by hand: {self.note}" if self.auto == "N" else f"できること / could be: {self.note}")
        return "<br>".join(parts)


def read_duties(path: Path) -> dict[str, Duty]:
    """The duties in the specification's order."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["id"]: Duty(row["id"], row["summary_ja"], row["auto"], row["part_or_reason"]) for row in rows}


def duties_of(playbook: Path) -> list[str]:
    """The duties that a playbook's header comment names.

    :raises SourceError: no ``# duties: [...]`` line before the first play, or something in it that is no duty.
    """
    header = playbook.read_text(encoding="utf-8").split("\n- ", 1)[0]
    found = re.search(r"^# duties: \[(.*)\]$", header, re.M)
    if not found:
        raise SourceError(f"{playbook}: the header comment has no line '# duties: [...]'")
    names = [name.strip() for name in found[1].split(",") if name.strip()]
    for name in names:
        if not DUTY.fullmatch(name):
            raise SourceError(f"{playbook}: {name!r} is no duty")
    return names


def lookup(duties: dict[str, Duty], name: str, where: str) -> Duty:
    if name not in duties:
        raise SourceError(f"{where}: {name} is not in spec/duties.csv")
    return duties[name]


def add_served(duties: dict[str, Duty], root: Path, document: dict[str, Any]) -> None:
    """Adds what ``spec/served.yml`` says; every name in it must exist."""
    for name, kinds in document["served"].items():
        duty = lookup(duties, name, "spec/served.yml")
        for kind, names in kinds.items():
            path, shown = KINDS[kind]
            for item in names:
                if not (root / path.format(item)).exists():
                    raise SourceError(f"spec/served.yml: {name}: there is no {path.format(item)}")
                duty.served.append(shown.format(item))
                duty.acts = duty.acts or kind == "modules"
    for issue, names in document["planned"].items():
        for name in names:
            lookup(duties, name, "spec/served.yml").issues.append(issue)


def collect(root: Path) -> dict[str, Duty]:
    """All duties with what serves them.

    :raises SourceError: a duty, ledger, policy, module or command that does not exist, a playbook without duties,
        a manual duty that something claims to do.
    """
    duties = read_duties(root / "spec/duties.csv")
    for playbook in sorted((root / "playbooks").glob("*.yml")):
        for name in duties_of(playbook):
            duty = lookup(duties, name, str(playbook))
            duty.served.append(f"[`{playbook.name}`](../../playbooks/{playbook.name})")
            duty.acts = True
    add_served(duties, root, yaml.safe_load((root / "spec/served.yml").read_text(encoding="utf-8")))
    for duty in duties.values():
        if duty.auto == "N" and duty.acts:
            raise SourceError(f"{duty.id} is manual in spec/duties.csv, but {', '.join(duty.served)} claims it")
    return duties


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def render(duties: dict[str, Duty]) -> str:
    """The page as Markdown."""
    states: dict[str, int] = {}
    for duty in duties.values():
        states[duty.state] = states.get(duty.state, 0) + 1
    lines = [
        "# 業務と、それを担うもの / Duties and what serves them",
        "",
        "<!-- made by tools/generate_duties.py from spec/duties.csv, spec/served.yml and the headers of playbooks/; not edited by hand -->",
        "",
        "運用仕様の全業務について、担うプレイブック・モジュール・台帳、または手作業のままとする理由を示します。",
        "Every duty of the operations specification with the playbook, module or ledger that serves it, or why it stays manual.",
        "",
        "| 状態 / state | 件数 / duties |",
        "|---|---:|",
        *(f"| {state} | {count} |" for state, count in sorted(states.items(), key=lambda item: -item[1])),
        f"| 計 / total | {len(duties)} |",
    ]
    chapter = ""
    for duty in duties.values():
        if (number := duty.id.split("-", 1)[0]) != chapter:
            chapter = number
            lines += ["", f"## {chapter} {CHAPTERS[chapter]}", "", "| 業務 | 内容 | 状態 | 担うもの / served by |", "|---|---|---|---|"]
        lines.append(f"| {duty.id} | {cell(duty.summary)} | {duty.state} | {cell(duty.how)} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    try:
        page = render(collect(ROOT))
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    target = ROOT / PAGE
    if "--check" in arguments:
        if not target.exists() or target.read_text(encoding="utf-8") != page:
            print(f"{PAGE} is not current: run make docs", file=sys.stderr)
            return 1
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
