"""Settles on a real WSUS server what could not be checked without one. Reads only; goes on after each point that fails."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...common.problems import WardopsError
from ..model import Approval, ServerInfo, WsusServer
from .powershell import PowerShellWsus
from .soap import SoapWsus
from .wire import protocol

#: verdicts
SAME, DIFFERS, OPEN = "想定どおり", "相違", "未確定"
_OLD = dt.timedelta(days=7)
_NOTHING = "wardops-no-update-has-this-in-its-title"


@dataclass(frozen=True, slots=True)
class Finding:
    """One point. ``seen`` is what this server showed, ``expected`` what the code takes it to be."""

    point: str
    verdict: str
    seen: str
    expected: str = ""

    @property
    def line(self) -> str:
        rest = f"（想定: {self.expected}）" if self.expected and self.verdict != SAME else ""
        return f"[{self.verdict}] {self.point}: {self.seen}{rest}"


def examine(server: WsusServer) -> list[Finding]:
    """All points, in the order of the list in ``docs/developers-wsus.md``.

    :raises WardopsError: only when the server cannot be spoken to at all.
    """
    info = server.info()
    found = list(_general(info))
    found += _each(
        ("グループと端末 / groups and computers", lambda: _sets(server)),
        ("承認 / approvals", lambda: _approvals(server)),
        ("カタログ / catalogue", lambda: _catalogue(server)),
    )
    if isinstance(server, SoapWsus):
        found += _soap(server)
    if isinstance(server, PowerShellWsus):
        found.append(Finding("PowerShell (server.ps1)", SAME, "全ての読み取りが応答 / every read answered"))
    found.append(_writes(info))
    return found


def _each(*points: tuple[str, Callable[[], Iterator[Finding]]]) -> list[Finding]:
    found: list[Finding] = []
    for name, check in points:
        try:
            found += check()
        except WardopsError as error:
            found += [Finding(name, DIFFERS, f"{one.code} {one.text('ja')}") for one in error.problems[:5]]
    return found


def _general(info: ServerInfo) -> Iterator[Finding]:
    yield Finding("版 / version", SAME, f"{info.version}, protocol {info.protocol}")
    yield Finding("役割 / role", SAME, info.role.name.lower())
    yield Finding("レプリカ / replica", SAME, "はい（確認だけを行います）/ yes: verified only" if info.replica else "いいえ / no")
    rules = ", ".join(info.rules) or "なし / none"
    yield Finding("有効な自動承認規則 / automatic rules that are on", DIFFERS if info.rules else SAME, rules, "なし / none")
    targeting = "サーバー側 / server" if info.server_side_targeting else "端末側（GPO）/ client"
    yield Finding("グループの割り当て / targeting", SAME, targeting)
    if info.synchronised is None:
        yield Finding("最終同期 / last synchronisation", DIFFERS, "なし / never", "7 日以内 / within 7 days")
    else:
        old = dt.datetime.now(dt.UTC) - info.synchronised > _OLD
        yield Finding(
            "最終同期 / last synchronisation", DIFFERS if old else SAME, info.synchronised.isoformat(), "7 日以内 / within 7 days"
        )


def _sets(server: WsusServer) -> Iterator[Finding]:
    groups = server.groups()
    yield Finding("グループ / groups", SAME, str(len(groups)))
    computers = server.computers()
    never = sum(one.last_report is None for one in computers)
    yield Finding("端末 / computers", SAME, f"{len(computers)}（未報告 / never reported: {never}）")
    twice = sorted(name for name, count in Counter(one.name.casefold() for one in computers).items() if count > 1)
    if twice:
        yield Finding("同じ名前の端末 / names twice (set up anew)", SAME, f"{len(twice)}: {', '.join(twice[:5])}")


def _approvals(server: WsusServer) -> Iterator[Finding]:
    approvals = server.approvals()
    keys = Counter(one.key for one in approvals)
    twice = sum(count > 1 for count in keys.values())
    yield Finding(
        "承認のキー / one approval for a key", DIFFERS if twice else SAME, f"{len(approvals)}（重複 / twice: {twice}）", "重複なし / none"
    )
    yield _administrators(server, approvals)


def _administrators(server: WsusServer, approvals: list[Approval]) -> Finding:
    """Whether the server writes down the name that is sent, or the account that sent it."""
    names = Counter(one.administrator for one in approvals)
    shown = ", ".join(f"{name or '-'} ×{count}" for name, count in names.most_common(5)) or "承認なし / no approvals"
    user = server.settings.user if isinstance(server, SoapWsus) else ""
    verdict = SAME if user and user in names else OPEN
    return Finding("adminName の記録 / administrator as recorded", verdict, shown, f"送った名前のまま / as sent ({user})")


def _catalogue(server: WsusServer) -> Iterator[Finding]:
    updates = server.updates()
    unclassified = sum(not one.classification_id for one in updates if not one.declined)
    yield Finding("更新プログラム / updates", SAME, f"{len(updates)}（拒否 / declined: {sum(one.declined for one in updates)}）")
    yield Finding("分類の GUID / classification by title", DIFFERS if unclassified else SAME, f"不明 / unknown: {unclassified}", "0")


def _soap(server: SoapWsus) -> list[Finding]:
    return _each(
        ("UPDATE の行 / update row", lambda: _update_row(server)),
        ("INFO の行 / state row", lambda: _state_row(server)),
        ("deploymentAction", lambda: _deployment_actions(server)),
        ("空の検索 / empty search", lambda: _empty_search(server)),
        ("GetSubscriptionState", lambda: _synchronising(server)),
        ("認証 / authentication", lambda: _authentication(server)),
    )


def _update_row(server: SoapWsus) -> Iterator[Finding]:
    table: dict[str, list[list[Any]]] = server.call("ExecuteSPSearchUpdates", **server.every_update())
    rows = table.get("minimalProperties", [])
    widths = Counter(len(row) for row in rows)
    shown = ", ".join(f"{width} 列 × {count}" for width, count in sorted(widths.items())) or "更新なし / no updates"
    verdict = OPEN if not rows else SAME if set(widths) == {37} else DIFFERS
    yield Finding("UPDATE の行の幅 / width of the update row", verdict, shown, "37")
    sides = ", ".join(f"{name} {len(rows)}" for name, rows in table.items() if name != "minimalProperties")
    yield Finding("CompleteUpdates", SAME, sides or "-")
    yield Finding("SOAPAction", SAME, f'"{protocol().namespace}/<Operation>" に応答 / answered')


def _state_row(server: SoapWsus) -> Iterator[Finding]:
    approved = sorted({one.update.guid for one in server.approvals()})
    words = {"computerTargetScopeXml": protocol().values["every_computer"]}
    for update in approved[:5]:
        rows = server.call("ExecuteSPGetUpdateInstallationInfoForUpdate", updateId=update, **words)
        if rows:
            protocol().rows["state"].read(rows[0])
            count = len(list(server.states([update])))
            widths = sorted({len(row) for row in rows})
            verdict = SAME if widths == [5] else DIFFERS
            yield Finding("INFO の行 / state row", verdict, f"{widths} 列、{count} 台 / cells, computers", "5 列 / cells")
            return
    yield Finding("INFO の行 / state row", OPEN, "承認済みの更新に報告がない / no reports of approved updates")


def _deployment_actions(server: SoapWsus) -> Iterator[Finding]:
    rows = server.call("ExecuteSPGetDeployments", **server.every_update())
    actions = Counter(row[2] for row in rows if len(row) > 2)
    shown = ", ".join(f"{action} × {count}" for action, count in sorted(actions.items(), key=str)) or "承認なし / none"
    known = set(actions) <= {0, 1, 2, 3}
    yield Finding("deploymentAction の値 / numbers", SAME if known else DIFFERS, shown, "0 と 1 だけを送る / only 0 and 1 are sent")


def _empty_search(server: SoapWsus) -> Iterator[Finding]:
    scope = f'<UpdateScope ApprovedStates="-1" TextIncludes="{_NOTHING}" />'
    try:
        table = server.call("ExecuteSPSearchUpdates", **{**server.every_update(), "updateScopeXml": scope})
        rows = len(table.get("minimalProperties", []))
        verdict = SAME if not rows else DIFFERS
        yield Finding(
            "空の検索 / empty search", verdict, f"{rows} 行 / rows", "空の一覧か WsusObjectNotFoundException / an empty list or that fault"
        )
    except WardopsError as error:
        one = error.problems[0]
        verdict = SAME if one.code == "E1947" else DIFFERS
        yield Finding("空の検索 / empty search", verdict, f"{one.params.get('type')}", "WsusObjectNotFoundException")


def _synchronising(server: SoapWsus) -> Iterator[Finding]:
    state = server.call("GetSubscriptionState")
    phases = [row[:3] for row in server.call("GetServerSyncProgress")]
    yield Finding("GetSubscriptionState", OPEN, f"{state}（進捗 / progress: {phases}）", "同期中は 2 か 3 / 2 or 3 while it runs")


def _authentication(server: SoapWsus) -> Iterator[Finding]:
    kind, bound = server.negotiated
    shown = (
        f"{kind or 'なし / none'}, {'TLS' if server.settings.tls else 'HTTP'}, channel binding {'送信 / sent' if bound else 'なし / none'}"
    )
    yield Finding("認証 / authentication", SAME if kind and bound else DIFFERS, shown, "ntlm か kerberos、TLS、channel binding")


def _writes(info: ServerInfo) -> Finding:
    seen = f"役割 / role: {info.role.name.lower()}。最初の先行適用で確定 / settled by the first pilot approval"
    return Finding("承認の取り消しの権限 / DeleteDeployment by this account", OPEN, seen, "administrator で可 / works for an administrator")
