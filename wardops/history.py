"""``wardops history``: what happened to an asset, an address, a MAC, a name or a section, out of Git and the evidence records."""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser(
        "history", help="資産・アドレス・課などの履歴 / history of an asset, address, section …"
    )
    parser.add_argument("subject", nargs="*", help="管理番号、IP、MAC、コンピュータ名、製造番号、課コード・課名 … / what to look for")
    parser.add_argument("--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="データのフォルダ / the ward's folder")
    parser.add_argument("--since", type=_day, default="", metavar="YYYY-MM-DD", help="この日から / from this day on")
    parser.add_argument("--until", type=_day, default="", metavar="YYYY-MM-DD", help="この日まで / up to this day")
    parser.add_argument("--format", choices=("text", "json", "csv"), default="text")
    parser.add_argument("--out", type=Path, metavar="FILE", help="ファイルに書く（.html はページ、.csv、.json）/ write a page, CSV or JSON")
    parser.add_argument("--evidence", type=Path, metavar="FOLDER", help="証跡のフォルダ / folder of the evidence records")
    parser.add_argument("--audit", action="store_true", help="納品から廃棄までを説明し、欠落を示す / explain from delivery to disposal")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="監査用に N 台を無作為に抽出して説明する / explain N assets drawn at random"
    )
    parser.add_argument("--status", default="", help="抽出を現在この状態のものに限る（例 disposed）/ draw only assets in this state")
    parser.add_argument("--seed", default="", help="抽出の種（同じ種なら同じ抽出）/ seed of the draw (default: the ward's date)")


def _day(text: str) -> str:
    """``ValueError`` makes argparse refuse it."""
    return dt.date.fromisoformat(text).isoformat() if text else ""


def run(args: argparse.Namespace) -> int:
    """0 when everything was told; with several assets or ``--sample`` 1 when one of them has a gap."""
    gc.disable()  # one pass over data that stays until the end
    from ansible_collections.ward.ops.plugins.module_utils.common.evidence import default_folder  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY as HOME  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.history.timeline import History  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.history.view import View  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas  # noqa: PLC0415

    if not args.subject and args.sample is None:
        print("番号か --sample を指定してください / give a number, or --sample", file=sys.stderr)
        return 2
    ward, schemas = Ward(args.ward), load_schemas(HOME / "schemas")
    history = History(ward, schemas, args.evidence or default_folder())
    view = View(ward, schemas)
    if args.sample is not None or args.audit or len(args.subject) > 1:
        return _audit(args, history, view)
    data = view.timeline(history.tell(args.subject[0], args.since, args.until))
    _show(args, data)
    return 0


def _show(args: argparse.Namespace, data: dict[str, Any]) -> None:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.history import view  # noqa: PLC0415 - start-up speed

    kind = _kind(args)
    if kind == "html":
        _put(args.out, _page("history.html", {"data": data}))
    elif kind == "csv":
        _put(args.out, view.table(data))
    elif kind == "json":
        _put(args.out, _json(data))
    else:
        colour = not args.out and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        _put(args.out, view.text(data, colour=colour).encode("utf-8", "replace"))


def _audit(args: argparse.Namespace, history: Any, view: Any) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.history import audit  # noqa: PLC0415 - start-up speed

    seed = args.seed or history.ward.today.isoformat()
    ids = list(args.subject)
    if args.sample is not None:
        ids += audit.draw(history, args.sample, seed, status=args.status, since=args.since, until=args.until)
    data = audit.plain([audit.explain(history, view, asset) for asset in dict.fromkeys(ids)], seed)
    kind = _kind(args)
    if kind == "html":
        _put(args.out, _page("audit.html", {"data": data}))
    elif kind == "csv":
        _put(args.out, audit.table(data))
    else:
        _put(args.out, _json(data) if kind == "json" else audit.text(data).encode("utf-8", "replace"))
    if args.out:
        print(f"{data['count']} 台、欠落のあるもの {data['with_gaps']} 台 / {data['count']} assets, {data['with_gaps']} with gaps")
    return 1 if data["with_gaps"] else 0


def _kind(args: argparse.Namespace) -> str:
    """What to write: after the file's ending, else ``--format``."""
    ending = args.out.suffix.removeprefix(".").lower() if args.out else ""
    return {"htm": "html", "html": "html", "csv": "csv", "json": "json"}.get(ending, str(args.format))


def _json(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _page(template: str, data: dict[str, Any]) -> bytes:
    from ansible_collections.ward.ops.plugins.module_utils.common.report import render  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.history import view  # noqa: PLC0415

    return render(template, data, Path(view.__file__).with_name("templates")).encode("utf-8", "replace")


def _put(out: Path | None, content: bytes) -> None:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415 - start-up speed

    if out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out, content)
    print(f"書込み / written: {out}")
