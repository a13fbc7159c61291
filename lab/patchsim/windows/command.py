"""``python -m lab.patchsim windows``: the terminals of a world as a process, and beside them its WSUS server when asked for."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from ...topology import Machine as Address
from ..control import Channel, Control
from ..store import Refused
from ..worldfile import load
from ..wsus.endpoint import Endpoint, Tls
from .machine import Pace
from .site import Site, Spec


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "windows", help="serve a world's terminals (WinRM and PSRP) until ended; prints one JSON line when they listen"
    )
    parser.add_argument("--world", type=Path, required=True, help="YAML: terminals, updates, groups (README.md)")
    parser.add_argument("--state", type=Path, required=True, help="folder in which terminals keep what they are")
    parser.add_argument("--inventory", type=Path, required=True, help="file to write for ansible -i")
    parser.add_argument("--connection", choices=("winrm", "psrp"), default="psrp", help="for the inventory")
    parser.add_argument("--transport", choices=("basic", "ntlm", "negotiate"), default="ntlm", help="for the inventory")
    parser.add_argument("--control", type=Path, help="serve the WSUS server too, with this Unix socket for its control channel")
    parser.add_argument("--user", default="ansible", help="who may sign in; the password is in WARDOPS_SIM_PASSWORD")
    parser.add_argument("--boot", type=float, default=5.0, metavar="SECONDS", help="how long a restart takes")


def run(arguments: argparse.Namespace) -> int:
    """:returns: exit code; 2 when it cannot begin."""
    password = os.environ.get("WARDOPS_SIM_PASSWORD", "")
    if not password:
        print("WARDOPS_SIM_PASSWORD is not set", file=sys.stderr)
        return 2
    ended = threading.Event()
    try:
        with tempfile.TemporaryDirectory(prefix="winsim-") as folder, contextlib.ExitStack() as stack:
            site = _site(arguments, password, Path(folder))
            stack.callback(site.close)
            said = {"inventory": str(arguments.inventory), "terminals": len(site.machines), "authority": str(site.spec.folder / "ca.crt")}
            if arguments.control:
                endpoint = _wsus(site, arguments, password)
                control = Control(endpoint)
                control.ended = ended
                channel = stack.enter_context(Channel(arguments.control, control))
                stack.enter_context(endpoint)
                threading.Thread(target=channel.serve_forever, args=(0.05,), daemon=True).start()
                stack.callback(channel.shutdown)
                said |= {"wsus": endpoint.url, "control": str(arguments.control)}
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_given: ended.set())
            print(json.dumps(said), flush=True)
            ended.wait()
    except (OSError, ValueError, Refused) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _site(arguments: argparse.Namespace, password: str, folder: Path) -> Site:
    world = load(arguments.world)
    spec = Spec({arguments.user: password}, folder / "tls", arguments.state, pace=Pace(boot=arguments.boot))
    site = Site(world, world.terminals.values(), spec)
    arguments.inventory.write_text(site.inventory(connection=arguments.connection, transport=arguments.transport), encoding="utf-8")
    return site


def _wsus(site: Site, arguments: argparse.Namespace, password: str) -> Endpoint:
    """Under the same authority and the same lock."""
    site.authority.issue(Address("wsus-sim", "127.0.0.1", "bare", "simulated WSUS server"))
    folder = site.spec.folder
    endpoint = Endpoint(site.world, {arguments.user: password}, Tls(folder / "wsus-sim.crt", folder / "wsus-sim.key"))
    endpoint.lock = site.lock
    return endpoint
