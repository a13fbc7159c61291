"""The check sheet for the person who stands before the dead device: HTML and PDF, Japanese, no secret on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...common.report import render
from .impact import Impact
from .intended import DEEDS, Line
from .units import Units

TEMPLATES = Path(__file__).resolve().parent / "templates"
PORT_KINDS = {"access": "アクセス", "uplink": "上位", "trunk": "トランク", "downlink": "下位"}

CONTACTS = (
    ("着手前", "DX戦略課・影響する課", "速報（下の「影響」）"),
    ("10 分以内", "統合運用管理補助事業者", "故障機・影響範囲・交換の見込み"),
    ("ポート復旧後", "影響する課", "業務の動作確認の依頼"),
    ("照合・保存後", "DX戦略課・影響する課", "復旧連絡"),
)


@dataclass(frozen=True, slots=True)
class Before:
    """Links as they were last recorded.

    :param at: Japanese time; :param up: whether a port, as the ledger calls it, had link.
    """

    at: str
    up: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Shown:
    """A line that depends on the unit as people see it: secrets masked."""

    number: int
    deed: str
    before: str
    after: str
    reason: str


def shown(line: Line, before: bytes, after: bytes) -> Shown:
    """:param before: :param after: the masked forms of the line."""
    return Shown(line.number, DEEDS[line.deed], before.decode("utf-8", "replace"), after.decode("utf-8", "replace"), line.reason_ja)


def steps(units: Units, expected: int, by_hand: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What to do, in order, each with a note.

    :param by_hand: how a person loads the platform; empty: a program does.
    """
    dead, spare = units.dead, units.spare
    loading = [("運用担当が playbooks/replace_network_device.yml で設定を流し込み、照合・保存", "照合に失敗すると自動で元に戻る")]
    return [
        (f"予備機 {spare['asset_id']} の製造番号ラベルが {spare['serial']} であることを確認", "違うときは中止し、台帳を直す"),
        (f"故障機 {dead['asset_id']} の製造番号ラベルが {dead['serial']} であることを確認", "隣の機器を外さないための確認"),
        ("下のポート表の「前」に、今のランプの状態を記入", "写真も撮る"),
        ("予備機の電源を入れ、起動を待って電源・状態ランプを確認", "ラックに入れる前に、別の電源で行う"),
        (
            f"コンソールから管理アドレス {dead['mgmt_ip']}(または作業用アドレス)と利用者を設定",
            "工場出荷状態では SSH が使えない。機種ごとの行は手順書を参照",
        ),
        ("コンソールでホスト鍵の指紋を表示し、下の欄と照合して登録", "照合が済むまで接続しない"),
        ("故障機のケーブルに札を付け、電源を切り、外す", "光モジュールは予備機へ移す"),
        (f"予備機を取り付け、ポート表のとおりに挿す(使用 {expected} ポート)", "アップリンクを最初に挿す"),
        *([(step, "この機種は人が流し込む") for step in by_hand] or loading),
        (f"ポート表の「後」にランプの状態を記入し、{expected} ポートの点灯を確認", "消灯しているポートは挿し直す"),
        ("故障機に「修理」の札を付け、設定が入ったまま系統外に出さない", "修理に出す前に設定を消去する"),
    ]


def page(
    units: Units,
    impact: Impact,
    *,
    lines: Sequence[Shown],
    diff: str,
    notice: str,
    site: str,
    ticket: str = "",
    fingerprint: str = "",
    links: Before | None = None,
    by_hand: Sequence[str] = (),
) -> str:
    """:param diff: HTML of the semantic difference (masked), from :func:`..diff.as_html`."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja2, which only pages need

    expected = len(impact.expected_up)
    data = {
        "dead": units.dead,
        "spare": units.spare,
        "warnings": units.warnings,
        "steps": steps(units, expected, by_hand),
        "impact": impact,
        "expected": expected,
        "kinds": PORT_KINDS,
        "lines": lines,
        "changed": "<span" in diff,
        "diff": Markup(diff),  # noqa: S704 - made and escaped by as_html
        "contacts": CONTACTS,
        "notice": notice,
        "site": site,
        "ticket": ticket,
        "fingerprint": fingerprint,
        "links": links,
    }
    return render("sheet.html", data, TEMPLATES)
