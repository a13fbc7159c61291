"""Makes ``docs/reference/platforms.md`` from the platform files of network devices.

usage: python tools/generate_platform_docs.py [--check]     --check: exit code 1 when the page is not current
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "platforms.md"
sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.ward.ops.plugins.module_utils.network.dialect import dialect  # noqa: E402 - needs the path above
from ansible_collections.ward.ops.plugins.module_utils.network.platform import (  # noqa: E402
    Command,
    Pattern,
    Platform,
    load,
    names,
)

HEAD = """\
# 機種 / Platforms of network devices

`plugins/module_utils/network/platforms/` の定義から作られたページです（直接編集しないでください）。どの機種も公開マニュアルと公開された
表示例から書いたもので、実機では確かめていません。「要実機確認」は、それらからも確かめられなかった点です。FRR だけは実物で試験しています。

Made from the platform files. `reader` is the lean reader over asyncssh.

| 機種 / platform | `os_profile` | 読み取り / driver | 取得 / captured | 終わりの印 / end marker |
|---|---|---|---|---|
"""
DRIVERS = {"reader": "`reader`", "netmiko": "netmiko", "napalm": "NAPALM"}


def page() -> str:
    """The page, for all platforms."""
    platforms = [load(name) for name in names()]
    return HEAD + "".join(_row(one) for one in platforms) + "".join(_section(one) for one in platforms)


def _row(one: Platform) -> str:
    captured = "、".join(_code(command.send) for command in one.commands.values())
    return f"| {one.title} | `{one.name}` | {DRIVERS[one.driver]} | {captured} | {_end(one.commands['running'])} |\n"


def _end(command: Command) -> str:
    marks = [_code(command.end.pattern)] if command.end else []
    if command.balanced:
        marks.append("ブロックの開閉の一致")
    return "、".join(marks) or "なし（プロンプトと行数）"


def _section(one: Platform) -> str:
    lines = [
        f"\n## {one.name}\n",
        f"{one.title}。出典: {one.source}\n",
        f"- プロンプト: {_code(one.prompt.pattern.removesuffix(rb'\s*\Z'))}",
    ]
    if one.enable:
        lines.append(f"- 特権: {_code(one.enable.send)}")
    if one.setup:
        lines.append(f"- 最初に送る: {'、'.join(_code(text) for text in one.setup)}")
    lines += [_command(command) for command in one.commands.values()]
    lines.append(f"- 終わりに送る: {'、'.join(_code(text) for text in one.leave)}")
    lines += [f"- 尋ねられたら: {_code(question.ask.pattern)} に {_code(question.answer)}" for question in one.questions]
    lines += [f"- 変わって当然の行: {_code(line.pattern)} → {_code(instead) if instead else '除く'}" for line, instead in one.volatile]
    lines.append(_loading(one.name))
    if one.side_effects:
        lines.append(f"- 副作用: {one.side_effects}")
    if one.unverified:
        lines.append(f"- 要実機確認: {one.unverified}")
    return "\n".join(lines) + "\n"


ROLLBACK = {
    "timer": "機器のタイマー（保存前に再起動して元の設定に戻る）",
    "confirm": "時間制限つきの commit",
    "checkpoint": "checkpoint と rollback（接続が切れたときは自分では戻らない）",
    "inverse": "逆の行を入力（接続が切れたときは自分では戻らない）",
}


def _loading(name: str) -> str:
    """How a configuration is put back, or why a person does it."""
    ways = dialect(name)
    if ways.loading is not None:
        return f"- 流し込み: プログラム（netmiko `{ways.loading.driver}`）。戻し方: {ROLLBACK[ways.loading.rollback]}"
    if ways.by_hand is None:
        return "- 流し込み: なし"
    steps = "".join(f"\n  {number}. {step}" for number, step in enumerate(ways.by_hand.steps_ja, 1))
    return f"- 流し込み: 人。{ways.by_hand.reason_ja}{steps}"


def _command(command: Command) -> str:
    start = f"、始まりの印 {_code(command.start.pattern)}" if command.start else ""
    none = _absent(command.absent)
    return f"- {command.key}: {_code(command.send)}{start}、終わりの印 {_end(command)}、{command.minimum} 行以上{none}"


def _absent(absent: Pattern | None) -> str:
    return f"、{_code(absent.pattern)} なら「なし」" if absent else ""


def _code(data: bytes) -> str:
    """A span of code that a table cell can hold (a bar in a cell is escaped even within code)."""
    text = data.decode("utf-8", "backslashreplace").replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
