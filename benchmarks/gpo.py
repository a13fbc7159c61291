"""Group Policy: ``gpo.codec``, the codec of Registry.pol beside Samba's own parser on the same file."""

from __future__ import annotations

import random
import statistics
import subprocess
import tempfile
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.gpo.registry_pol import REG_DWORD, REG_MULTI_SZ, REG_SZ, Entry, PolicyFile, encode

from .harness import PYTHON, REPOSITORY, RUNS, Figure, report

ENTRIES = 50_000
PEER = Path(__file__).parent / "peers" / "samba_preg.py"
# Samba's bindings belong to Debian's Python, not to ours
PEER_PYTHON = "/usr/bin/python3"


def _content() -> bytes:
    """Entries of the kinds that policies hold most: numbers, texts, lists; three quarters numbers."""
    chosen = random.Random(6)  # noqa: S311 - a fixed sample, no secret
    entries = []
    for number in range(ENTRIES):
        key = f"Software\\Policies\\Microsoft\\Windows\\Component{number % 400:03d}\\課{number % 7}"
        kind = chosen.choice((REG_DWORD, REG_DWORD, REG_DWORD, REG_SZ, REG_MULTI_SZ))
        texts = {REG_SZ: f"\\\\fs01.ward.example\\share{number}\0", REG_MULTI_SZ: f"first{number}\0second\0\0"}
        data = texts[kind].encode("utf-16-le") if kind in texts else (number % 3).to_bytes(4, "little")
        entries.append(Entry(key, f"Setting{number}", kind, data))
    return encode(PolicyFile(entries))


def _seconds(argv: list[str]) -> float:
    return float(subprocess.run(argv, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout)


def codec() -> None:
    """CPU time of decoding and encoding, without the start of the interpreters; ours and the peer's in turn."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "Registry.pol"
        file.write_bytes(_content())
        commands = {"ours": [PYTHON, "-m", "benchmarks.gpo_once", str(file)], "peer": [PEER_PYTHON, str(PEER), str(file)]}
        runs = [{name: _seconds(argv) for name, argv in commands.items()} for _ in range(RUNS)]
    ours, peer = (statistics.median(run[name] for run in runs) for name in ("ours", "peer"))
    rate = ENTRIES / ours
    note = f"{ENTRIES} entries, CPU; {rate:,.0f} entries/s (Samba {ENTRIES / peer:,.0f})"
    report(Figure("gpo.codec", ours, peer, "python3-samba preg", "ratio >= 1", "s", note))
    report(Figure("gpo.codec.time", ours / ENTRIES * 1e6, None, None, "ours <= 10", "µs/entry", "100,000 entries a second are 10 µs"))


FIGURES = {"gpo.codec": codec}
