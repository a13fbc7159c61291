"""``wardops patch``: cycles of updates: what is planned, who approved what and who lacked it, how terminals stand. Reads files only."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import Cycle
    from ansible_collections.ward.ops.plugins.module_utils.patch.who import Answer

_STATES = {"UNKNOWN": "報告なし", "NOT_INSTALLED": "未適用", "DOWNLOADED": "未適用（取得済）", "FAILED": "失敗"}


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("patch", help="更新プログラムのサイクル / cycles of updates")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="サイクルの一覧 / all cycles")
    show = actions.add_parser("show", help="計画の内容 / what is planned")
    show.add_argument("cycle", help="例 2027-01")
    who = actions.add_parser("who", help="誰がいつ承認し、どの端末が未適用だったか / who approved a KB, when, and who lacked it")
    who.add_argument("kb", help="例 KB5000001")
    who.add_argument("--layer", required=True, help="系統 / layer")
    who.add_argument("--on", required=True, type=dt.date.fromisoformat, metavar="DAY", help="基準日 / on that day")
    who.add_argument("--state", metavar="FOLDER", help="適用状況の記録（省略時は WARDOPS_PATCH_STATE）/ folder of the snapshots")
    made = actions.add_parser("report", help="適用状況一覧を記録から作る / the compliance report from stored snapshots")
    made.add_argument("cycle", help="例 2027-01")
    made.add_argument("--layer", required=True, help="系統 / layer")
    made.add_argument("--on", type=dt.date.fromisoformat, metavar="DAY", help="基準日（省略時は今日）/ on that day (default: today)")
    made.add_argument("--ring", default="", help="このリングだけ / only this ring")
    made.add_argument("--section", default="", help="この課だけ（コードか名称）/ only this section")
    made.add_argument("--logons", type=Path, metavar="FILE", help="AD のログオン一覧 / list of AD logons")
    made.add_argument("--encoding", choices=("utf-8-sig", "cp932"), default="utf-8-sig", help="CSV の文字コード / encoding of the CSV")
    made.add_argument("--state", metavar="FOLDER", help="適用状況の記録（省略時は WARDOPS_PATCH_STATE）/ folder of the snapshots")
    made.add_argument("--out", type=Path, default=Path("build/patch-compliance"), metavar="FOLDER", help="書き出し先 / folder to write to")
    for one in (listing, show, who, made):
        one.add_argument("--ward", type=Path, default=Path("inventories/sample"), help="データのフォルダ / folder of the ward's data")
        one.add_argument("--format", choices=("text", "json"), default="text", help="表示の形 / form of the output")


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.patch import who  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.patch.arguments import state_folder  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import cycle_folder, read_cycle  # noqa: PLC0415

    if args.action == "report":
        return _report(args)
    ward = Ward(args.ward)
    if args.action == "who":
        answers = who.answer(ward, state_folder(args.state), args.kb, args.layer, args.on)
        _print(args.format, [_answer(one) for one in answers], [line for one in answers for line in _lines(one)])
        return 0
    cycles = who.cycles(ward) if args.action == "list" else [read_cycle(cycle_folder(ward.policies, args.cycle))]
    lines = [_head(cycle) for cycle in cycles]
    if args.action == "show":
        plan = cycles[0].plan
        lines += [f"  KB{' '.join(one.kbs)} {one.title}" for one in plan.updates]
        lines += [f"  {one.layer} {one.ring} {one.day} {one.why}" for one in plan.dates]
        lines += [f"  承認 {one.application} {one.layer} {one.ring} {one.approver}" for one in cycles[0].decisions.approvals]
    _print(args.format, [{**cycle.plan.data(), "digest": cycle.plan.digest} for cycle in cycles], lines)
    return 0


def _report(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.output import write_files  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.patch import compliance_report  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.patch.arguments import state_folder  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.patch.compliance_source import Request, read  # noqa: PLC0415

    day = args.on or dt.datetime.now(dt.timezone(dt.timedelta(hours=9))).date()
    request = Request(args.ward, state_folder(args.state), args.layer, args.cycle, day, args.logons, ring=args.ring, section=args.section)
    made = read(request)
    files = compliance_report.files(made, args.encoding)
    write_files(args.out, files)
    content = compliance_report.data(made)
    total = content["total"]
    percent = "—" if total["percent"] is None else f"{total['percent']:.1f}%"
    lines = [f"{made.day} {args.layer} {args.cycle}: 対象 {total['target']:,} 台、適用済 {total['done']:,} 台（{percent}）"]
    lines += [f"  ・{note}" for note in made.notes]
    _print(args.format, [content], [*lines, *(str(args.out / name) for name in files)])
    return 0


def _print(form: str, data: list[dict[str, Any]], lines: list[str]) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=1) if form == "json" else "\n".join(lines or ["ありません。"]))


def _head(cycle: Cycle) -> str:
    held = sum(not hold.released for hold in cycle.holds)
    kind = "緊急" if cycle.plan.emergency else "通常"
    return f"{cycle.plan.name} {kind} 更新 {len(cycle.plan.updates)} 件 ダイジェスト {cycle.plan.digest[:16]}" + (" 保留中" if held else "")


def _lines(one: Answer) -> list[str]:
    lines = [f"{one.cycle} KB{' '.join(one.update.kbs)} {one.update.title}（{one.update.id}）計画 {one.digest[:16]}"]
    for given in one.approvals:
        reviewed = f"、事後確認 {given.reviewed_on}" if given.reviewed_on else ""
        when = given.at.astimezone(dt.timezone(dt.timedelta(hours=9)))
        lines.append(
            f"  承認 {given.ring} {given.approver} {when:%Y-%m-%d %H:%M} 申請 {given.application} 議事録 {given.minutes}{reviewed}"
        )
    if not one.approvals:
        lines.append("  この計画への承認の記録はありません")
    lines += [f"  （以前の計画への承認 {given.application} {given.ring} {given.approver}）" for given in one.other]
    lines += [f"  保留 {hold.at} {hold.by} {hold.reason}" + (f" → 解除 {hold.released}" if hold.released else "") for hold in one.holds]
    if not one.snapshot:
        return [*lines, "  その日までの適用状況の記録がありません"]
    left_out = f"、除外 {len(one.excluded)} 台" if one.excluded else ""
    count = f"未適用 {len(one.lacking)} 台、再起動待ち {one.pending} 台（対象 {one.total} 台{left_out}、記録 {one.snapshot}）"
    rows = [f"    {lack.name} {lack.ring} {lack.dept} {_STATES[lack.state.name]} 最終報告 {lack.report or 'なし'}" for lack in one.lacking]
    rows += [f"    {name} {ring} {dept} 除外中（適用の対象外）" for name, ring, dept in one.excluded]
    return [*lines, f"  {count}", *rows]


def _answer(one: Answer) -> dict[str, Any]:
    records = [
        {
            "application": given.application,
            "ring": given.ring,
            "approver": given.approver,
            "at": given.at.isoformat(),
            "minutes": given.minutes,
        }
        for given in one.approvals
    ]
    lacking = [
        {"name": lack.name, "dept": lack.dept, "ring": lack.ring, "state": lack.state.name.lower(), "report": lack.report}
        for lack in one.lacking
    ]
    facts = {"cycle": one.cycle, "digest": one.digest, "update": one.update.data(), "approvals": records, "snapshot": one.snapshot}
    excluded = [{"name": name, "ring": ring, "dept": dept} for name, ring, dept in one.excluded]
    return {**facts, "lacking": lacking, "excluded": excluded, "pending": one.pending, "total": one.total}
