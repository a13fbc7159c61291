"""``wardops gate``: whether a scheduled job runs now.

Exit code 0 run, 3 skip (no error), 1 error, 2 wrong usage; with ``--run`` that of the playbook, and 0 when it is skipped.
"""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.schedule.gate import Records
    from ansible_collections.ward.ops.plugins.module_utils.schedule.model import Schedule, Slot

REPOSITORY = Path(__file__).resolve().parents[1]
SKIPPED = 3


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} は日時ではありません（例 2026-11-24T07:30） / is not a moment (2026-11-24T07:30)"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=9)))


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("gate", help="今日・今、実行する回かどうか / whether a scheduled job runs now")
    parser.add_argument("code", help="schedules.yml のコード / code of schedules.yml")
    parser.add_argument("--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="データのフォルダ / the ward's folder")
    parser.add_argument("--state", type=Path, default=Path("build/gate"), metavar="FOLDER", help="実行の記録 / records of runs")
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--at", type=_moment, metavar="TIME", help="この日時なら（日本時間） / as if it were then (Japan)")
    when.add_argument("--run", action="store_true", help="実行する回なら実行する / run the playbook when the gate is open")


def run(args: argparse.Namespace) -> int:
    """0 run, 3 skip; with ``--run`` the playbook's exit code, 0 when skipped."""
    from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.schedule.gate import RUN, Records, decide  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.schedule.model import read_schedules  # noqa: PLC0415

    ward = Ward(args.ward)
    schedule = read_schedules(ward).get(args.code)
    now = args.at or dt.datetime.now(dt.UTC)
    records = None if args.at else Records(args.state)
    decision = decide(schedule, Calendar.of(ward), now, records)
    print(decision.text, flush=True)
    if decision.verdict != RUN or not decision.slot:
        return 0 if args.run else SKIPPED
    return _run(schedule, decision.slot, records) if args.run and records else 0


def _run(schedule: Schedule, slot: Slot, records: Records) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import fail  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.schedule.targets import command  # noqa: PLC0415

    if not records.claim(schedule, slot, dt.datetime.now(dt.UTC)):
        print(f"{schedule.code}: 同時に起動した別の実行に任せます / another trigger took this run")
        return 0
    words = command(schedule, str(REPOSITORY))
    try:
        code = subprocess.run(words, cwd=REPOSITORY, check=False).returncode
    except OSError as error:
        records.end(schedule, slot, dt.datetime.now(dt.UTC), 1)
        raise fail("E1824", command=words[0], reason=error.strerror or "") from None
    records.end(schedule, slot, dt.datetime.now(dt.UTC), code)
    sys.stdout.flush()
    return code
