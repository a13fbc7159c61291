"""What came of it, terminal by terminal: a list that each batch of a run adds to, as a page, CSV for Excel and JSON for programs.

What the module ``ansible.windows.win_updates`` returned decides; nothing is guessed: a terminal whose result is missing was not reached.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ...common.files import lock, read_bytes
from ...common.output import write_files
from ...common.problems import fail
from ...common.report import render, sheet

TEMPLATES = Path(__file__).resolve().parent / "templates"
JSON, CSV, HTML = "results.json", "results.csv", "results.html"
LABELS = {
    "installed": "適用済",
    "nothing": "対象なし",
    "planned": "適用予定",
    "downloaded": "ダウンロード済",
    "restart": "再起動待ち",
    "failed": "失敗",
    "unreachable": "到達不可",
    "waiting": "未実施",
}
#: in which a person has something to do
OPEN = ("failed", "unreachable", "restart", "waiting")
_URGENT = ("failed", "unreachable", "restart", "waiting", "planned", "downloaded", "installed", "nothing")
_ORDER = {state: number for number, state in enumerate(_URGENT)}
#: a message in the list is to be read at a glance
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Row:
    """One terminal. :param kbs: installed, or to be installed. :param failures: ``KB5070001 0x80070643``. :param at: ISO 8601, UTC."""

    host: str
    state: str
    ring: str = ""
    dept: str = ""
    model: str = ""
    found: int = 0
    done: int = 0
    failed: int = 0
    rebooted: bool = False
    kbs: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    message: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the play knows of a terminal. :param result: of ``win_updates``; empty when it never ran. :param trouble: why it did not."""

    host: str
    facts: Mapping[str, str]
    result: Mapping[str, Any]
    trouble: str = ""
    unreachable: bool = False


def _updates(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    updates = result.get("updates")
    return [one for one in updates.values() if isinstance(one, dict)] if isinstance(updates, Mapping) else []


def _name(update: Mapping[str, Any]) -> str:
    numbers = [f"KB{number}" for number in update.get("kb") or ()]
    return " ".join(numbers) or str(update.get("title") or update.get("id"))


def _code(number: int) -> str:
    """An HRESULT as Microsoft's tables have it; -1 is the module's own mark of an update that fails again and again."""
    return "繰り返し失敗" if number == -1 else f"0x{number & 0xFFFFFFFF:08X}"


def _state(outcome: Outcome, *, wanted: str, check: bool) -> str:
    result = outcome.result
    if outcome.unreachable or result.get("unreachable"):
        return "unreachable"
    if outcome.trouble or result.get("failed") or not result:
        return "failed"
    if result.get("reboot_required"):
        return "restart"
    if not _updates(result):
        return "nothing"
    return "planned" if check or wanted == "searched" else "downloaded" if wanted == "downloaded" else "installed"


def row(outcome: Outcome, wanted: str, now: dt.datetime, *, check: bool) -> Row:
    """:param wanted: the state that was asked for: installed, downloaded or searched."""
    result, updates = outcome.result, _updates(outcome.result)
    state = _state(outcome, wanted=wanted, check=check)
    failures = tuple(f"{_name(one)} {_code(int(one['failure_hresult_code']))}" for one in updates if "failure_hresult_code" in one)
    looked = state == "planned" or wanted == "searched"
    names = tuple(sorted(_name(one) for one in updates if looked or one.get("installed" if wanted == "installed" else "downloaded")))
    bad = state in ("failed", "unreachable")
    message = outcome.trouble or (str(result.get("msg") or "") if bad else "")
    return Row(
        outcome.host,
        state,
        str(outcome.facts.get("ring", "")),
        str(outcome.facts.get("dept_code", "")),
        str(outcome.facts.get("model", "")),
        len(updates),
        0 if looked else len(names),
        len(failures),
        bool(result.get("rebooted")) and not check,
        names,
        failures,
        " ".join(message.split())[:_LONGEST],
        now.astimezone(dt.UTC).isoformat(timespec="seconds"),
    )


def read(path: Path) -> dict[str, Row]:
    """Rows by host, of an earlier batch or run; empty when there was none. :raises WardopsError: E1932, E0100-E0102."""
    if not path.exists():
        return {}
    names = {field.name for field in fields(Row)}
    try:
        given = json.loads(read_bytes(path))["terminals"]
        rows = [Row(**{**one, "kbs": tuple(one["kbs"]), "failures": tuple(one["failures"])}) for one in given if set(one) == names]
        if len(rows) != len(given) or any(one.state not in LABELS for one in rows):
            raise ValueError("rows")
    except (ValueError, KeyError, TypeError):
        raise fail("E1932", str(path), reason_ja="この一覧の形ではありません", reason="it is not a list of this form") from None
    return {one.host: one for one in rows}


def merged(before: Mapping[str, Row], done: Iterable[Row], everybody: Iterable[str]) -> list[Row]:
    """The list after a batch: what is new takes the place of what was; who has not had a turn is waiting. Trouble first.

    A terminal that was done, and on which a second run finds nothing, keeps the row that says what was done.
    """
    rows = {host: Row(host, "waiting") for host in everybody} | dict(before)
    for one in done:
        if not (one.state == "nothing" and one.host in before and before[one.host].state == "installed"):
            rows[one.host] = one
    return sorted(rows.values(), key=lambda one: (_ORDER[one.state], one.host))


def files(rows: list[Row], run: str, override: str, made: dt.datetime) -> dict[str, bytes]:
    """Name of each file and its bytes."""
    counts = Counter(one.state for one in rows)
    instant = made.astimezone(dt.UTC).isoformat(timespec="seconds")
    data = {"rows": rows, "counts": counts, "labels": LABELS, "open": OPEN, "run": run, "override": override, "made": instant}
    data["paper"] = "A4 landscape"
    header = ["端末", "状態", "リング", "課", "機種", "対象", "適用", "失敗", "再起動", "KB", "失敗した更新", "内容", "日時（UTC）"]
    cells = [
        [
            one.host,
            LABELS[one.state],
            one.ring,
            one.dept,
            one.model,
            one.found,
            one.done,
            one.failed,
            "済" if one.rebooted else "",
            " ".join(one.kbs),
            " / ".join(one.failures),
            one.message,
            one.at,
        ]
        for one in rows
    ]
    plain = {"run": run, "override": override, "counts": dict(sorted(counts.items())), "terminals": [asdict(one) for one in rows]}
    return {
        JSON: (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode(),
        CSV: sheet(header, cells),
        HTML: render("results.html", data, TEMPLATES).encode(),
    }


def add(folder: Path, done: list[Row], everybody: Iterable[str], run: str, override: str) -> list[Row]:
    """Put a batch into the list of a run; two runs at once do not lose each other's rows.

    :param folder: of the run. :returns: the whole list.
    :raises WardopsError: E1932 (the list that is there), E1202, E0102, E0105 (it cannot be written).
    """
    write_files(folder, {})
    with lock(folder / ".lock"):
        rows = merged(read(folder / JSON), done, everybody)
        write_files(folder, files(rows, run, override, dt.datetime.now(dt.UTC)))
    return rows
