"""What of ``wardops configs`` changes something or takes secrets out: restore, approve, prune. Each leaves evidence."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .configs import KINDS, as_json, retention_of, table

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.common.evidence import Run, Step
    from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore


def restore(store: ConfigStore, args: argparse.Namespace) -> int:
    """Only with a ticket, never onto a terminal, and never without a record of who took it out."""
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import fail  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.network.store import approval, verifying  # noqa: PLC0415

    approval.refuse_anonymous(args.ticket, args.role)
    keys = verifying.identities_of(os.environ.get("WARDOPS_CONFIG_IDENTITY"), args.identity_file)
    if keys is None:
        raise fail("E1667", reason_ja="--identity-file で指定してください", reason="give it with --identity-file")
    if args.out == "-" and sys.stdout.isatty():
        print("秘密を含むため、端末には表示しません / it holds secrets: not onto a terminal", file=sys.stderr)
        return 2
    with _record(args, "restore_config", store) as record:
        record.plan({"device": args.device, "command": args.what, "at": args.at or "main", "to": args.out})
        text = verifying.restore(store, args.device, keys, args.what, args.at)
        if args.out == "-":
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()
        else:
            write_atomic(Path(args.out), text, 0o600, follow=False)
        record.result("ok", bytes=len(text))
    print(f"取り出しました / restored: {args.device} {args.what} {len(text)} bytes → {args.out}", file=sys.stderr)
    return 0


def approve(store: ConfigStore, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.network.store import approval  # noqa: PLC0415 - start-up speed

    approval.refuse_anonymous(args.ticket, args.role)
    planned = approval.plan(store, args.device, args.at, args.whole)
    if not args.check and planned.devices:
        with store.held(f"approve-{secrets.token_hex(4)}"), _record(args, "approve_config", store) as record:
            planned = approval.plan(store, args.device, planned.source, args.whole)  # nobody else writes from here on
            record.plan({"devices": list(planned.devices), "source": planned.source})
            planned = approval.approve(store, planned, args.ticket, args.role, dt.datetime.now(dt.UTC))
            record.result("ok", commit=planned.commit)
    if args.format == "json":
        return as_json({name: getattr(planned, name) for name in planned.__slots__})
    for device in planned.devices:
        print(device)
    done = (
        f"承認しました / approved ({planned.commit[:12]})"
        if planned.commit
        else "計画のみ / plan only"
        if planned.devices
        else "変更なし / no change"
    )
    print(f"{done}: {len(planned.devices)} 台、承認済み {len(planned.unchanged)} 台 / devices, approved before")
    return 0


def prune(store: ConfigStore, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.network.store import approval, retention  # noqa: PLC0415

    rule, now = retention_of(args), dt.datetime.now(dt.UTC)
    planned = retention.plan(store, rule, now, args.gone)
    if args.write:
        approval.refuse_anonymous(args.ticket, args.role)
        with store.held(f"prune-{secrets.token_hex(4)}"), _record(args, "prune_configs", store) as record:
            planned = retention.plan(store, rule, now, args.gone)
            record.plan({**planned.counts(), "items": list(planned.actions())})
            if found := retention.guard(args.allow_remove).check(planned, str(store.folder)):
                record.result("refused", problems=[problem.code for problem in found])
                raise WardopsError(found)
            retention.apply(store, planned, args.role, now)
            record.result("ok", **planned.counts())
    if args.format == "json":
        return as_json({**planned.counts(), "items": list(planned.actions()), "written": args.write})
    table(["対象", "理由"], ([item.key, KINDS[str((item.before or {})["why"])]] for item in planned.remove))
    done = "削除しました / removed" if args.write else "計画のみ(実行は --write) / plan only"
    print(f"{done}: {len(planned.remove)} 件、残す写し {planned.unchanged} 件 / kept")
    return 0


def _record(args: argparse.Namespace, purpose: str, store: ConfigStore) -> Run | Step:
    from ansible_collections.ward.ops.plugins.module_utils.common.evidence import default_folder, step  # noqa: PLC0415 - start-up speed

    facts: dict[str, Any] = {"duties": ["I-11-(5)"], "store": str(store.folder), "ticket": args.ticket, "role": args.role}
    return step(args.evidence or default_folder(), purpose, facts)
