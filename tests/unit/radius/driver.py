"""A whole run as a process of its own, without Ansible's start: what the fault tests kill.

``python -m tests.unit.radius.driver sync|isolate|release WARD EVIDENCE SOCKET_FOLDER [--wait S] [--patience S] [--allow N]``
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.radius import isolation, sync
from ansible_collections.ward.ops.plugins.module_utils.radius.postgresql import Address, PostgresStore

from tests.unit.radius import servers

REPOSITORY = Path(__file__).resolve().parents[3]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["sync", "isolate", "release"])
    for name in ("ward", "evidence", "socket"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--wait", type=float, default=30)
    parser.add_argument("--patience", type=float, default=30)
    parser.add_argument("--allow", type=int, default=10**6)
    words = parser.parse_args()
    address = Address(str(words.socket), "radius", "wardops", password=servers.PASSWORD)
    store = PostgresStore(address, words.wait, words.patience)
    request = sync.Request(words.ward, "lgwan", words.evidence, allow_remove=words.allow, allow_change=words.allow)
    try:
        if words.work == "sync":
            result = sync.run(store, request)
        else:
            order = isolation.Order("LG25N00003", words.work == "isolate", "試験", "INC-2026-00001", "tester", dt.datetime.now(dt.UTC))
            result = isolation.carry_out(Ward(words.ward), "lgwan", order, False, lambda work: sync.run(store, request_one(request), work))
    except WardopsError as error:
        print(json.dumps({"codes": [problem.code for problem in error.problems], "msg": str(error)}))
        return 1
    print(json.dumps({name: result[name] for name in ("changed", "verified", "recovered", "rollback_file")} | result["plan"]["counts"]))
    return 0


def request_one(request: sync.Request) -> sync.Request:
    return sync.Request(request.ward, request.layer, request.evidence, purpose="isolate_terminal")


def start(work: str, ward: Path, evidence: Path, server: servers.Postgres, *words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "tests.unit.radius.driver", work, ward, evidence, server.folder, *words]
    env = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'collections'}", "PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.Popen(argv, cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> dict[str, object]:
    out, err = process.communicate(timeout=120)
    if not out.startswith("{"):
        raise AssertionError(f"exit {process.returncode}: {out}{err}")
    return {**json.loads(out), "rc": process.returncode}


def run(work: str, ward: Path, evidence: Path, server: servers.Postgres, *words: str) -> dict[str, object]:
    return finish(start(work, ward, evidence, server, *words))


if __name__ == "__main__":
    sys.exit(main())
