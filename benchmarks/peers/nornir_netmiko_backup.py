"""Nornir with netmiko: the fleet with so many threads, each config written to a file.

Host keys are not checked, which is netmiko's default: it would read the whole known_hosts file again for each device, minutes in all.

usage: nornir_netmiko_backup.py FLEET.json THREADS FOLDER
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from nornir.core import Nornir
from nornir.core.inventory import ConnectionOptions, Defaults, Groups, Host, Hosts, Inventory
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.task import Result, Task
from nornir.plugins.runners import ThreadedRunner
from nornir_netmiko.connections import Netmiko
from nornir_netmiko.tasks import netmiko_send_command

folder = Path(sys.argv[3])


def backup(task: Task) -> Result:
    text = task.run(netmiko_send_command, command_string="show running-config", enable=True, read_timeout=60).result
    (folder / f"{task.host.name}.txt").write_text(text, encoding="utf-8")
    task.host.close_connections()
    return Result(host=task.host, result=len(text))


def main() -> None:
    ConnectionPluginRegister.register("netmiko", Netmiko)
    fleet = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    extras = {
        "secret": os.environ["PEER_ENABLE"],
        "conn_timeout": 60,
        "banner_timeout": 60,
        "auth_timeout": 60,
        "fast_cli": True,
    }
    options = {"netmiko": ConnectionOptions(platform="cisco_ios", extras=extras)}
    hosts = Hosts(
        {
            name: Host(name, address, port, "netadmin", os.environ["PEER_PASSWORD"], connection_options=options)
            for name, (address, port) in fleet.items()
        }
    )
    nornir = Nornir(Inventory(hosts, Groups(), Defaults()), runner=ThreadedRunner(int(sys.argv[2])))
    done = nornir.run(backup)
    good = sum(not one.failed and one[0].result > 10_000 for one in done.values())
    for one in done.values():
        if one.failed:
            print(one[-1].exception or one[0].exception)
            break
    print(f"read {good}")


main()
