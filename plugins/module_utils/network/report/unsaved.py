"""Changes that a device runs and has not saved: the next power failure takes them away."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from ..capture import comparable
from ..platform import load, names
from ..store.history import Change
from ..store.index import Key


def unsaved(texts: Mapping[Key, bytes], sites: Mapping[str, str], platforms: Mapping[str, str]) -> Iterator[Change]:
    """Devices whose stored running and startup configurations differ, as a diff from saved to running, masked.

    A device that never answered with its startup configuration is left out; one whose startup configuration is empty never saved.

    :param texts: masked texts by device and command.
    :param sites: site by device.
    :param platforms: platform by device.
    """
    known = set(names())
    for name, platform in sorted(platforms.items()):
        running, startup = texts.get((name, "running")), texts.get((name, "startup"))
        if platform not in known or running is None or startup is None:
            continue
        saved, runs = (comparable(load(platform), text).split(b"\n") for text in (startup, running))
        if saved != runs:
            lines = difflib.diff_bytes(difflib.unified_diff, saved, runs, lineterm=b"")
            yield Change(name, sites[name], "running", "changed", b"\n".join(list(lines)[2:]) + b"\n")
