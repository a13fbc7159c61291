"""Runs a fetch or a delivery again and again, and kills it at random moments. Started by the fault tests; speaks JSON lines.

Each line of input is one job: ``what`` (``fetch`` or ``deliver``), the policy, folders, and ``kill`` (seconds, or null for a run to its
end). The answer says whether the run was killed, and what a complete run found. The work is done by a child of this process, so that
the libraries are loaded once.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.payment import archive, delivery, delivery_smb, fetch, fetch_sources
from ansible_collections.ward.ops.plugins.module_utils.payment.manifest import Amounts, Manifest, StagedFile

LOADED = (delivery_smb, fetch_sources)


def work(job: dict[str, Any]) -> dict[str, Any]:
    try:
        if job["what"] == "fetch":
            day = dt.date.fromisoformat(job["day"])
            store = archive.Archive(Path(job["archive"]))
            found = fetch.fetch_day(job["policy"], day, store, source=job["source"], clock=fetch.Clock(day), environment=os.environ)
            return {"files": [[entry.name, entry.new] for entry in found.files], "codes": [problem.code for problem in found.problems]}
        files = [StagedFile(**{**file, "amounts": Amounts()}) for file in job["files"]]
        manifest = Manifest(job["run_id"], job["day"], {}, {}, files, {"input": Amounts()}, None, {}, [])
        sent = delivery.deliver(Path(job["staged"]), manifest, job["policy"], Path(job["records"]), environment=os.environ)
        return {"states": [file.state for file in sent.files], "codes": [problem.code for problem in sent.problems]}
    except WardopsError as error:
        return {"codes": [problem.code for problem in error.problems]}


def run(job: dict[str, Any]) -> dict[str, Any]:
    reader, writer = os.pipe()
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as stream:
            json.dump(work(job), stream)
        os._exit(0)
    os.close(writer)
    if job["kill"] is not None:
        time.sleep(job["kill"])
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reader) as stream:
        text = stream.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {"killed": status == -signal.SIGKILL, "seconds": time.monotonic() - begin, "result": json.loads(text) if status == 0 else None}


def main() -> None:
    # a library that is loaded by its first use would be loaded again in every child
    import paramiko  # noqa: F401, PLC0415
    import requests  # noqa: F401, PLC0415

    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


def staged_files(manifest: Manifest) -> list[dict[str, Any]]:
    """A manifest's files as a job has them."""
    return [{key: value for key, value in dataclasses.asdict(file).items() if key != "amounts"} for file in manifest.files]


if __name__ == "__main__":
    main()
