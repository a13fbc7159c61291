"""Asking the real RADIUS server, as a switch does: ``radclient`` in one batch, the secret in a file.

Each request carries its MAC as ``Proxy-State``, which a server must send back unchanged (RFC 2865 section 5.33), so that every answer
is matched to its question. ``Message-Authenticator`` is always sent (RFC 3579 section 3.2; CVE-2024-3596).
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common.mac import MacFormat
from ..common.problems import fail
from .desired import Desired, sample, unknown_macs
from .entries import FREERADIUS

ACCEPT, REJECT, NONE = "Access-Accept", "Access-Reject", "no answer"
#: mismatches that a result shows; all are counted
SHOWN = 200
_PROXY_STATE = re.compile(r"Proxy-State = 0x([0-9a-f]{12})$")
_VLAN = re.compile(r'Tunnel-Private-Group-Id(?::[0-9]+)? = "([^"]*)"$')


@dataclass(frozen=True, slots=True)
class Server:
    """Whom to ask.

    :param seconds: to wait for each answer, and before asking again (once).
    :param parallel: questions under way at once, at most 255 (the protocol's identifier has one byte).
    """

    address: str
    secret: str = field(repr=False)
    port: int = 1812
    seconds: float = 3.0
    parallel: int = 64


@dataclass(frozen=True, slots=True)
class Question:
    """One MAC and the answer that is right: a VLAN, or ``None`` for a refusal."""

    mac: str
    vlan: int | None
    owner: str


@dataclass(frozen=True, slots=True)
class Answer:
    kind: str
    vlan: str = ""

    def __str__(self) -> str:
        return f"{self.kind} VLAN {self.vlan}" if self.kind == ACCEPT else self.kind


def questions(desired: Desired, hosts: frozenset[str] | None, size: int, refused: int) -> list[Question]:
    """Every entry, or an even sample of ``size``; and up to ``refused`` MACs that must be refused (returned, unknown, multicast)."""
    wanted = desired.wanted(hosts)
    inside = [mac for mac in desired.items if wanted.scope is None or mac in wanted.scope]
    asked = [Question(mac, desired.items[mac]["vlan"], wanted.owners.get(mac, "?")) for mac in sample(inside, size)]
    if refused > 0:
        outside = [mac for mac in desired.refused() if wanted.scope is None or mac in wanted.scope]
        asked += [Question(mac, None, wanted.owners[mac]) for mac in sample(outside, refused)]
        asked += [Question(mac, None, "unknown") for mac in unknown_macs(desired, 5)]
        asked += [Question(f"01005e0053{number:02x}", None, "multicast") for number in range(2)]
    return asked


def ask(server: Server, asked: Sequence[Question], spellings: Sequence[MacFormat] = (FREERADIUS,)) -> dict[str, Answer]:
    """The server's answer to each MAC; spellings take turns.

    :raises WardopsError: E0518 (the server answers nothing), E0519 (no ``radclient``).
    """
    if not asked:
        return {}
    with _secret_file(server.secret) as secret:
        first = _batch(server, secret, asked[:1], spellings, limit=4 * server.seconds + 5)
        if not first:
            raise fail("E0518", f"{server.address}:{server.port}", seconds=2 * server.seconds)
        limit = 60 + len(asked) / 50 + 4 * server.seconds
        return first | _batch(server, secret, asked[1:], spellings, limit) if len(asked) > 1 else first


def compare(asked: Iterable[Question], answers: Mapping[str, Answer]) -> list[dict[str, str]]:
    """Wrong and missing answers, by owner."""
    wrong = []
    for question in asked:
        got = answers.get(question.mac, Answer(NONE))
        right = Answer(REJECT) if question.vlan is None else Answer(ACCEPT, str(question.vlan))
        good = got.kind == REJECT if question.vlan is None else got == right
        if not good:
            wrong.append({"mac": question.mac, "owner": question.owner, "expected": str(right), "got": str(got)})
    return sorted(wrong, key=lambda line: (line["owner"], line["mac"]))


def probe(server: Server, asked: Sequence[Question], spellings: Sequence[MacFormat]) -> dict[str, Any]:
    """Ask and compare.

    :returns: asked, accepted, rejected, unanswered, mismatches (the first 200), mismatches_total, seconds, rate (answers a second).
    """
    start = time.perf_counter()
    answers = ask(server, asked, spellings)
    seconds = time.perf_counter() - start
    wrong = compare(asked, answers)
    kinds = [answer.kind for answer in answers.values()]
    return {
        "asked": len(asked),
        "accepted": kinds.count(ACCEPT),
        "rejected": kinds.count(REJECT),
        "unanswered": len(asked) - len(answers),
        "mismatches": wrong[:SHOWN],
        "mismatches_total": len(wrong),
        "seconds": round(seconds, 3),
        "rate": round(len(answers) / seconds) if seconds else 0,
    }


def _request(question: Question, spelling: MacFormat) -> str:
    name = spelling.render(question.mac)
    lines = (
        f'User-Name = "{name}"',
        f'User-Password = "{name}"',
        f'Calling-Station-Id = "{FREERADIUS.render(question.mac)}"',
        "Service-Type = Call-Check",
        "NAS-Port-Type = Ethernet",
        f"Proxy-State = 0x{question.mac}",
        "Message-Authenticator = 0x00",
    )
    return "\n".join(lines) + "\n\n"


def _batch(server: Server, secret: Path, asked: Sequence[Question], spellings: Sequence[MacFormat], limit: float) -> dict[str, Answer]:
    words = ["-x", "-r", "2", "-t", str(server.seconds), "-p", str(min(255, server.parallel)), "-S", str(secret)]
    command = ["radclient", *words, f"{server.address}:{server.port}", "auth"]
    text = "".join(_request(question, spellings[index % len(spellings)]) for index, question in enumerate(asked))
    try:
        done = subprocess.run(
            command, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, timeout=limit, env=_environment()
        )
    except FileNotFoundError:
        raise fail("E0519", program="radclient", package="freeradius-utils") from None
    except subprocess.TimeoutExpired as late:
        return _parse(late.stdout or b"")
    return _parse(done.stdout)


def _environment() -> dict[str, str]:
    """Without the variables that hold secrets; ``radclient`` needs none."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WARDOPS_")}


def _parse(output: bytes) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    kind = vlan = ""
    for line in output.decode("ascii", "replace").splitlines():
        if not line.startswith("\t"):
            received = line.startswith("Received Access-")
            kind, vlan = (line.split()[1] if received else ""), ""
        elif kind and (match := _VLAN.search(line)):
            vlan = match[1]
        elif kind and (match := _PROXY_STATE.search(line)):
            answers[match[1]] = Answer(kind, vlan)
    return answers


@contextlib.contextmanager
def _secret_file(secret: str) -> Iterator[Path]:
    """The secret where only this user can read it; never in the arguments of a process."""
    with tempfile.NamedTemporaryFile("w", prefix="wardops-", encoding="utf-8") as stream:
        stream.write(secret + "\n")
        stream.flush()
        yield Path(stream.name)
