"""Makes ``docs/reference/ledgers.md`` from the schemas: every column of every ledger, every key of every policy.

usage: python tools/generate_ledger_docs.py [--check]     --check: exit code 1 when the page is not current
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "ledgers.md"
sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import LedgerSchema, PolicySchema, Reference, load_schemas  # noqa: E402

HEAD = """\
# 台帳とポリシー / Ledgers and policies

<!-- made by tools/generate_ledger_docs.py from schemas/; do not edit -->

台帳は UTF-8（BOM なし）、改行 LF の CSV です。1 行目は下の表の列名をこの順で並べ、行はキーの順に並べます。空のセルは「値なし」です。
日付は `2026-04-01`、真偽は `true` / `false`、MAC アドレスは 16 進小文字 12 桁で書きます。

A ledger is CSV in UTF-8 without byte order mark and with LF line ends; line 1 has the columns below in this order, rows are sorted
by the key, an empty cell is an absent value. `make check` says what is wrong, where, and what to do ([error codes](errors.md)).
"""


def page() -> str:
    schemas = load_schemas(ROOT / "schemas")
    parts = [HEAD, "\n| 台帳 / ledger | 名称 | 列 / columns | キー / key |\n|---|---|---|---|\n"]
    for schema in schemas.ledgers.values():
        parts.append(
            f"| [{schema.name}](#{schema.name}) | {schema.document['title']} | {len(schema.columns)} | {', '.join(schema.key)} |\n"
        )
    parts.append("\n| ポリシー / policy | 名称 |\n|---|---|\n")
    parts += [f"| [{schema.name}.yml](#{schema.name}yml) | {schema.document['title']} |\n" for schema in schemas.policies.values()]
    parts += [_ledger(schema) for schema in schemas.ledgers.values()]
    parts += [_policy(schema) for schema in schemas.policies.values()]
    return "".join(parts)


def _ledger(schema: LedgerSchema) -> str:
    files = ", ".join(f"`ledgers/{layer}/{schema.name}.csv`" for layer in schema.layers) or f"`ledgers/{schema.name}.csv`"
    lines = [f"\n## {schema.name}\n\n{schema.document['title']}: {_words(schema.document['description'])}\n\n- ファイル / file: {files}\n"]
    lines.append(f"- キー / key: {', '.join(schema.key)}\n")
    if schema.unique:
        lines.append("- 重複不可 / unique: " + "; ".join(", ".join(names) for names in schema.unique) + "\n")
    lines += [f"- {_condition(schema, rule)}\n" for rule in schema.document.get("allOf", ())]
    lines.append("\n| 列 / column | 名称 | 必須 | 形 / form | 参照 / refers to | description |\n|---|---|---|---|---|---|\n")
    targets = _targets(schema)
    for name, part in schema.properties.items():
        required = "○" if name in schema.required else ""
        cells = (
            f"`{name}`",
            part["title"],
            required,
            _form(part, schema.example(name)),
            targets.get(name, ""),
            _words(part["description"]),
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |\n")
    return "".join(lines)


def _targets(schema: LedgerSchema) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for reference in schema.references:
        found.setdefault(reference.column, []).append(_target(reference))
    return {column: "; ".join(texts) for column, texts in found.items()}


def _target(reference: Reference) -> str:
    text = " / ".join(reference.ledgers) if reference.ledgers else f"{reference.policy}.yml"
    text += f" {reference.to}"
    if reference.when:
        text += " (" + ", ".join(f"{name}={' '.join(values)}" for name, values in reference.when.items()) + ")"
    return text + ("、基準日に有効 / in force" if reference.current else "")


def _condition(schema: LedgerSchema, rule: Mapping[str, Any]) -> str:
    """One ``if`` / ``then`` of the schema as a sentence."""
    (name, values), *_ = rule["if"]["properties"].items()
    words = " / ".join(f"{schema.label(name, value)} (`{value}`)" for value in values["enum"])
    then = rule["then"]
    parts = []
    if then.get("required"):
        parts.append("必須 / required: " + ", ".join(f"`{column}`" for column in then["required"]))
    if empty := [column for column, part in then.get("properties", {}).items() if part is False]:
        parts.append("空 / empty: " + ", ".join(f"`{column}`" for column in empty))
    return f"{schema.title(name)} = {words} → {'; '.join(parts)}"


def _policy(schema: PolicySchema) -> str:
    document = schema.document
    lines = [f"\n## {schema.name}.yml\n\n{document['title']}: {_words(document['description'])}\n"]
    lines.append(f"\n- ファイル / file: `policies/{schema.name}.yml`\n")
    lines.append("\n| 項目 / key | 名称 | 必須 | 形 / form | description |\n|---|---|---|---|---|\n")
    for name, part, required in _keys(document, ""):
        cells = (f"`{name}`", part.get("title", ""), "○" if required else "", _form(part, ""), _words(part.get("description", "")))
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |\n")
    return "".join(lines)


def _keys(part: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Every key below a part of a policy's schema, in order: ``rings[].code``, ``layers.<name>.servers``."""
    children = list(part.get("properties", {}).items())
    if isinstance(part.get("additionalProperties"), Mapping):
        children.append(("<name>", part["additionalProperties"]))
    for name, child in children:
        path = f"{prefix}.{name}" if prefix else name
        yield path, child, name in part.get("required", ())
        inner, below = (child["items"], f"{path}[]") if child.get("type") == "array" else (child, path)
        if inner.get("type") == "object":
            yield from _keys(inner, below)


def _form(part: Mapping[str, Any], example: str) -> str:
    kind = part.get("type", "")
    if "enum" in part:
        labels = part.get("x-labels", {})
        return " / ".join(f"`{value}`" + (f" {labels[value]}" if value in labels else "") for value in part["enum"])
    if kind in ("integer", "number"):
        return f"{kind} {part.get('minimum', '')}–{part.get('maximum', '')}"
    if kind == "array":
        inner = part["items"]
        return f"list of {_form(inner, '')}" if inner.get("type") != "object" else "list"
    if kind == "boolean":
        return "`true` / `false`"
    if kind != "string":
        return "mapping" if kind == "object" else " / ".join(kind) if isinstance(kind, list) else kind
    text = {"date": "date `2026-04-01`", "date-time": "time `2026-04-01T00:00:00Z`", "ipv4": "IPv4 `10.16.1.20`"}.get(
        part.get("format", ""), ""
    )
    if not text:
        free = part.get("pattern", "").startswith("^[^\\u0000")
        text = "text" if free or "pattern" not in part else f"`{part['pattern']}`" + (f" (`{example}`)" if example else "")
    if "maxLength" in part:
        text += f" ≤ {part['maxLength']}"
    return text + (" (空白区切りの一覧 / list, separated by spaces)" if "x-list" in part else "")


def _words(text: str) -> str:
    for char in "\\*_<>[]":
        text = text.replace(char, f"\\{char}")
    return text


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
