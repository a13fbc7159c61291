"""Changes that a device runs and has not saved: the next power failure takes them away."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from ..capture import comparable
from ..platform import load, names
from ..store import history
from ..store.history import Change
from ..store.store import ConfigStore


def unsaved(store: ConfigStore, platforms: Mapping[str, str]) -> Iterator[Change]:
    """Devices whose stored running and startup configurations differ, as a diff from saved to running, masked.

    A device that never answered with its startup configuration is left out; one whose startup configuration is empty never saved.

    :param platforms: platform by device.
    """
    if not store.lines():
        return
    known = set(names())
    keys = [(name, command) for name, platform in platforms.items() if platform in known for command in ("running", "startup")]
    texts, sites = history.texts(store, keys), {key[0]: line.site for key, line in store.lines().items()}
    for name, platform in sorted(platforms.items()):
        running, startup = texts.get((name, "running")), texts.get((name, "startup"))
        if running is None or startup is None:
            continue
        saved, runs = (comparable(load(platform), text).split(b"\n") for text in (startup, running))
        if saved != runs:
            lines = difflib.diff_bytes(difflib.unified_diff, saved, runs, lineterm=b"")
            yield Change(name, sites[name], "running", "changed", b"\n".join(list(lines)[2:]) + b"\n")
