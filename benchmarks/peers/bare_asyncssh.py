"""The least that reading a fleet over SSH can be: asyncssh, all devices at once, pager off, one command, nothing checked, nothing kept.

usage: bare_asyncssh.py FLEET.json KNOWN_HOSTS
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import asyncssh
import uvloop


async def read(address: str, port: int, known: object, password: str, enable: str) -> int:
    async with asyncssh.connect(
        address, port, username="netadmin", password=password, known_hosts=known, client_keys=None, agent_path=None, config=None
    ) as connection:
        process = await connection.create_process(term_type="vt100", term_size=(511, 0), encoding=None)
        await process.stdout.readuntil(b">")
        for line, end in (("enable", b"assword: "), (enable, b"#"), ("terminal length 0", b"#")):
            process.stdin.write(line.encode() + b"\n")
            await process.stdout.readuntil(end)
        process.stdin.write(b"show running-config\n")
        return len(await process.stdout.readuntil(b"\nend\r\n"))


async def main() -> None:
    fleet = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    known = asyncssh.read_known_hosts(sys.argv[2])
    words = os.environ["PEER_PASSWORD"], os.environ["PEER_ENABLE"]
    sizes = await asyncio.gather(*(read(address, port, known, *words) for address, port in fleet.values()))
    print(f"read {sum(size > 10_000 for size in sizes)}")


uvloop.run(main())
