"""Terminals that live with one WSUS server (sim): switched on and off, they look, install, fail, restart and report as the clock is moved.

Everything random comes from the seed, the day and the thing concerned, so that a run is the same however the clock is moved: in one
step of three months or in ten thousand of an hour. States stand in arrays of update × terminal.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from ansible_collections.ward.ops.plugins.module_utils.patch.model import ALL_COMPUTERS, Action, Computer, State, Update, UpdateId

from .store import Store

TOKYO = ZoneInfo("Asia/Tokyo")
_DAY = dt.timedelta(days=1)
_NEVER = np.nan
#: what an install can begin from
_WANTED = (State.NOT_INSTALLED, State.DOWNLOADED, State.FAILED)
Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Habits:
    """How a ward behaves, as shares.

    :param off: of the terminals that are switched off on a day, from and to.
    :param failing: of the installs that fail, from and to.
    :param postponed: of the installs that a user puts off on a day, until the deadline.
    :param lost: of the reports that do not arrive.
    """

    off: tuple[float, float] = (0.08, 0.12)
    failing: tuple[float, float] = (0.02, 0.03)
    postponed: float = 0.2
    lost: float = 0.01


QUIET = Habits((0, 0), (0, 0), 0, 0)


@dataclass(slots=True)
class Terminal:
    """A terminal as the world knows it. :param on: ``False`` = its owner keeps it in a cupboard."""

    index: int
    id: str
    name: str
    model: str = ""
    os: str = "Windows 11 24H2"
    on: bool = True


@dataclass
class World:
    """:param now: UTC. :param seed: of everything that is left to chance."""

    now: dt.datetime
    seed: int = 0
    habits: Habits = field(default_factory=Habits)

    def __post_init__(self) -> None:
        #: how far the server's clock is off; the ward itself lives by the right time
        self.clock_off = dt.timedelta()
        self.store = Store(clock=lambda: self.now + self.clock_off)
        self.terminals: dict[str, Terminal] = {}
        self._all: list[Terminal] = []
        self._rows: dict[str, int] = {}
        self._true = np.zeros((0, 0), np.uint8)
        self._told = np.zeros((0, 0), np.uint8)
        self._minute = np.zeros(0, np.int32)
        self._synced = np.zeros(0)
        self._reported = np.zeros(0)
        self._masks: dict[str, Mask] = {}
        self._masks_of = -1
        self._faults: dict[tuple[str, str], float] = {}
        self._lies: dict[tuple[int, int], dt.datetime] = {}

    # ---- who and what is there

    def add_terminals(self, given: Iterable[tuple[str, str]], os: str = "Windows 11 24H2") -> list[Terminal]:
        """Terminals that speak to the server from now on. :param given: pairs of name and model."""
        new: list[Terminal] = []
        for name, model in given:
            guid = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.seed} {len(self._all)} {name}"))
            terminal = Terminal(len(self._all), guid, name, model, os)
            self._all.append(terminal)
            self.terminals[guid] = terminal
            self.store.enrol(guid)
            new.append(terminal)
        count = len(new)
        fresh = np.full((len(self._rows), count), State.NOT_INSTALLED, np.uint8)
        self._true = np.hstack([self._true, fresh])
        self._told = np.hstack([self._told, np.zeros_like(fresh)])
        # clients look once a day, each at its own minute of the working day
        minutes = np.random.default_rng((self.seed, len(self._all), 1)).integers(8 * 60, 17 * 60, count)
        self._minute = np.append(self._minute, minutes.astype(np.int32))
        self._synced = np.append(self._synced, np.full(count, _NEVER))
        self._reported = np.append(self._reported, np.full(count, _NEVER))
        return new

    def publish(self, update: Update, needed: Callable[[Terminal], bool] = lambda _terminal: True) -> None:
        """A new update, or a new revision; what it replaces is no longer needed where it is installed."""
        self.store.publish(update)
        if update.id.guid not in self._rows:
            self._rows[update.id.guid] = len(self._rows)
            row = np.array([State.NOT_INSTALLED if needed(one) else State.NOT_APPLICABLE for one in self._all], np.uint8)
            self._true = np.vstack([self._true, row.reshape(1, -1)])
            self._told = np.vstack([self._told, np.zeros((1, len(self._all)), np.uint8)])

    def revise(self, guid: str, **changes: object) -> Update:
        """The vendor publishes a new revision. :param changes: fields of the update that are not as before."""
        old = self.store.updates[guid]
        new = replace(old, id=UpdateId(guid, old.id.revision + 1), **changes)  # type: ignore[arg-type]
        self.publish(new)
        return new

    def reimage(self, terminal: Terminal) -> Terminal:
        """Set up anew: the same name, another id, everything to be installed again; what the server knew stays there."""
        terminal.on = False
        return self.add_terminals([(terminal.name, terminal.model)], terminal.os)[0]

    def break_(self, model: str, update: str, share: float = 1.0) -> None:
        """From now on the update fails on that share of a model's terminals, day after day."""
        self._faults[model, update] = share

    def mend(self, model: str, update: str) -> None:
        self._faults.pop((model, update), None)

    def lie(self, terminal: Terminal, update: str, until: dt.datetime) -> None:
        """The terminal says "installed" until then, and has not."""
        self._lies[self._rows[update], terminal.index] = until

    # ---- what a terminal does

    def offered(self, terminal: Terminal) -> list[Update]:
        """Approved for install to a group of the terminal or one above it, needed, neither declined nor withdrawn; oldest first."""
        return [
            update
            for update, mask in self._approved(Action.INSTALL)
            if mask[terminal.index] and self._true[self._rows[update.id.guid], terminal.index] in _WANTED
        ]

    def state(self, terminal: Terminal, update: str) -> State:
        """How the update really stands."""
        return State(int(self._true[self._rows[update], terminal.index]))

    def set_states(self, terminal: Terminal, states: Mapping[str, State]) -> None:
        """How updates stood when a terminal was put away; those that the world does not know are passed over."""
        for guid, state in states.items():
            if guid in self._rows:
                self._true[self._rows[guid], terminal.index] = state

    def install(self, terminal: Terminal, update: Update) -> State:
        """Now; :returns: installed, pending a restart, or failed."""
        at = np.array([terminal.index])
        self._install(update, at)
        return self.state(terminal, update.id.guid)

    def reboot(self, terminal: Terminal) -> None:
        self._restart(np.array([terminal.index]))

    def report(self, terminal: Terminal) -> None:
        """What the server knows of the terminal is as it stands now."""
        self._tell(np.array([terminal.index]), np.array([self.now.timestamp()]), np.array([False]))

    # ---- time

    def advance(self, by: dt.timedelta) -> None:
        """Let time pass: every terminal that is on does its day's work at its own minute."""
        end = self.now + by
        while self.now < end:
            local = self.now.astimezone(TOKYO)
            midnight = dt.datetime.combine(local.date() + _DAY, dt.time(), TOKYO).astimezone(dt.UTC)
            step = min(end, midnight)
            self._day(local, (step - self.now) // dt.timedelta(minutes=1))
            self.now = step

    def _day(self, local: dt.datetime, minutes: int) -> None:
        """A part of one day: ``minutes`` from ``local``."""
        first = local.hour * 60 + local.minute
        day = local.date().toordinal()
        chance = np.random.default_rng((self.seed, day))
        off = chance.random(len(self._all)) < chance.uniform(*self.habits.off)
        lost = chance.random(len(self._all)) < self.habits.lost
        awake = np.fromiter((one.on for one in self._all), bool, len(self._all))
        at = np.flatnonzero(awake & ~off & (self._minute >= first) & (self._minute < first + minutes))
        if not at.size:
            return
        midnight = dt.datetime.combine(local.date(), dt.time(), TOKYO).timestamp()
        times: Times = np.asarray(midnight + 60.0 * self._minute[at], np.float64)
        self._synced[at] = times + self.clock_off.total_seconds()
        self._restart(at)
        for update, mask in self._approved(Action.INSTALL):
            self._client(update, at[mask[at]], times[mask[at]], day)
        for update, mask in self._approved(Action.UNINSTALL):
            row = self._true[self._rows[update.id.guid]]
            there = at[mask[at]]
            row[there[row[there] == State.INSTALLED]] = State.NOT_INSTALLED
        self._tell(at, times, lost[at])

    def _client(self, update: Update, at: Indices, times: Times, day: int) -> None:
        """The automatic update client: download, and install unless the user puts it off and no deadline has passed."""
        number = self._rows[update.id.guid]
        row = self._true[number]
        wanted = np.isin(row[at], _WANTED)
        at, times = at[wanted], times[wanted]
        if not at.size:
            return
        late = self._postponed(update, number, day)[at] & ~self._due(update, at, times)
        row[at[late & (row[at] == State.NOT_INSTALLED)]] = State.DOWNLOADED
        self._install(update, at[~late], day)

    def _postponed(self, update: Update, number: int, day: int) -> Mask:
        if update.asks_user:
            return np.ones(len(self._all), bool)
        return np.random.default_rng((self.seed, day, number, 2)).random(len(self._all)) < self.habits.postponed

    def _due(self, update: Update, at: Indices, times: Times) -> Mask:
        due = np.zeros(len(at), bool)
        for approval in self.store.approvals.values():
            if approval.update.guid == update.id.guid and approval.deadline is not None:
                due |= self._members(approval.group)[at] & (times >= approval.deadline.timestamp())
        return due

    def _install(self, update: Update, at: Indices, day: int | None = None) -> None:
        number = self._rows[update.id.guid]
        day = self.now.astimezone(TOKYO).toordinal() if day is None else day
        chance = np.random.default_rng((self.seed, day, number, 3))
        failing = chance.random(len(self._all)) < chance.uniform(*self.habits.failing)
        for (model, guid), share in self._faults.items():
            if guid == update.id.guid:
                ill = np.fromiter((one.model == model for one in self._all), bool, len(self._all))
                failing |= ill & (np.random.default_rng((self.seed, number, 4)).random(len(self._all)) < share)
        row = self._true[number]
        row[at[failing[at]]] = State.FAILED
        row[at[~failing[at]]] = State.INSTALLED_PENDING_REBOOT

    def _restart(self, at: Indices) -> None:
        part = self._true[:, at]
        done = part == State.INSTALLED_PENDING_REBOOT
        if not done.any():
            return
        part[done] = State.INSTALLED
        for guid, number in self._rows.items():
            here = part[number] == State.INSTALLED
            for older in self.store.updates[guid].supersedes:
                if older in self._rows:
                    row = part[self._rows[older]]
                    row[here & np.isin(row, _WANTED)] = State.NOT_APPLICABLE
        self._true[:, at] = part

    def _tell(self, at: Indices, times: Times, lost: Mask) -> None:
        heard = at[~lost]
        self._told[:, heard] = self._true[:, heard]
        self._reported[heard] = times[~lost] + self.clock_off.total_seconds()
        for (number, index), until in self._lies.items():
            if index in heard and self.now < until:
                self._told[number, index] = State.INSTALLED

    # ---- what the server knows

    def _approved(self, action: Action) -> list[tuple[Update, Mask]]:
        """Updates that are approved for the action and still offered, with the terminals that they are for."""
        masks: dict[str, Mask] = {}
        for approval in self.store.approvals.values():
            update = self.store.updates[approval.update.guid]
            if approval.action is action and not update.declined and not (update.expired and action is Action.INSTALL):
                here = self._members(approval.group)
                masks[update.id.guid] = masks[update.id.guid] | here if update.id.guid in masks else here
        return [(self.store.updates[guid], masks[guid]) for guid in self._rows if guid in masks]

    def _members(self, group: str) -> Mask:
        """Who is in a group or in one below it."""
        if self._masks_of != self.store.generation:
            self._masks, self._masks_of = {}, self.store.generation
        if group not in self._masks:
            if group == ALL_COMPUTERS:
                mask = np.ones(len(self._all), bool)
            else:
                mask = np.zeros(len(self._all), bool)
                names = set[str]().union(*(self.store.members[one] for one in self.store.within(group)))
                mask[[self.terminals[name].index for name in names if name in self.terminals]] = True
            self._masks[group] = mask
        return self._masks[group]

    def computers(self) -> list[Computer]:
        """As the server lists them: those that have been enrolled and not been removed."""
        groups: dict[str, set[str]] = {}
        for guid, names in self.store.members.items():
            for name in names:
                groups.setdefault(name, set()).add(guid)
        return [
            Computer(
                one.id,
                one.name,
                frozenset(groups.get(one.id, ())),
                "",
                _time(self._synced[one.index]),
                _time(self._reported[one.index]),
                one.os,
            )
            for one in self._all
            if one.id in self.store.computers
        ]

    def told(self, update: str) -> npt.NDArray[np.uint8]:
        """What the server knows of an update, by terminal index; nothing of a declined one."""
        if update not in self._rows or self.store.updates[update].declined:
            return np.zeros(len(self._all), np.uint8)
        row: npt.NDArray[np.uint8] = self._told[self._rows[update]]
        return row


def _time(stamp: float) -> dt.datetime | None:
    return None if np.isnan(stamp) else dt.datetime.fromtimestamp(float(stamp), dt.UTC)
