"""Start a fleet of simulated devices (sim) and keep it until SIGTERM.

usage: python -m lab.netsim --fleet fleet.yml [--keys FOLDER] [--known-hosts FILE] [--transcript FILE]
       python -m lab.netsim --generate 600 [--session cisco_ios] [--first 127.10.0.1] [--port 2222] [--config-bytes 20000] [--think 1.2]
       python -m lab.netsim --check FILE...      (reads session files of any known form, says what they hold)
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import signal
import sys
from pathlib import Path

import uvloop

from lab.netsim import fleet
from lab.netsim.device import Device
from lab.netsim.server import Servers
from lab.netsim.session import SessionError


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab.netsim", description="simulated network devices (sim)")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--fleet", type=Path, help="fleet file (YAML)")
    what.add_argument("--generate", type=int, metavar="N", help="N devices that are all alike")
    what.add_argument("--check", nargs="+", metavar="FILE", help="read session files and say what they hold")
    parser.add_argument("--session", default="cisco_ios")
    parser.add_argument("--first", default="127.10.0.1", metavar="ADDRESS")
    parser.add_argument("--port", type=int, default=2222)
    parser.add_argument("--config-bytes", type=int, default=0)
    parser.add_argument("--think", type=float, default=0.0, metavar="SECONDS", help="before a shown configuration")
    parser.add_argument("--keys", type=Path, metavar="FOLDER", help="where the host keys are kept; without it they are new each time")
    parser.add_argument("--known-hosts", type=Path, metavar="FILE")
    parser.add_argument("--ready", type=Path, metavar="FILE", help="made when all devices listen: JSON, name to [address, port]")
    parser.add_argument("--transcript", type=Path, metavar="FILE", help="written at the end: one JSON line per line that was sent")
    return parser


def _check(names: list[str]) -> int:
    code = 0
    for name in names:
        try:
            one = fleet.session(name)
        except SessionError as error:
            print(error, file=sys.stderr)
            code = 1
        else:
            counts = (
                f"{len(one.modes)} modes, {len(one.commands) + len(one.recorded)} commands, {len(one.config.running)} characters of config"
            )
            print(f"{name}: {one.platform}: {counts}")
    return code


async def _serve(devices: list[Device], arguments: argparse.Namespace) -> None:
    servers = Servers(devices, *fleet.keys(arguments.keys))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await servers.start()
    if arguments.known_hosts:
        arguments.known_hosts.write_text(fleet.known_hosts(devices, servers), encoding="ascii")
    if arguments.ready:
        places = {one.name: [one.address, one.port] for one in devices}
        arguments.ready.write_text(json.dumps(places) + "\n", encoding="utf-8")
    print(f"ready: {len(devices)} simulated devices", flush=True)
    gc.freeze()
    await stop.wait()
    servers.stop()


def main() -> int:
    """The command line; 0, or 2 with a message when something cannot be played."""
    arguments = _arguments().parse_args()
    if arguments.check:
        return _check(arguments.check)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        if arguments.fleet:
            wanted = fleet.read(arguments.fleet)
        else:
            wanted = fleet.generated(
                arguments.generate,
                arguments.first,
                arguments.port,
                session=arguments.session,
                config_bytes=arguments.config_bytes,
                think=arguments.think,
                transcript=bool(arguments.transcript),
            )
        devices = [fleet.device(one) for one in wanted]
        uvloop.run(_serve(devices, arguments))
    except (SessionError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.transcript:
        with arguments.transcript.open("w", encoding="utf-8") as file:
            for one in devices:
                for entry in one.transcript:
                    file.write(
                        json.dumps({"device": one.name, "connection": entry.connection, "mode": entry.mode, "line": entry.line}) + "\n"
                    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
