"""How a platform writes, takes and saves a configuration, as data: ``dialects.yml``.

The platform files say how a configuration is *read*. This file says what its text means and how it is put back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from ..common.problems import fail
from .tree import Block, Order, Style

FILE = Path(__file__).with_name("dialects.yml")
#: what a device says about its text, on platforms of many makers
_HEADS = r"Building configuration|Current configuration|Using \S+ out of"
Rollback = Literal["timer", "confirm", "checkpoint", "inverse"]


@dataclass(frozen=True, slots=True)
class Sensitive:
    """Lines that belong to one unit of hardware.

    :param pattern: matched against a line without leading blanks.
    :param action: ``remove`` (with everything below it) or ``mark`` (it is kept; a person looks).
    """

    pattern: re.Pattern[bytes]
    action: Literal["remove", "mark"]
    reason_ja: str
    reason: str


@dataclass(frozen=True, slots=True)
class Loading:
    """How lines are put into a device of the platform; commands are typed as they stand here.

    :param driver: netmiko's device type.
    :param enter: commands that lead from the first prompt (after ``enable``) into configuration.
    :param leave: commands that lead back.
    :param climb: lines that lead out of one block; ``{word}`` is the first word of the line that opened it.
    :param paste: takes a whole configuration up to Ctrl-D in place of single lines.
    :param errors: what a refused line answers.
    :param rollback: ``timer``: ``arm`` before and ``cancel`` after; the device restarts with what was saved. ``confirm``: lines wait in a
        candidate; ``commit`` (with a time limit), then ``confirm``; ``abandon`` before and ``discard`` after the commit. ``checkpoint``:
        ``arm`` before, ``discard`` to go back, ``cancel`` after; ``{stamp}`` in these is one name for the whole load. ``inverse``: the
        lines that undo what was typed.
    :param enable: with the driver ``generic``: the word that leads to privilege; :param setup: turns the pager off.
    :param saved: what proves it, where a device also prints warnings that look like errors; else the absence of errors does.
    :param literal: the key that makes the next one a sign of the text (Ctrl-V), where the platform has one.
    :param save: commands after which the configuration survives a restart, in the mode of the first prompt.
    """

    driver: str
    enter: tuple[str, ...]
    leave: tuple[str, ...]
    climb: tuple[str, ...]
    errors: re.Pattern[bytes]
    rollback: Rollback
    arm: tuple[str, ...]
    cancel: tuple[str, ...]
    commit: tuple[str, ...]
    confirm: tuple[str, ...]
    abandon: tuple[str, ...]
    discard: tuple[str, ...]
    paste: str
    save: tuple[str, ...]
    running: str
    answers: tuple[tuple[re.Pattern[bytes], bytes], ...]
    access: tuple[re.Pattern[bytes], ...]
    cuts: tuple[re.Pattern[bytes], ...]
    link_row: re.Pattern[bytes] | None
    link_up: re.Pattern[bytes] | None
    port: str
    saved: re.Pattern[bytes] | None
    enable: str
    setup: tuple[str, ...]
    literal: bytes


@dataclass(frozen=True, slots=True)
class ByHand:
    """Why a person loads the platform, and what that person does, in order, in Japanese."""

    reason_ja: str
    reason: str
    steps_ja: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One platform's ways."""

    name: str
    style: Style
    sensitive: tuple[Sensitive, ...]
    loading: Loading | None
    by_hand: ByHand | None  # where there is no loading


@lru_cache(maxsize=1)
def _document() -> Mapping[str, Any]:
    document: Mapping[str, Any] = yaml.safe_load(FILE.read_bytes())
    return document


def names() -> list[str]:
    return sorted(_document()["platforms"])


@lru_cache(maxsize=64)
def dialect(platform: str) -> Dialect:
    """:raises WardopsError: E1700 for a platform that is not in the file."""
    document = _document()
    if platform not in document["platforms"]:
        raise fail("E1700", platform=platform, known=", ".join(names()))
    data = {**document["families"][document["platforms"][platform]["family"]], **document["platforms"][platform]}
    sensitive = tuple(
        Sensitive(_pattern(one["line"]), one["action"], one["reason_ja"], one["reason"])
        for one in [*document["sensitive"], *data.get("sensitive", ())]
    )
    hand = data.get("by_hand")
    by_hand = ByHand(hand["reason_ja"], hand["reason"], tuple(hand["steps_ja"])) if hand else None
    return Dialect(platform, _style(data), sensitive, _loading(data), by_hand)


def _pattern(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode())


def _style(data: Mapping[str, Any]) -> Style:
    orders = [Order(_pattern(one["within"]), _pattern(one["lines"])) for one in data.get("orders", ())]
    blocks = [Block(_pattern(one["start"]), _pattern(one["end"]) if "end" in one else None) for one in data.get("blocks", ())]
    return Style(
        kind=data.get("kind", "indent"),
        comment=_pattern("|".join([_HEADS, data["comment"], *data.get("volatile", ())])),
        closers=frozenset(word.encode() for word in data.get("closers", ())),
        blocks=tuple(blocks),
        orders=tuple(orders),
        singles=_pattern("|".join(data["singles"])) if data.get("singles") else None,
        separator=data.get("separator", "").encode(),
        depth=data.get("depth", 0),
        negation=data.get("negation", "no").encode(),
    )


def _loading(data: Mapping[str, Any]) -> Loading | None:
    given = data.get("loading")
    if given is None:
        return None
    words = {
        name: tuple(given.get(name, ()))
        for name in ("enter", "leave", "climb", "arm", "cancel", "commit", "confirm", "abandon", "discard", "save", "setup")
    }
    if given["rollback"] not in ("timer", "checkpoint"):
        words |= {"arm": (), "cancel": ()}  # of the platform from which the others were taken
    return Loading(
        driver=given["driver"],
        errors=_pattern(given["errors"]),
        rollback=given["rollback"],
        running=given["running"],
        paste=given.get("paste", ""),
        answers=tuple((_pattern(one["asks"]), one["answer"].encode()) for one in given.get("answers", ())),
        access=tuple(_pattern(one) for one in given.get("access", ())),
        cuts=tuple(_pattern(one) for one in given.get("cuts", ())),
        link_row=_pattern(given["link_row"]) if "link_row" in given else None,
        link_up=_pattern(given["link_up"]) if "link_up" in given else None,
        port=given.get("port", ""),
        saved=_pattern(given["saved"]) if "saved" in given else None,
        enable=given.get("enable", ""),
        literal=given.get("literal", "").encode(),
        **words,
    )
