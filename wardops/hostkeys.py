"""``wardops hostkeys``: host keys of network devices: which are recorded, what devices show, and recording what a console confirms."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._saving import add_ward

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.network.host_keys import Recording
    from ansible_collections.ward.ops.plugins.module_utils.network.model import Device

REPOSITORY = Path(__file__).resolve().parents[1]
VERDICTS = {"known": "記録済み", "unknown": "未記録", "changed": "記録と違う", "": "応答なし"}


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("hostkeys", help="ネットワーク機器のホスト鍵 / host keys of network devices")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="記録のない機器（接続しない）/ devices without a recorded key; connects to none")
    scan = actions.add_parser("scan", help="機器が示す鍵と記録を比べる / what devices show, against what is recorded")
    record = actions.add_parser("record", help="コンソールの指紋と合う鍵を記録する / record keys that fit what consoles print")
    for one in (listing, scan):
        one.add_argument("device", nargs="*", help="機器（省略時は系統のすべて）/ devices (default: all of the layer)")
    record.add_argument("device", nargs="?", help="機器の名前 / the device's name")
    record.add_argument("fingerprint", nargs="?", help="コンソールの指紋か公開鍵 / fingerprint or public key as the console prints it")
    record.add_argument("--from", dest="source", type=Path, metavar="FILE", help="指紋の一覧（CSV: name,fingerprint）/ many at once")
    record.add_argument("--replace", action="store_true", help="交換・初期化された機器: 古い鍵を消す / the old key goes")
    record.add_argument("--reason", default="", help="古い鍵を消す理由（申請番号など）/ why the old key goes")
    record.add_argument("--check", action="store_true", help="計画だけ / plan only, write nothing")
    given = os.environ.get("WARDOPS_NETWORK_KNOWN_HOSTS")
    for one in (listing, scan, record):
        add_ward(one)
        one.add_argument("--layer", default="", help="系統（省略時はこの管理端末の系統）/ layer (default: this node's)")
        one.add_argument("--port", type=int, default=22)
        one.add_argument("--format", choices=("text", "json"), default="text", help="表示の形 / form of the output")
        one.add_argument(
            "--known-hosts",
            type=Path,
            default=Path(given) if given else None,
            required=not given,
            metavar="FILE",
            help="記録（省略時は WARDOPS_NETWORK_KNOWN_HOSTS）/ the record (default: WARDOPS_NETWORK_KNOWN_HOSTS)",
        )


def run(args: argparse.Namespace) -> int:
    if args.action == "record":
        if bool(args.source) == bool(args.device) or bool(args.device) != bool(args.fingerprint):
            print("機器と指紋、または --from FILE を指定してください / give DEVICE FINGERPRINT, or --from FILE", file=sys.stderr)
            return 2
        if args.replace and not args.reason.strip():
            print("--replace には --reason が要ります / --replace needs --reason", file=sys.stderr)
            return 2
        return _record(args)
    return _scan(args) if args.action == "scan" else _list(args)


def _devices(args: argparse.Namespace, names: list[str]) -> list[Device]:
    """Named devices of the layer, whatever their state, or all active ones."""
    from ansible_collections.ward.ops.plugins.module_utils.common.layer import declared_layer, require_layer  # noqa: PLC0415 - start-up
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem, WardopsError  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.network.model import Device  # noqa: PLC0415

    layer = require_layer(args.layer or declared_layer())
    rows = {row["name"]: row for row in Ward(args.ward).table("network_devices").dicts() if row["layer"] == layer}
    wanted = names or [name for name, row in rows.items() if row["status"] == "active"]
    unknown = [name for name in wanted if name not in rows or not rows[name]["mgmt_ip"]]
    if unknown:
        ja, en = "台帳のこの系統にない機器か、管理 IP がありません", "no device of this layer in the ledger, or it has no address"
        raise WardopsError([Problem("E1640", name, params={"reason_ja": ja, "reason": en}) for name in unknown])
    found = [rows[name] for name in dict.fromkeys(wanted)]
    return [Device(row["name"], row["os_profile"], row["mgmt_ip"], row["site"], layer, args.port) for row in found]


def _list(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.network import known_hosts  # noqa: PLC0415 - start-up speed

    known = known_hosts.read(args.known_hosts)
    devices = _devices(args, args.device)
    without = [one for one in devices if not known.keys(one.address, one.port)]
    if args.format == "json":
        print(json.dumps([{"name": one.name, "address": one.address} for one in without], ensure_ascii=False, indent=1))
    else:
        for one in without:
            print(f"{one.name:24} {one.address}")
        print(f"{len(devices)} 台中 {len(without)} 台に記録がない / {len(without)} of {len(devices)} have no recorded key", file=sys.stderr)
    return 1 if without else 0


def _scan(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.network import host_keys, known_hosts  # noqa: PLC0415 - start-up speed

    known = known_hosts.read(args.known_hosts)
    rows: list[dict[str, str]] = []
    for one in host_keys.scan(_devices(args, args.device)):
        common = {"name": one.device.name, "address": one.device.address}
        for key in one.keys:
            sha256, md5 = host_keys.digests(key)
            verdict = known.judge(one.device.address, one.device.port, key.data).value
            rows.append({**common, "verdict": verdict, "type": key.kind, "sha256": sha256, "md5": md5, "trouble": ""})
        if not one.keys:
            rows.append({**common, "verdict": "", "type": "", "sha256": "", "md5": "", "trouble": " / ".join(one.trouble)})
    # a device with several keys is known when one of them is
    settled = {row["name"] for row in rows if row["verdict"] == "known"}
    if args.format == "json":
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            shown = " ".join(filter(None, (row[name] for name in ("type", "sha256", "md5", "trouble"))))
            print(f"{row['name']:24} {row['address']:15} {VERDICTS[row['verdict']]} {shown}")
        print("この指紋を、必ず機器のコンソールの表示と比べてください / compare these with what the consoles print", file=sys.stderr)
    return 1 if {row["name"] for row in rows} - settled else 0


def _seen(args: argparse.Namespace) -> dict[str, str]:
    """Device → what its console printed. :raises WardopsError: E1640 with every wrong line, E0100-E0102 (file)."""
    from ansible_collections.ward.ops.plugins.module_utils.common.files import read_bytes  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem, WardopsError  # noqa: PLC0415

    if not args.source:
        return {args.device: args.fingerprint}
    text = read_bytes(args.source).decode("utf-8-sig", "replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    seen: dict[str, str] = {}
    problems = []
    for number, cells in enumerate(reader, 1):
        ja = en = ""
        if number == 1:
            if [cell.strip() for cell in cells] != ["name", "fingerprint"]:
                ja, en = "見出しが name,fingerprint ではありません", "the header is not name,fingerprint"
        elif cells and (len(cells) != 2 or not all(cell.strip() for cell in cells)):
            ja, en = "項目が 2 つではありません", "not two fields"
        elif cells and cells[0].strip() in seen:
            ja, en = f"「{cells[0].strip()}」が 2 回あります", f"{cells[0].strip()} is there twice"
        elif cells:
            seen[cells[0].strip()] = cells[1]
        if ja:
            problems.append(Problem("E1640", str(args.source), reader.line_num, params={"reason_ja": ja, "reason": en}))
    if problems or not seen:
        none = Problem("E1640", str(args.source), 1, params={"reason_ja": "行がありません", "reason": "no line"})
        raise WardopsError(problems or [none])
    return seen


def _record(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common import evidence  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.files import lock, read_bytes, write_atomic  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.network import host_keys, known_hosts  # noqa: PLC0415

    seen = _seen(args)
    devices = {one.name: one for one in _devices(args, list(seen))}
    shown = host_keys.scan(list(devices.values()))
    path: Path = args.known_hosts

    def plan() -> tuple[bytes, Recording]:
        data = read_bytes(path) if path.exists() else b""
        made = host_keys.compare(shown, seen, known_hosts.parse(data, str(path)), replace=args.replace)
        return host_keys.written(data, devices, made, str(path)), made

    text, made = plan()
    if made.changed and not args.check:
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = {"duties": ["I-11-(5)"], "layer": next(iter(devices.values())).layer, "target": str(path), "reason": args.reason}
        with lock(path.parent), evidence.step(evidence.default_folder(), "record_host_keys", facts, REPOSITORY) as step:
            text, made = plan()  # nobody else writes from here on
            step.plan({"items": _items(made)})
            write_atomic(path, text, 0o644)
            step.result("ok", changed=made.changed, refused=sorted({problem.code for problem in made.problems}))
    _show(args, made)
    return 1 if made.problems else 0


def _items(made: Recording) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "before": [f"{old.kind} {old.fingerprint}" for old in made.remove.get(name, ())],
            "after": f"{key.kind} {key.fingerprint}",
        }
        for name, key in made.add.items()
    ]


def _show(args: argparse.Namespace, made: Recording) -> None:
    items = _items(made)
    if args.format == "json":
        print(json.dumps({"changed": made.changed, "items": items, "equal": made.equal}, ensure_ascii=False, indent=1))
    else:
        for item in items:
            before = f"（旧: {'、'.join(item['before'])}）" if item["before"] else ""
            print(f"{'記録する' if args.check else '記録した'}: {item['name']} {item['after']}{before}")
        for name in made.equal:
            print(f"記録済み: {name}")
    for problem in made.problems:
        print(problem.render(), file=sys.stderr)
