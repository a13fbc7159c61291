"""Why a terminal says nothing, and what the computers are that WSUS has and no ring: one class each, from ledger, WSUS and AD together.

The order of the rules is the order of what can be acted on: a terminal that people log on to and that never reports is broken, whatever
its state in the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .compliance import Line, Standing
from .compliance_logons import Logon, Logons
from .snapshots import Snapshot

#: a client reports within a day (detection every 22 hours, and a report after it): what is two days newer was not reported
LATE = dt.timedelta(days=2)
#: a terminal that has been quiet for so long is looked into, whatever its standing
QUIET = dt.timedelta(days=7)


class Reason(StrEnum):
    """Codes of the classes; :data:`WORDS` has what people read."""

    WAITS = "waits"
    BROKEN = "broken"
    MUTE = "mute"
    UNMANAGED = "unmanaged"
    NOT_JOINED = "not_joined"
    DISABLED = "disabled"
    REIMAGED = "reimaged"
    SETUP = "setup"
    LENT = "lent"
    OFF = "off"
    ABSENT = "absent"
    NO_LEDGER = "no_ledger"
    GONE = "gone"
    RETURNING = "returning"
    STOCK = "stock"
    REPAIR = "repair"
    OTHER_LAYER = "other_layer"
    RENAMED = "renamed"
    STALE = "stale"
    NEW = "new"
    UNKNOWN = "unknown"


#: class → its name, what to do
WORDS: Mapping[Reason, tuple[str, str]] = {
    Reason.WAITS: ("承認から日が浅い", "翌日の記録を待つ"),
    Reason.BROKEN: ("ログオンがあるのに WSUS へ報告がない", "端末の Windows Update の設定とサービスを調べる"),
    Reason.MUTE: ("WSUS に接続しているのに報告がない", "端末の Windows Update のログを調べる"),
    Reason.UNMANAGED: ("ログオンがあるのに WSUS に現れない", "GPO（WSUS の設定）が届いているか調べる"),
    Reason.NOT_JOINED: ("WSUS にも AD にも現れない", "現物を確かめる。未設定ならセットアップする"),
    Reason.DISABLED: ("AD のアカウントが無効", "返却・廃棄なら台帳を直す"),
    Reason.REIMAGED: ("再セットアップ後、まだ報告していない", "WSUS への最初の報告を待つ。続くなら設定を調べる"),
    Reason.SETUP: ("設定中", "設定の完了時に適用する"),
    Reason.LENT: ("貸出中", "借受者に電源投入を依頼する"),
    Reason.OFF: ("電源が入っていない", "課に電源投入を依頼する"),
    Reason.ABSENT: ("台帳にあるが WSUS に一度も現れない", "現物と WSUS の設定を確かめる"),
    Reason.NO_LEDGER: ("記録の後に台帳から外れた", "次の記録で消える"),
    Reason.GONE: ("返却・消去・廃棄済みだが WSUS に残る", "WSUS から削除する。動いていれば所在を確かめる"),
    Reason.RETURNING: ("返却待ち", "返却されたら WSUS から削除する"),
    Reason.STOCK: ("在庫", "払い出しの前に適用する"),
    Reason.REPAIR: ("修理中", "戻ったら適用する"),
    Reason.OTHER_LAYER: ("別の系統の台帳にある", "接続先を至急確かめる（三層分離）"),
    Reason.RENAMED: ("名前が変わった", "台帳のコンピュータ名を直す"),
    Reason.STALE: ("再セットアップ前の古い ID", "WSUS から削除する"),
    Reason.NEW: ("記録の後に台帳に載った、またはリングがない", "次の記録で対象になる"),
    Reason.UNKNOWN: ("台帳にない", "持ち主を確かめ、台帳に載せるか外す"),
}
#: classes of computers that are in no ring
OUTSIDE = frozenset(
    (
        Reason.GONE,
        Reason.RETURNING,
        Reason.STOCK,
        Reason.REPAIR,
        Reason.OTHER_LAYER,
        Reason.RENAMED,
        Reason.STALE,
        Reason.NEW,
        Reason.UNKNOWN,
    )
)
_BY_STATUS = {
    "returned": Reason.GONE,
    "wiped": Reason.GONE,
    "disposed": Reason.GONE,
    "return_pending": Reason.RETURNING,
    "stock": Reason.STOCK,
    "repair": Reason.REPAIR,
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a terminal is quiet. :param sign: the last sign of life from anywhere; ``None`` = there is none. :param logon: of the AD."""

    reason: Reason
    sign: dt.datetime | None
    logon: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Outsider:
    """A computer of the server that is in no ring. :param note: its former name, or the other layer."""

    name: str
    id: str
    reason: Reason
    report: dt.datetime | None
    logon: dt.datetime | None
    note: str


def causes(
    found: Sequence[Line], snapshot: Snapshot, status: Mapping[str, str], logons: Logons | None, begin: Mapping[str, dt.datetime]
) -> dict[str, Cause]:
    """Name → cause, for each terminal that is silent, never reported, or has been quiet for :data:`QUIET`.

    :param status: folded name → state in the ledger. :param begin: ring → when it was approved.
    """
    now = dt.datetime.fromisoformat(snapshot.at)
    anew = {name.partition(".")[0].casefold() for kind, name, *_ in snapshot.others if kind == "stale"}
    caused = {}
    for line in found:
        if line.place < 0 or not (line.standing is Standing.SILENT or line.report is None or now - line.report > QUIET):
            continue
        logon = logons.of(line.name) if logons else None
        sync = _moment(snapshot.syncs[line.place]) if snapshot.syncs else None
        signs = [moment for moment in (line.report, sync, logon.last if logon else None) if moment]
        folded = line.name.casefold()
        state = status.get(folded)
        if state in _BY_STATUS or (state is None and line.dept):  # masters have no section and no line in the ledger
            reason = _BY_STATUS[state] if state else Reason.NO_LEDGER
        elif not snapshot.ids[line.place]:
            reason = _never(state, logon, known=logons is not None)
        else:
            fresh = line.ring in begin and now - begin[line.ring] < LATE and line.report is not None
            reason = _quiet(line, state, logon, sync, fresh=fresh, anew=folded in anew)
        caused[line.name] = Cause(reason, max(signs, default=None), logon.last if logon else None)
    return caused


def _never(status: str | None, logon: Logon | None, *, known: bool) -> Reason:
    """For a terminal that the server has never heard of. :param known: whether there is anything from the AD."""
    if logon and logon.last and logon.enabled:
        return Reason.UNMANAGED
    if status == "setup":
        return Reason.SETUP
    if status == "lent":
        return Reason.LENT
    if logon and not logon.enabled:
        return Reason.DISABLED
    return Reason.NOT_JOINED if known and logon is None else Reason.ABSENT


def _quiet(line: Line, status: str | None, logon: Logon | None, sync: dt.datetime | None, *, fresh: bool, anew: bool) -> Reason:
    """For a terminal that the server knows."""
    told = line.report or dt.datetime.min.replace(tzinfo=dt.UTC)
    if logon and logon.last and logon.enabled and logon.last - told > LATE:
        return Reason.BROKEN
    if line.report is None and anew:
        return Reason.REIMAGED
    if sync and sync - told > LATE:
        return Reason.MUTE
    if status in ("setup", "lent"):
        return Reason(status)
    if logon and not logon.enabled:
        return Reason.DISABLED
    return Reason.WAITS if fresh else Reason.OFF


def outsiders(
    snapshot: Snapshot,
    status: Mapping[str, str],
    elsewhere: Mapping[str, str],
    former: Mapping[str, str],
    logons: Logons | None,
) -> list[Outsider]:
    """Computers of the server that are in no ring, by class and name.

    :param elsewhere: folded name → layer, of the other layers' ledgers. :param former: computer id → the name that it bore before.
    """
    found = []
    for kind, name, identity, report, _ in snapshot.others:
        short = name.partition(".")[0].casefold()
        state, note = status.get(short), ""
        if kind == "stale":
            reason = Reason.STALE
        elif state is not None:
            reason = _BY_STATUS.get(state, Reason.NEW)
        elif short in elsewhere:
            reason, note = Reason.OTHER_LAYER, elsewhere[short]
        elif former.get(identity, short).casefold() != short:
            reason, note = Reason.RENAMED, former[identity]
        else:
            reason = Reason.UNKNOWN
        logon = logons.of(name) if logons else None
        found.append(Outsider(name, identity, reason, _moment(report), logon.last if logon else None, note))
    order = list(Reason)
    return sorted(found, key=lambda one: (order.index(one.reason), one.name, one.id))


def _moment(text: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
