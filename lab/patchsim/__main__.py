"""``python -m lab.patchsim``: a simulated WSUS server and Windows terminals (sim) as a process; see ``--help`` and README.md."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from .control import Channel, Control, ask
from .store import Refused
from .windows import command as windows
from .worldfile import load
from .wsus.endpoint import Endpoint, Tls


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m lab.patchsim", description="A simulated patch world (sim). Nothing of it is a Windows.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wsus = commands.add_parser("wsus", help="serve a world as a WSUS server until ended; prints one JSON line when it listens")
    wsus.add_argument("--world", type=Path, required=True, help="YAML: terminals, updates, groups (README.md)")
    wsus.add_argument("--control", type=Path, required=True, help="Unix socket to make for the control channel")
    wsus.add_argument("--address", default="127.0.0.1")
    wsus.add_argument("--port", type=int, default=0, help="default: one that is free")
    wsus.add_argument("--certificate", type=Path, help="PEM; without it HTTP is spoken")
    wsus.add_argument("--key", type=Path, help="PEM")
    wsus.add_argument("--unbound", action="store_true", help="let in logins that are not bound to the TLS channel")
    wsus.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    wsus.add_argument("--user", default="WARD\\wsus-ops", help="who may sign in; the password is in WARDOPS_SIM_PASSWORD")
    windows.add_parser(commands)
    tell = commands.add_parser("tell", help="send one command to a running simulation and print its answer")
    tell.add_argument("--control", type=Path, required=True)
    tell.add_argument("words", metavar="JSON", help='such as \'{"do": "advance", "days": 7}\'')
    return top


def serve(arguments: argparse.Namespace) -> int:
    """:returns: exit code; 2 when it cannot begin."""
    password = os.environ.get("WARDOPS_SIM_PASSWORD", "")
    if not password:
        print("WARDOPS_SIM_PASSWORD is not set", file=sys.stderr)
        return 2
    if bool(arguments.certificate) != bool(arguments.key):
        print("--certificate and --key go together", file=sys.stderr)
        return 2
    tls = Tls(arguments.certificate, arguments.key, not arguments.unbound) if arguments.certificate else None
    try:
        world = load(arguments.world)
        endpoint = Endpoint(world, {arguments.user: password}, tls, arguments.address, arguments.port, arguments.latency)
        control = Control(endpoint)
        with Channel(arguments.control, control) as channel, endpoint:
            threading.Thread(target=channel.serve_forever, args=(0.05,), daemon=True).start()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_given: control.ended.set())
            print(json.dumps({"url": endpoint.url, "control": str(arguments.control), "pid": os.getpid()}), flush=True)
            control.ended.wait()
            channel.shutdown()
    except (OSError, ValueError, Refused) as error:
        print(error, file=sys.stderr)
        return 2
    arguments.control.unlink(missing_ok=True)
    return 0


def main() -> int:
    arguments = parser().parse_args()
    if arguments.command == "wsus":
        return serve(arguments)
    if arguments.command == "windows":
        return windows.run(arguments)
    try:
        print(json.dumps(ask(arguments.control, **json.loads(arguments.words)), ensure_ascii=False))
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
