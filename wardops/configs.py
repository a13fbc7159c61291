"""``wardops configs``: the store of device configs: what it holds, since when, what differs, what was approved; restore and upkeep."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.network.store.history import Change
    from ansible_collections.ward.ops.plugins.module_utils.network.store.retention import Retention
    from ansible_collections.ward.ops.plugins.module_utils.network.store.status import Row
    from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore

REPOSITORY = Path(__file__).resolve().parents[1]
_TOKYO = ZoneInfo("Asia/Tokyo")
KINDS = {
    "added": "追加",
    "removed": "削除",
    "changed": "変更",
    "never_approved": "未承認",
    "gone": "保管庫にない",
    "expired": "期限切れの写し",
    "orphan": "どの版にもない写し",
    "device_gone": "廃止機器",
}


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("configs", help="ネットワーク機器の設定の保管庫 / the store of device configs")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    parts = [*_reading(actions), *_writing(actions)]
    for one in parts:
        given = os.environ.get("WARDOPS_CONFIG_STORE")
        one.add_argument(
            "--store",
            type=Path,
            default=Path(given) if given else None,
            required=not given,
            metavar="FOLDER",
            help="保管庫（省略時は WARDOPS_CONFIG_STORE）/ the store (default: WARDOPS_CONFIG_STORE)",
        )
        one.add_argument("--format", choices=("text", "json"), default="text", help="表示の形 / form of the output")


def _reading(actions: Any) -> list[argparse.ArgumentParser]:
    listing = actions.add_parser("list", help="取得状況の一覧 / last attempt and last success of each device")
    listing.add_argument("--stale", type=int, metavar="DAYS", help="この日数より長く成功していない / no success for longer")
    listing.add_argument("--never", action="store_true", help="一度も成功していない / never succeeded")
    listing.add_argument("--failed", action="store_true", help="最後の試行が失敗 / last attempt failed")
    listing.add_argument("--gone", action="store_true", help="台帳から消えた機器 / no longer in the ledger")
    show = actions.add_parser("show", help="保管された設定（秘密は伏せてある）/ the stored config, masked")
    log = actions.add_parser("log", help="機器の版の一覧 / versions of a device")
    diff = actions.add_parser("diff", help="二つの版の差分（省略時は最後の変更）/ difference of two versions (default: the last change)")
    for one in (show, log, diff):
        one.add_argument("device")
    show.add_argument("--at", default="", metavar="REV", help="実行・コミット・日付・approved / run, commit, day or approved")
    show.add_argument("--command", dest="what", default="running", help="取得項目 / which text (default: running)")
    diff.add_argument("--command", dest="what", default="", help="この項目だけ / this text only")
    diff.add_argument("before", nargs="?", default="", metavar="A", help="版（実行・コミット・日付・approved）/ revision")
    diff.add_argument("after", nargs="?", default="", metavar="B")
    log.add_argument("--limit", type=int, default=0, metavar="N")
    drift = actions.add_parser(
        "drift", help="承認された状態との違い。あれば終了コード 1 / differs from what was approved; exit code 1 if so"
    )
    drift.add_argument("device", nargs="*")
    drift.add_argument("--diff", action="store_true", help="差分も表示 / show the differences")
    verify = actions.add_parser("verify", help="保管庫の検査 / prove that the store is whole")
    verify.add_argument("--all", action="store_true", help="保存期間内の過去の版も / older versions within retention too")
    verify.add_argument(
        "--identity-file", type=Path, metavar="FILE", help="写しを開く秘密鍵（WARDOPS_CONFIG_IDENTITY でも可）/ age identity"
    )
    _retention(verify)
    return [listing, show, log, diff, drift, verify]


def _writing(actions: Any) -> list[argparse.ArgumentParser]:
    restore = actions.add_parser("restore", help="完全な設定を取り出す（秘密を含む）/ the full config, with its secrets")
    restore.add_argument("device")
    restore.add_argument(
        "--identity-file", type=Path, metavar="FILE", help="写しを開く秘密鍵（WARDOPS_CONFIG_IDENTITY でも可）/ age identity"
    )
    restore.add_argument(
        "--out", required=True, metavar="FILE", help="書き出すファイル（所有者だけが読める）。- は標準出力 / file, or - for a pipe"
    )
    restore.add_argument("--at", default="", metavar="REV", help="実行・コミット・日付・approved / run, commit, day or approved")
    restore.add_argument("--command", dest="what", default="running")
    approve = actions.add_parser("approve", help="今の設定を承認する / approve what stands there")
    approve.add_argument("device", nargs="*")
    approve.add_argument("--all", type=int, dest="whole", metavar="N", help="保管されている全 N 台 / all N devices in the store")
    revision = approve.add_mutually_exclusive_group()
    for name in ("--run", "--commit"):
        revision.add_argument(name, dest="at", default="", metavar=name[2:].upper(), help="確認した版（省略時は最新）/ what was looked at")
    approve.add_argument("--check", action="store_true", help="何が変わるかだけ表示 / show, change nothing")
    prune = actions.add_parser("prune", help="保存期間を過ぎた写しを消す（計画を表示）/ take away what retention does not keep")
    prune.add_argument(
        "--gone", action="append", default=[], metavar="DEVICE", help="廃止機器を外す / take a device out that no ledger has"
    )
    prune.add_argument("--write", action="store_true", help="計画どおり消す / do it")
    prune.add_argument("--allow-remove", type=int, default=0, metavar="N", help="上限を超えてもよい削除の数 / removals allowed on purpose")
    _retention(prune)
    for one in (restore, approve, prune):
        one.add_argument("--ticket", default="", help="チケット番号 / ticket number")
        one.add_argument("--role", default="", help="役割（氏名は書かない）/ role of the person, never a name")
        one.add_argument("--evidence", type=Path, help="実行記録のフォルダ / evidence folder (default: WARDOPS_EVIDENCE)")
    return [restore, approve, prune]


def _retention(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep-days", type=_positive, metavar="N", help="古い写しを残す日数（省略時は policies/network.yml）/ days (default: the policy)"
    )
    parser.add_argument("--keep-versions", type=_positive, metavar="N", help="残す版の数（同上）/ versions (default: the policy)")
    parser.add_argument("--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="データのフォルダ / the ward's folder")


def retention_of(args: argparse.Namespace) -> Retention:
    """What ``--keep-days`` and ``--keep-versions`` say, else the policy."""
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.network.store.retention import rule  # noqa: PLC0415

    both = args.keep_days is not None and args.keep_versions is not None
    return rule({} if both else Ward(args.ward).policy("network"), args.keep_days, args.keep_versions)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError("1 … 100000")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore  # noqa: PLC0415 - start-up speed

    from . import _configs_writing  # noqa: PLC0415

    actions: dict[str, Callable[[ConfigStore, argparse.Namespace], int]] = {
        "list": _list,
        "show": _show,
        "log": _log,
        "diff": _diff,
        "drift": _drift,
        "verify": _verify,
        "restore": _configs_writing.restore,
        "approve": _configs_writing.approve,
        "prune": _configs_writing.prune,
    }
    return actions[args.action](ConfigStore(args.store), args)


def _list(store: ConfigStore, args: argparse.Namespace) -> int:
    store.require()
    horizon = "" if args.stale is None else (dt.datetime.now(dt.UTC) - dt.timedelta(days=args.stale)).isoformat(timespec="seconds")
    rows = [
        row
        for row in sorted(store.status().devices.values(), key=lambda row: row.device)
        if (args.stale is None or row.success_at < horizon)
        and (not args.never or not row.success_at)
        and (not args.failed or row.status not in ("", "stored"))
        and (not args.gone or not row.in_ledger)
    ]
    if args.format == "json":
        return as_json([{name: getattr(row, name) for name in row.__slots__} for row in rows])
    from ansible_collections.ward.ops.plugins.module_utils.network.report.overview import STATUSES  # noqa: PLC0415 - start-up speed

    table(
        ["機器", "拠点", "最終試行", "結果", "最終成功", "連続失敗", "備考"],
        (
            [
                row.device,
                row.site,
                local(row.attempt_at),
                STATUSES.get(row.status, row.status),
                local(row.success_at),
                str(row.failures or ""),
                _remark(row),
            ]
            for row in rows
        ),
    )
    print(f"{len(rows)} 台 / devices")
    return 0


def _remark(row: Row) -> str:
    marks = [] if row.in_ledger else ["台帳にない"]
    if not row.attempt_at:
        marks.append("未試行")
    elif not row.success_at:
        marks.append("成功なし")
    return "、".join([*marks, *([row.detail] if row.detail else [])])


def _show(store: ConfigStore, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.network.store import history  # noqa: PLC0415 - start-up speed

    text = history.show(store, args.device, args.what, args.at)
    if args.format == "json":
        return as_json({"device": args.device, "command": args.what, "text": text.decode("utf-8", "backslashreplace")})
    raw(text)
    return 0


def _log(store: ConfigStore, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.network.store import history  # noqa: PLC0415 - start-up speed

    found = history.log(store, args.device, args.limit)
    if args.format == "json":
        return as_json([{name: getattr(one, name) for name in one.__slots__} for one in found])
    table(
        ["コミット", "日時", "実行", "項目"],
        ([one.commit[:12], local(one.at), one.run or one.subject, " ".join(one.commands)] for one in found),
    )
    return 0


def _diff(store: ConfigStore, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.network.store import history  # noqa: PLC0415 - start-up speed

    found = history.diff(store, args.device, args.before, args.after, args.what)
    if args.format == "json":
        return as_json([_plain(one) for one in found])
    for one in found:
        _print_change(one)
    if not found:
        print("違いはありません / no difference")
    return 0


def _print_change(one: Change) -> None:
    print(f"{one.device} {one.command}（{KINDS[one.kind]} / {one.kind}）", flush=True)
    raw(one.diff)


def _drift(store: ConfigStore, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.network.store import approval  # noqa: PLC0415 - start-up speed

    found = approval.drift(store, args.device)
    if args.format == "json":
        as_json([_plain(one) for one in found])
        return int(bool(found))
    table(["機器", "拠点", "項目", "承認との違い"], ([one.device, one.site, one.command, KINDS[one.kind]] for one in found))
    if args.diff:
        for one in found:
            if one.diff:
                print(f"\n{one.device} {one.command}", flush=True)
                raw(one.diff)
    print(f"{len(found)} 件 / differ from what was approved")
    return int(bool(found))


def _verify(store: ConfigStore, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.network.store import verifying  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.network.store.judging import judge_with  # noqa: PLC0415

    keys = verifying.identities_of(os.environ.get("WARDOPS_CONFIG_IDENTITY"), args.identity_file)
    rule = retention_of(args) if args.all else None
    secret = os.environ.get("WARDOPS_CONFIG_MASK_KEY")
    report = verifying.verify(store, keys, judge_with(secret.encode()) if secret else None, rule)
    if args.format == "json":
        problems = [{"code": one.code, "where": one.where, "ja": one.text("ja"), "en": one.text("en")} for one in report.problems]
        as_json({**{name: getattr(report, name) for name in report.__slots__}, "problems": problems})
    else:
        for problem in report.problems:
            print(problem.render(), file=sys.stderr)
        print(
            f"設定 {report.texts}、写し {report.copies}（開いた {report.opened}、照合した {report.compared}）、"
            f"どの版にもない写し {len(report.orphans)}、誤り {len(report.problems)} / texts, copies (opened, compared), orphans, problems"
        )
    return int(bool(report.problems))


def _plain(one: Any) -> dict[str, Any]:
    held = {name: getattr(one, name) for name in one.__slots__}
    return {**held, "diff": one.diff.decode("utf-8", "backslashreplace")}


def as_json(data: Any) -> int:
    print(json.dumps(data, ensure_ascii=False, indent=1))
    return 0


def local(instant: str) -> str:
    """ISO 8601 → the ward's time, as the columns say it."""
    return f"{dt.datetime.fromisoformat(instant).astimezone(_TOKYO):%Y-%m-%d %H:%M} JST" if instant else "-"


def raw(text: bytes) -> None:
    """Bytes as they are to a file or pipe; on a terminal nothing that would steer it."""
    if sys.stdout.isatty():
        shown = text.decode("utf-8", "backslashreplace")
        print(harmless(shown, "\n\t"), end="")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()


def harmless(text: str, kept: str = "") -> str:
    """Nothing that would steer a terminal or break a column; the ideographic space is plain text in Japanese."""
    return "".join(char if char.isprintable() or char in "\u3000" + kept else f"\\x{ord(char):02x}" for char in text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns with tabs: to read, to cut, to paste into Excel. Cells may hold what a device said."""
    for row in (header, *rows):
        print("\t".join(map(harmless, row)))
