"""The control channel of a running simulation (sim): one JSON object a line over a Unix socket, one JSON object a line back."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .store import Refused
from .world import Terminal
from .worldfile import change_server, moment, update
from .wsus.endpoint import TROUBLE, Endpoint

Words = dict[str, Any]


@dataclass(slots=True)
class Trouble:
    """:param operation: part of a name; empty = any. :param nth: from which matching call on, 1 = the next. :param times: how often."""

    kind: str
    operation: str = ""
    nth: int = 1
    times: int = 1


class Troubles:
    """What shall go wrong, and when; the endpoint asks before each call."""

    def __init__(self) -> None:
        self._waiting: list[Trouble] = []

    def add(self, trouble: Trouble) -> None:
        """:raises ValueError: a kind that no endpoint knows, or numbers below 1."""
        if trouble.kind not in TROUBLE[1:] or trouble.nth < 1 or trouble.times < 1:
            raise ValueError(f"trouble: {trouble}; kinds: {', '.join(TROUBLE[1:])}")
        self._waiting.append(trouble)

    def clear(self) -> None:
        self._waiting.clear()

    def __call__(self, _number: int, operation: str) -> str:
        hit = ""
        for one in self._waiting:
            if one.operation not in operation:
                continue
            if one.nth > 1:
                one.nth -= 1
            elif not hit and one.times:
                one.times -= 1
                hit = one.kind
        self._waiting = [one for one in self._waiting if one.times]
        return hit


class Control:
    """What may be asked of a running simulation; each ``do_`` method is one command."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint, self.world = endpoint, endpoint.world
        self.troubles = Troubles()
        endpoint.trouble = self.troubles
        self.ended = threading.Event()

    def carry_out(self, words: Words) -> Words:
        """:returns: ``{"ok": true, …}``, or ``{"ok": false, "error": …}``: a wrong command harms nothing."""
        given = dict(words)
        name = str(given.pop("do", ""))
        work: Callable[..., Words | None] | None = getattr(self, f"do_{name}", None)
        if work is None:
            known = sorted(one.removeprefix("do_") for one in dir(self) if one.startswith("do_"))
            return {"ok": False, "error": f"unknown: {name}; known: {', '.join(known)}"}
        try:
            with self.endpoint.lock:
                return {"ok": True, **(work(**given) or {})}
        except (Refused, ValueError, TypeError, LookupError, ArithmeticError, OSError) as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}

    # ---- time and the ward

    def do_state(self) -> Words:
        store = self.world.store
        return {
            "now": self.world.now.isoformat(),
            "url": self.endpoint.url,
            "terminals": len(self.world.terminals),
            "updates": {guid: {"revision": one.id.revision, "expired": one.expired} for guid, one in store.updates.items()},
            "groups": {one.name: len(store.members[one.id]) for one in store.groups.values()},
            "approvals": [[one.update.guid, one.update.revision, store.groups[one.group].name] for one in store.approvals.values()],
        }

    def do_advance(self, **by: float) -> Words:
        """``days``, ``hours``, ``minutes`` …: let the ward live."""
        span = dt.timedelta(**by)
        if span < dt.timedelta():
            raise ValueError("time does not go back; 'clock' puts the server's clock wrong")
        self.world.advance(span)
        return {"now": self.world.now.isoformat()}

    def do_clock(self, **off: float) -> None:
        """How far the server's clock is off from now on, back or forth."""
        self.world.clock_off = dt.timedelta(**off)

    def do_publish(self, **words: Any) -> None:
        self.world.publish(update(self.world, words))

    def do_revise(self, update: str, **words: Any) -> Words:
        """A new revision with some fields changed."""
        return {"revision": self.world.revise(update, **words).id.revision}

    def do_expire(self, update: str) -> Words:
        return {"revision": self.world.store.expire(update).id.revision}

    def do_break(self, model: str, update: str, share: float = 1.0) -> None:
        self.world.break_(model, update, share)

    def do_mend(self, model: str, update: str) -> None:
        self.world.mend(model, update)

    def do_lie(self, terminal: str, update: str, until: str) -> None:
        self.world.lie(self._terminal(terminal), update, moment(until))

    def do_reimage(self, terminal: str) -> Words:
        return {"id": self.world.reimage(self._terminal(terminal)).id}

    def do_power(self, terminal: str, on: bool) -> None:
        self._terminal(terminal).on = on

    def _terminal(self, name: str) -> Terminal:
        found = [one for one in self.world.terminals.values() if one.name == name]
        if not found:
            raise KeyError(name)
        # the one that was set up last
        return found[-1]

    # ---- the server

    def do_server(self, **words: Any) -> None:
        change_server(self.world, words)

    def do_trouble(self, **words: Any) -> None:
        self.troubles.add(Trouble(**words))

    def do_calm(self) -> None:
        self.troubles.clear()
        self.endpoint.latency = 0.0

    def do_latency(self, seconds: float) -> None:
        if not 0 <= seconds <= 60:
            raise ValueError(seconds)
        self.endpoint.latency = seconds

    def do_log(self, since: int = 0) -> Words:
        """Calls from the number ``since`` on. Arguments are as the server understood them."""
        calls = self.endpoint.calls[since:]
        names = ("operation", "arguments", "user", "passed_over")
        return {"next": since + len(calls), "calls": [{name: getattr(one, name) for name in names} for one in calls]}

    def do_stop(self) -> None:
        """The service goes away; the process and its world stay."""
        self.endpoint.stop()

    def do_start(self) -> Words:
        if not self.endpoint.running:
            self.endpoint.start()
        return {"url": self.endpoint.url}

    def do_end(self) -> None:
        self.ended.set()


class Channel(socketserver.ThreadingUnixStreamServer):
    """Listens on a Unix socket that its owner alone may use."""

    daemon_threads = True

    def __init__(self, path: Path, control: Control) -> None:
        self.control = control
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Line)
        path.chmod(0o600)


class _Line(socketserver.StreamRequestHandler):
    server: Channel

    def handle(self) -> None:
        for line in self.rfile:
            try:
                words = json.loads(line)
                answer = self.server.control.carry_out(words) if isinstance(words, dict) else {"ok": False, "error": "no object"}
            except ValueError as error:
                answer = {"ok": False, "error": str(error)}
            with contextlib.suppress(BrokenPipeError):
                self.wfile.write(json.dumps(answer, ensure_ascii=False, default=str).encode() + b"\n")


def ask(path: Path, **words: Any) -> Words:
    """Send one command. :raises RuntimeError: it was refused."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(str(path))
        channel.sendall(json.dumps(words, ensure_ascii=False).encode() + b"\n")
        with channel.makefile("rb") as lines:
            answer: Words = json.loads(lines.readline())
    if not answer.pop("ok"):
        raise RuntimeError(str(answer["error"]))
    return answer
