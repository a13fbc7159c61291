"""Makes ``docs/reference/errors.md`` from the catalogue of error codes, with a real message of each negative case.

usage: python tools/generate_error_docs.py [--check]     --check: exit code 1 when the page is not current
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "errors.md"
CASES = ROOT / "tests" / "negative"
sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.ward.ops.plugins.module_utils.common.catalogue import CATALOGUE  # noqa: E402 - needs the path above

RANGES = {
    "E01": ("ファイル、文字、表、上限", "Files, text, tables, guards"),
    "E02": ("台帳とポリシーの定義（スキーマ）", "Schemas of ledgers and policies"),
    "E03": ("台帳をまたぐ規則", "Rules across ledgers"),
    "E04": ("系統（三層分離）とインベントリ", "Layers and inventory"),
    "E05": ("RADIUS と MAC アドレス", "RADIUS and MAC addresses"),
    "E06": ("証跡", "Evidence"),
    "E07": ("取込（他者のファイル）", "Import of other people's files"),
    "E08": ("台帳の変更、Excel との往復、併合、採番", "Changes of ledgers, exchange with Excel, merging, allocation"),
    "E09": ("機器の一生、移動、後続作業", "The life of a thing, moves, what must follow"),
    "E10": ("貸出、在庫、ライセンス、リース、媒体、帳票", "Loans, stock, licences, leases, media, papers"),
    "E11": ("履歴", "History"),
    "E12": ("報告とページ", "Reports and pages"),
    "E13": ("収納結果：規則、振り分け、受領書", "Payment results: rules, split, receipt"),
    "E14": ("収納結果：取得と配信", "Payment results: fetching and delivery"),
    "E15": ("SKYSEA Client View 登録", "SKYSEA Client View registration"),
    "E16": ("ネットワーク機器：機種、取得、秘匿、保管", "Network devices: platforms, capture, masking, store"),
    "E17": ("ネットワーク機器：交換、準拠、疎通、報告", "Network devices: replacement, compliance, reachability, reports"),
    "E18": ("カレンダー、祝日、日程", "Calendar, holidays, schedules"),
    "E19": ("パッチの段階適用、WSUS", "Patch staging, WSUS"),
    "E21": ("グループ ポリシー", "Group Policy"),
}
HEAD = """\
# エラーコード / Error codes

<!-- made by tools/generate_error_docs.py from plugins/module_utils/common/catalogue; do not edit -->

`python -m wardops errors E0303` が同じ説明を端末に表示します。コードは再利用されません。
The same texts on a terminal: `python -m wardops errors E0303`. A code is never used twice. `{name}` stands for a value.
"""


def page() -> str:
    if homeless := {code for code in CATALOGUE if code[:3] not in RANGES}:
        raise SystemExit(f"no heading in RANGES for {sorted(homeless)}")
    parts = [HEAD]
    for prefix, (ja, en) in RANGES.items():
        codes = [code for code in sorted(CATALOGUE) if code.startswith(prefix)]
        if not codes:
            continue
        parts.append(f"\n## {prefix}xx {ja} / {en}\n\n| code | name | ja | en |\n|---|---|---|---|\n")
        for code in codes:
            entry = CATALOGUE[code]
            parts.append(f"| [{code}](#{code.lower()}) | {entry.name} | {_cell(entry.ja)} | {_cell(entry.en)} |\n")
        parts += [_section(code) for code in codes]
    return "".join(parts)


def _section(code: str) -> str:
    entry = CATALOGUE[code]
    text = f"\n### {code}\n\n`{entry.name}`: {_words(entry.ja)}\n\n- 対処: {_words(entry.remedy_ja)}\n"
    text += f"- {_words(entry.en)}: {_words(entry.remedy_en)}\n"
    examples = [
        block
        for case in sorted(CASES.glob(f"{code}-*/expected.txt"))
        for block in _blocks(case)
        if f" {code} " in f" {block.splitlines()[0]}"
    ]
    if examples:
        text += f"\n```text\n{examples[0]}```\n"
    return text


def _blocks(expected: Path) -> list[str]:
    """The messages of a case: a line that is not indented begins one."""
    blocks: list[str] = []
    for line in expected.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.startswith(" ") and blocks:
            blocks[-1] += line
        else:
            blocks.append(line)
    return blocks


def _words(text: str) -> str:
    """Plain words for Markdown: nothing in a message is markup."""
    for char in "\\`*_<>[]":
        text = text.replace(char, f"\\{char}")
    return text


def _cell(text: str) -> str:
    return _words(text).replace("|", "\\|")


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
