"""What commands of a simulated device (sim) do: answers, modes, pager, and the verbs of ``do``."""

# ruff: noqa: ARG001 (all verbs are called alike)

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from lab.netsim.configuration import Editor, Tree
from lab.netsim.session import Effect

if TYPE_CHECKING:
    from lab.netsim.shell import Shell

type Verb = Callable[[Shell, tuple[str, ...]], str | None]


def perform(shell: Shell, effect: Effect, groups: tuple[str, ...], line: str, filters: str) -> None:
    """Carry out an effect; a question comes first and holds back the rest."""
    if effect.delay:
        shell.out.append(effect.delay)
    if effect.ask is not None and (effect.ask.when != "unsaved" or shell.device.unsaved):
        shell.ask(effect, groups)
        return
    settle(shell, effect, groups, line, filters)


def settle(shell: Shell, effect: Effect, groups: tuple[str, ...], line: str = "", filters: str = "") -> None:
    """Everything of an effect but its question."""
    device = shell.device
    if effect.adds and effect.adds not in device.added:
        device.added.append(effect.adds)
    if effect.pager is not None and shell.interactive:
        shell.pager = effect.pager if effect.pager >= 0 else int(groups[0])
    if effect.configures:
        configure(shell, line)
    if effect.exact:
        shell.answer_exactly(line, device.render(effect.say))
    else:
        _answer(shell, effect, groups, line, filters)
    for verb in effect.do:
        message = VERBS[verb](shell, groups)
        if message:
            shell.say(message)
    if effect.go:
        go(shell, effect.go)
    if effect.then is not None:
        perform(shell, effect.then, groups, line, filters)


def _answer(shell: Shell, effect: Effect, groups: tuple[str, ...], line: str, filters: str) -> None:
    device = shell.device
    text = device.render(effect.say)
    for place, group in enumerate(groups, 1):
        text = text.replace(f"<<{place}>>", group)
    if effect.show == "ports":
        text += _ports(shell)
    elif effect.show == "difference":
        text += _difference(shell)
    elif effect.show:
        if device.think:
            shell.out.append(device.think)
        body = device.text(effect.show)
        header = device.render(effect.header).replace("<<bytes>>", str(len(body.encode(shell.session.encoding, "replace"))))
        text += header + body + device.render(effect.footer)
    if filters:
        text = _filtered(text, filters)
    if text:
        shell.answer(line, text)


def _ports(shell: Shell) -> str:
    ports = shell.session.ports
    rows = [
        ports.row.format_map({**row, "status": ports.down if row["port"] in shell.device.down else row.get("status", ports.up)})
        for row in ports.rows
    ]
    return shell.device.render(ports.header + "\n".join(row.rstrip() for row in rows) + "\n" + ports.footer)


def _difference(shell: Shell) -> str:
    """Candidate against running, as ``show | compare`` and its kind have it (the real layout is the vendor's own)."""
    before, after = (shell.device.text(kind).splitlines() for kind in ("running", "candidate"))
    return "\n".join(line for line in difflib.unified_diff(before, after, lineterm="", n=1) if not line.startswith(("---", "+++")))


def _filtered(text: str, filters: str) -> str:
    for one in filters.split(" | "):
        word, _, pattern = one.strip().partition(" ")
        lines = text.splitlines()
        if word.startswith(("in", "gr")):
            lines = [line for line in lines if re.search(pattern, line)]
        elif word.startswith("ex"):
            lines = [line for line in lines if not re.search(pattern, line)]
        elif word.startswith("be"):
            lines = lines[next((number for number, line in enumerate(lines) if re.search(pattern, line)), len(lines)) :]
        text = "\n".join(lines)
    return text


def go(shell: Shell, mode: str) -> None:
    """Change to a mode; configuration modes get an editor."""
    target_mode = shell.session.modes[mode]
    if target_mode.config and (shell.editor is None or not shell.editor.path):
        shell.editor = Editor(shell.session.config, shell.device.texts(), mode)
    elif target_mode.config and shell.editor is not None:
        shell.editor.path.clear()
    elif not target_mode.config:
        shell.editor = None
    shell.mode = mode


def target(shell: Shell) -> str:
    """Which configuration typed lines change."""
    top = shell.editor.top if shell.editor else shell.mode
    return "candidate" if shell.session.modes[top].candidate else "running"


def configure(shell: Shell, line: str) -> bool:
    """A line that is no command, in a configuration mode; False when it is not known here."""
    editor, device = shell.editor, shell.device
    if editor is None:
        return False
    wrong = device.faults
    if wrong.refuse_line and re.search(wrong.refuse_line, line):
        return False
    if wrong.lose_line and re.search(wrong.lose_line, line):
        return True
    if not editor.enter(device.tree(target(shell)), line):
        return False
    shell.mode = editor.mode
    if line.split(" ", 1)[0] in ("hostname", "sysname"):
        device.rename(line.split(" ", 1)[1].strip('"'))
    if wrong.isolate and re.search(wrong.isolate, line) and target(shell) == "running":
        _isolate(shell)
    return True


def _isolate(shell: Shell) -> None:
    shell.device.isolated = True
    for close in list(shell.device.closers):
        close()


def feed_done(shell: Shell) -> None:
    """The end of what was fed with ``load … terminal``."""
    lines, kind = shell.feeding or [], shell.feed_kind
    shell.feeding = None
    device = shell.device
    text = "\n".join(lines) + "\n"
    if kind == "override":
        device.set_text("candidate", text)
    elif kind == "merge":
        device.tree("candidate").merge(Tree(shell.session.config, text))
    else:
        refused = [line for line in lines if line.strip() and not configure(shell, line.strip())]
        shell.say(f"{len(refused)} lines refused" if refused else "")
    shell.say("load complete")


# the verbs: each gets the shell and the groups of the pattern, and may give back a message


def _close(shell: Shell, groups: tuple[str, ...]) -> None:
    shell.say(shell.session.farewell)
    shell.end()


def _back(shell: Shell, groups: tuple[str, ...]) -> None:
    """One level up, or out."""
    if shell.editor is not None and shell.editor.leave():
        shell.mode = shell.editor.mode
        return
    leave = shell.session.modes[shell.mode].leave
    if leave:
        go(shell, leave)
    else:
        _close(shell, groups)


def _top(shell: Shell, groups: tuple[str, ...]) -> None:
    """Out of the configuration at once."""
    if shell.editor is not None:
        leave = shell.session.modes[shell.editor.top].leave
        shell.editor = None
        go(shell, leave or shell.session.initial)


def _save(shell: Shell, groups: tuple[str, ...]) -> None:
    shell.device.copy("running", "startup")


def _erase(shell: Shell, groups: tuple[str, ...]) -> None:
    shell.device.set_text("startup", shell.device.render(shell.session.config.factory))


def _restart(shell: Shell, groups: tuple[str, ...]) -> None:
    shell.ended = True
    shell.device.restart()


def _reload_in(shell: Shell, groups: tuple[str, ...]) -> None:
    shell.device.set_alarm(_minutes(groups), shell.device.restart)


def _minutes(groups: tuple[str, ...]) -> float:
    """Minutes from ``10``, ``0:10``, ``00:10:00``; ten where none are given (Junos)."""
    parts = [int(part) for part in (groups[0] if groups and groups[0] else "10").split(":")]
    if len(parts) == 3:
        return parts[0] * 60 + parts[1] + parts[2] / 60
    return parts[0] * 60 + parts[1] if len(parts) == 2 else parts[0]


def _stop_alarm(shell: Shell, groups: tuple[str, ...]) -> None:
    shell.device.stop_alarm()


def _checkpoint(shell: Shell, groups: tuple[str, ...]) -> None:
    shell.device.copy("running", "rollback")


def _revert(shell: Shell, groups: tuple[str, ...]) -> None:
    """Back to the checkpoint; nothing when there is none."""
    if "rollback" in shell.device.trees:
        shell.device.revert("rollback")


def _revert_in(shell: Shell, groups: tuple[str, ...]) -> None:
    """Back to the checkpoint after some minutes, unless confirmed."""
    shell.device.set_alarm(_minutes(groups), shell.device.revert)


def _replace(shell: Shell, groups: tuple[str, ...]) -> None:
    """Running becomes what is saved, without a restart (``configure replace``)."""
    shell.device.revert("startup")


def _commit(shell: Shell, groups: tuple[str, ...]) -> None:
    """The candidate becomes running and is kept (Junos); without a change it only confirms."""
    device = shell.device
    device.stop_alarm()
    if device.text("candidate") != device.text("running"):
        device.copy("running", "rollback")
    _apply(shell, groups)
    device.copy("running", "startup")


def _apply(shell: Shell, groups: tuple[str, ...]) -> None:
    """The candidate becomes running, and is saved only on purpose (EOS, Si-R, FITELnet)."""
    device = shell.device
    candidate = device.text("candidate")
    device.copy("candidate", "running")
    device.trees.pop("candidate", None)
    if device.faults.isolate and re.search(device.faults.isolate, candidate, re.MULTILINE):
        _isolate(shell)


def _commit_confirmed(shell: Shell, groups: tuple[str, ...]) -> None:
    _commit(shell, groups)
    shell.device.set_alarm(_minutes(groups), lambda: _revert_saved(shell))


def _revert_saved(shell: Shell) -> None:
    shell.device.revert("rollback")
    shell.device.copy("running", "startup")


def _discard(shell: Shell, groups: tuple[str, ...]) -> None:
    shell.device.trees.pop("candidate", None)


def _clean(shell: Shell, groups: tuple[str, ...]) -> None:
    """The candidate becomes the factory state."""
    shell.device.set_text("candidate", shell.device.render(shell.session.config.factory))


def _rollback(shell: Shell, groups: tuple[str, ...]) -> None:
    """The candidate becomes the state before the last commit, or (0) the running one."""
    shell.device.copy("rollback" if groups and groups[0] not in ("", "0") and "rollback" in shell.device.trees else "running", "candidate")


def _feed(shell: Shell, groups: tuple[str, ...]) -> None:
    """What follows up to Ctrl-D is configuration."""
    shell.feed_kind = groups[0] if groups else "set"
    shell.feeding = []


def _kick(shell: Shell, groups: tuple[str, ...]) -> None:
    """Throw the other terminals out."""
    others = [close for close in shell.device.closers if getattr(close, "__self__", None) is not getattr(shell, "terminal", None)]
    for close in others:
        close()


VERBS: dict[str, Verb] = {
    "close": _close,
    "back": _back,
    "top": _top,
    "save": _save,
    "erase": _erase,
    "restart": _restart,
    "reload_in": _reload_in,
    "stop_alarm": _stop_alarm,
    "checkpoint": _checkpoint,
    "revert": _revert,
    "revert_in": _revert_in,
    "replace": _replace,
    "apply": _apply,
    "commit": _commit,
    "commit_confirmed": _commit_confirmed,
    "discard": _discard,
    "clean": _clean,
    "rollback": _rollback,
    "feed": _feed,
    "kick": _kick,
}
