"""A simulated SKYSEA console (sim): imports files as strictly as the profile says, holds state, exports again.

It is no Sky product and was never compared with one; it knows only what ``policies/skysea.yml`` says, reads that by itself and shares
no code with the product, so that both can disagree. A file with one wrong row is refused as a whole, as consoles do.

usage: python -m lab.skysea_sim --policy policies/skysea.yml --part usb_devices --state state.json import FILE...
       python -m lab.skysea_sim --policy policies/skysea.yml --part usb_devices --state state.json export FILE
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import json
import re
import sys
from pathlib import Path
from typing import Any, Literal

import yaml

_CODECS = {"cp932": ("cp932", b""), "utf-8-sig": ("utf-8", b"\xef\xbb\xbf"), "utf-16-le": ("utf-16-le", b"\xff\xfe")}
_HEX = re.compile(r"[0-9A-F]{4}")


class Refused(Exception):
    """The console's message: file, line, what is wrong."""


def parse(layout: dict[str, Any], data: bytes, name: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a file by title; :class:`Refused` at the first thing that is not as the profile says."""
    codec, bom = _CODECS[layout["encoding"]]
    if not data.startswith(bom):
        raise Refused(f"{name}: 文字コードが違います")
    try:
        text = data[len(bom) :].decode(codec)
    except UnicodeDecodeError:
        raise Refused(f"{name}: 文字コードが違います") from None
    if not text.endswith("\r\n"):
        raise Refused(f"{name}: 最終行に改行がありません")
    delimiter = {"comma": ",", "tab": "\t"}[layout["delimiter"]]
    if layout["quote"] == "all":
        for number, line in enumerate(text[:-2].split("\r\n"), 1):
            if not (line.startswith('"') and line.endswith('"')):
                raise Refused(f"{name}:{number}: 引用符で囲まれていません")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    titles = [column["title"] for column in layout["columns"]]
    if layout["header"] and (not rows or rows.pop(0) != titles):
        raise Refused(f"{name}: 見出しが違います")
    if len(rows) > layout.get("max_rows", len(rows)):
        raise Refused(f"{name}: {len(rows)} 行は一度に取り込めません（上限 {layout['max_rows']}）")
    first = 2 if layout["header"] else 1
    for number, cells in enumerate(rows, first):
        if len(cells) != len(titles):
            raise Refused(f"{name}:{number}: 列の数が違います")
    return [(number, dict(zip(titles, cells, strict=True))) for number, cells in enumerate(rows, first)]


def take(part: dict[str, Any], state: dict[str, dict[str, str]], files: list[Path]) -> dict[str, dict[str, str]]:
    """The state after importing the files."""
    layout = part["import"]
    by_field = {column["field"]: column["title"] for column in layout["columns"] if "field" in column}
    flag = next(column["title"] for column in layout["columns"] if column.get("flag"))
    kinds = {word: kind for kind, word in layout["flags"].items()}
    new = dict(state)
    for path in files:
        for number, row in parse(layout, path.read_bytes(), path.name):
            where = f"{path.name}:{number}"
            key = " ".join(row[by_field[name]] for name in part["key"])
            kind = kinds.get(row[flag])
            if kind is None or not key.strip():
                raise Refused(f"{where}: 処理区分かキーが不正です")
            if (kind == "new") == (key in new):
                raise Refused(f"{where}: {key} は{'登録済み' if key in new else '未登録'}です")
            if kind == "delete":
                del new[key]
                continue
            _judge(layout, row, where)
            new[key] = {field: row[title] for field, title in by_field.items()}
    identities = [(row["vid"], row["pid"], row["serial"].upper()) for row in new.values() if row.get("vid")]
    if len(set(identities)) != len(identities):
        raise Refused("同じ VID・PID・シリアルの機器が 2 つになります")
    return new


def _judge(layout: dict[str, Any], row: dict[str, str], where: str) -> None:
    for column in layout["columns"]:
        cell = row[column["title"]]
        if "width" in column and len(cell.encode("cp932", "replace")) > column["width"]:
            raise Refused(f"{where}: 「{column['title']}」が長すぎます")
        if cell and "values" in column and cell not in column["values"].values():
            raise Refused(f"{where}: 「{column['title']}」の値が不正です")
        if cell and column.get("date"):
            try:
                if dt.datetime.strptime(cell, layout["date"]).strftime(layout["date"]) != cell:
                    raise ValueError(cell)
            except ValueError:
                raise Refused(f"{where}: 「{column['title']}」は日付ではありません") from None
        if column.get("field") in ("vid", "pid") and not _HEX.fullmatch(cell):
            raise Refused(f"{where}: 「{column['title']}」は 16 進 4 桁です")


def give(part: dict[str, Any], state: dict[str, dict[str, str]]) -> bytes:
    """The export of the state."""
    layout = part["export"]
    codec, bom = _CODECS[layout["encoding"]]
    out = io.StringIO(newline="")
    quoting: Literal[0, 1] = csv.QUOTE_ALL if layout["quote"] == "all" else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter={"comma": ",", "tab": "\t"}[layout["delimiter"]], quoting=quoting, lineterminator="\r\n")
    if layout["header"]:
        writer.writerow([column["title"] for column in layout["columns"]])
    dates = {column["field"] for column in part["import"]["columns"] if column.get("date")}
    for key in sorted(state):
        writer.writerow([_shown(part, column, state[key], dates) for column in layout["columns"]])
    return bom + out.getvalue().encode(codec)


def _shown(part: dict[str, Any], column: dict[str, Any], row: dict[str, str], dates: set[str]) -> str:
    cell = row.get(column.get("field", ""), "")
    if cell and column.get("field") in dates:
        return dt.datetime.strptime(cell, part["import"]["date"]).strftime(part["export"]["date"])
    return cell


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab.skysea_sim", description="simulated SKYSEA console (sim)")
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--part", choices=("terminals", "usb_devices"), required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("action", choices=("import", "export"))
    parser.add_argument("files", type=Path, nargs="*")
    args = parser.parse_args()
    part = yaml.safe_load(args.policy.read_text(encoding="utf-8"))[args.part]
    state = json.loads(args.state.read_text(encoding="utf-8")) if args.state.exists() else {}
    if args.action == "export":
        args.files[0].write_bytes(give(part, state))
        print(f"sim: {len(state)} 件を出力しました")
        return 0
    try:
        new = take(part, state, args.files)
    except (Refused, csv.Error) as error:
        print(f"sim: 取り込めません。{error}", file=sys.stderr)
        return 1
    args.state.write_text(json.dumps(new, ensure_ascii=False), encoding="utf-8")
    print(f"sim: {len(args.files)} ファイルを取り込みました（{len(state)} 件 → {len(new)} 件）")
    return 0


if __name__ == "__main__":
    sys.exit(main())
