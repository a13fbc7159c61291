"""The simulated fleet (sim): every network device of the sample ward that has no machine in the lab, at its ledger address.

One machine, ``netsim``, owns all addresses (local routes, RFC 1122 section 3.3.4: a multihomed host) and runs the simulator of
:mod:`lab.netsim`. A device that is down has no address: it answers no ping either.
"""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import fabric, processes
from .routers import ACCOUNT, KNOWN_HOSTS, secrets
from .secretfiles import write_private
from .state import Lab, LabError
from .topology import FLEET, MANAGEMENT, routers

ROOT = Path(__file__).parent.parent
LEDGER = ROOT / "inventories/sample/ledgers/network_devices.csv"
SESSIONS = ROOT / "tests/fixtures/sessions"
LAYERS = ("lgwan", "mn", "inet")
#: faults of the wire: the kernel answers that there is no such host, or nobody answers
WIRE = {"unreachable": "unreachable", "silent": "blackhole"}
#: the simulator's faults that a name is enough for (see lab/netsim/README.md)
FAULTS: dict[str, dict[str, object]] = {
    "refuse": {"tcp": "refuse"},
    "reject": {"auth": "reject"},
    "hang": {"login": "hang"},
    "changed-key": {"host_key": "changed"},
    "unknown-key": {"host_key": "unknown"},
    "cut-off": {"cut": {"command": "config", "at": 0.5, "how": "close"}},
    "truncated": {"cut": {"command": "config", "at": 0.5, "how": "prompt"}},
    "lying-pager": {"lying_pager": True},
    "flood": {"flood": 200_000_000},
}
_START_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """How the fleet behaves.

    :param layers: whose devices it has.
    :param faults: device name → fault.
    :param config_bytes: how long the generated configurations are; 0: the sessions as they are written.
    :param think: seconds that a device thinks before it shows its configuration.
    """

    layers: Collection[str]
    faults: Mapping[str, str]
    config_bytes: int = 0
    think: float = 0.0


def devices(layers: Collection[str]) -> list[dict[str, str]]:
    """Rows of the ledger: devices in operation that are not routers of the lab."""
    real = {each.address for each in routers()}
    with LEDGER.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [row for row in rows if row["status"] == "active" and row["layer"] in layers and row["mgmt_ip"] not in real]


def start(lab: Lab, options: Options) -> int:
    """(Re)starts the fleet; how many devices it has, those with a fault included.

    :raises LabError: a device or a fault is unknown, a platform has no session, or the simulator does not come up.
    """
    stop(lab)
    rows = devices(options.layers)
    unknown = sorted(set(options.faults) - {row["name"] for row in rows})
    unknown += sorted(set(options.faults.values()) - set(WIRE) - set(FAULTS))
    unknown += sorted({row["os_profile"] for row in rows if not (SESSIONS / row["os_profile"] / "default.yml").exists()})
    if unknown:
        raise LabError(f"not in the fleet, no fault, or no session: {', '.join(unknown)}; faults: {', '.join([*WIRE, *FAULTS])}")
    folder = lab.root / "fleet"
    folder.mkdir(mode=0o700, exist_ok=True)
    broken = {row["name"]: WIRE[fault] for row in rows if (fault := options.faults.get(row["name"], "")) in WIRE}
    description = folder / "fleet.json"  # JSON is YAML too
    write_private(description, json.dumps(_description(lab, [row for row in rows if row["name"] not in broken], options)).encode())
    routes = [
        f"route add {kind} {row['mgmt_ip']}/32" if (kind := broken.get(row["name"])) else f"route add local {row['mgmt_ip']}/32 dev lo"
        for row in rows
    ]
    before = _keys(folder)
    with fabric.inside(lab.netns(FLEET)):
        fabric.run_tool(["ip", "-batch", "-"], "".join(f"{route}\n" for route in routes))
        _run(folder, description)
    _know(lab, folder, before)
    return len(rows)


def _description(lab: Lab, rows: list[dict[str, str]], options: Options) -> dict[str, object]:
    """The fleet as the simulator wants it: each device the session of its platform, with its own names and numbers."""
    known = secrets(lab)
    return {
        "defaults": {
            "port": 22,
            "users": {ACCOUNT: known["WARDOPS_NETWORK_PASSWORD"]},
            "secrets": {"enable": known["WARDOPS_NETWORK_ENABLE"]},
            "think": options.think,
            "config_bytes": options.config_bytes,
            "transcript": False,
        },
        "devices": [
            {
                "name": row["name"],
                "address": row["mgmt_ip"],
                "session": row["os_profile"],
                "variables": {name: row[name] for name in ("serial", "mac", "model", "firmware")},
                "faults": FAULTS.get(options.faults.get(row["name"], ""), {}),
            }
            for row in rows
        ],
    }


def _run(folder: Path, description: Path) -> None:
    """Starts the simulator; the caller's thread is in the fleet's namespace, and so is the child."""
    words = [sys.executable, "-m", "lab.netsim", "--fleet", str(description), "--keys", str(folder)]
    words += ["--known-hosts", str(folder / "known_hosts")]
    log = folder / "netsim.log"
    with log.open("wb") as output:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT, start_new_session=True)
    deadline = time.monotonic() + _START_TIMEOUT
    while not log.read_bytes().startswith(b"ready"):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise LabError(f"the simulator does not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
        time.sleep(0.02)


def _know(lab: Lab, folder: Path, before: str) -> None:
    """Adds the fleet's host keys to those that are recorded.

    :param before: the fleet's keys of the last start.
    """
    path = lab.root / KNOWN_HOSTS
    recorded = [line for line in path.read_text(encoding="utf-8").splitlines() if line not in before.splitlines()]
    write_private(path, "".join(f"{line}\n" for line in [*recorded, *_keys(folder).splitlines()]).encode())


def _keys(folder: Path) -> str:
    path = folder / "known_hosts"
    return path.read_text(encoding="ascii") if path.exists() else ""


def stop(lab: Lab) -> None:
    """Ends the simulator and takes its addresses away."""
    namespace = lab.netns(FLEET)
    for pid in processes.living_in([namespace]):
        processes.send(pid, signal.SIGTERM, [namespace])
    if left := processes.end_all([namespace]):
        raise LabError(f"processes {left} of the fleet do not end")
    with fabric.inside(namespace):
        for kind in ("local", "unreachable", "blackhole"):
            fabric.run_tool(["ip", "route", "flush", "table", "all", "type", kind, "root", MANAGEMENT])
