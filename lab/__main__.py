"""``python -m lab``: see ``python -m lab --help``."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time

from . import entering, fleet, hosts, lifecycle, scenarios
from .state import Lab, LabError
from .topology import CONTROL, MACHINES, Machine, linux_machines, machine, routers


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m lab", description="The ward's servers on this machine. LAB=<name> chooses another lab.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="build the lab, or power on what is off")
    commands.add_parser("down", help="remove the lab without a trace")
    status = commands.add_parser("status", help="what runs; exit code 3 when the lab is not up")
    status.add_argument("--json", action="store_true")
    commands.add_parser("env", help="print the environment of a run (with secrets!) for `eval`")
    run = commands.add_parser("run", help="run a command on the control host (or --on another) with the lab's environment")
    run.add_argument("--on", default=CONTROL, choices=[each.name for each in MACHINES])
    run.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- CMD …")
    enter = commands.add_parser("enter", help="run a command on a machine, as root, with a clean environment")
    enter.add_argument("host", choices=[each.name for each in MACHINES])
    enter.add_argument("arguments", nargs=argparse.REMAINDER, metavar="CMD …")
    for name, text in {
        "start": "power on and wait",
        "stop": "orderly power-off",
        "cut": "cut the power",
        "reboot": "orderly reboot, and wait",
        "reimage": "throw away what the host has written and boot it as new",
    }.items():
        sub = commands.add_parser(name, help=f"{text} (Linux hosts)")
        sub.add_argument("hosts", nargs="+", choices=[each.name for each in linux_machines()], metavar="HOST")
    swap = commands.add_parser(
        "swap", help="destroy a router and put a unit out of the box in its place; prints its host key's fingerprint"
    )
    swap.add_argument("host", choices=[each.name for each in routers()], metavar="ROUTER")
    simulated = commands.add_parser("fleet", help="simulated network devices (sim) at their ledger addresses: start (again), or stop")
    simulated.add_argument("action", choices=("start", "stop"))
    simulated.add_argument("--layer", action="append", choices=fleet.LAYERS, help="whose devices (default: of all layers)")
    simulated.add_argument(
        "--fault", action="append", default=[], metavar="DEVICE=FAULT", help="unreachable, silent, or a fault of lab.netsim"
    )
    simulated.add_argument("--config-bytes", type=int, default=0, help="length of the configurations (default: as the sessions have them)")
    simulated.add_argument("--think", type=float, default=0.0, help="seconds that a device takes for a dialogue")
    molecule = commands.add_parser("molecule", help="run `molecule test` of the roles (all that have a scenario) in the lab")
    molecule.add_argument("roles", nargs="*", metavar="ROLE")
    return top


def power(lab: Lab, command: str, names: list[str]) -> None:
    lab.environment()
    with lab.locked():
        for host in map(machine, names):
            if command == "start":
                hosts.start(lab, host)
                hosts.wait_ready(lab, host)
            else:
                {"stop": hosts.stop, "cut": hosts.cut, "reboot": hosts.reboot, "reimage": hosts.reimage}[command](lab, host)


def change_fleet(lab: Lab, options: argparse.Namespace) -> None:
    lab.environment()
    with lab.locked():
        if options.action == "stop":
            fleet.stop(lab)
            return
        begin = time.monotonic()
        faults = dict(each.partition("=")[::2] for each in options.fault)
        count = fleet.start(lab, fleet.Options(options.layer or fleet.LAYERS, faults, options.config_bytes, options.think))
        print(f"lab {lab.name}: {count} simulated devices (sim) in {time.monotonic() - begin:.1f} s")


def show_status(lab: Lab, *, as_json: bool) -> int:
    up = lab.ready.exists()
    rows = [(each, _state(lab, each) if up else "absent") for each in MACHINES]
    if as_json:
        data = {each.name: {"address": each.address, "kind": each.kind, "state": state} for each, state in rows}
        print(json.dumps({"lab": lab.name, "up": up, "machines": data}, indent=2))
    else:
        print(f"lab {lab.name}: {'up' if up else 'down'}")
        for each, state in rows:
            print(f"  {each.name:13} {each.address:15} {state:7} {each.purpose}")
    return 0 if up else 3


def _state(lab: Lab, each: Machine) -> str:
    if each.kind == "bare":
        return "ready"
    return "on" if hosts.running(lab, each) else "off"


def _command(arguments: list[str]) -> list[str]:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    return command or [os.environ.get("SHELL", "/bin/bash")]


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return dispatch(Lab.from_environment(), options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def dispatch(lab: Lab, options: argparse.Namespace) -> int:
    match options.command:
        case "up" | "down":
            begin = time.monotonic()
            (lifecycle.up if options.command == "up" else lifecycle.down)(lab)
            print(f"lab {lab.name}: {options.command} in {time.monotonic() - begin:.1f} s")
        case "status":
            return show_status(lab, as_json=options.json)
        case "env":
            print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in lab.environment().items()))
        case "run":
            entering.become(lab, machine(options.on), _command(options.arguments), {**os.environ, **lab.environment()})
        case "enter":
            lab.environment()
            clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root", "TERM": os.environ.get("TERM", "dumb")}
            entering.become(lab, machine(options.host), _command(options.arguments), clean)
        case "swap":
            lab.environment()
            with lab.locked():
                print(hosts.swap(lab, machine(options.host)))
        case "fleet":
            change_fleet(lab, options)
        case "molecule":
            return scenarios.test(lab, options.roles)
        case _:
            power(lab, options.command, options.hosts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
