"""The dead device and the spare, as their ledger rows say, and whether the one can take the place of the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...common.problems import Problem, WardopsError, fail
from ...common.ward import Ward

#: columns that go with the unit; all others stay with the place
UNIT = ("asset_id", "vendor", "os_profile", "model", "serial", "mac", "firmware")


@dataclass(frozen=True, slots=True)
class Units:
    """:param dead: row of ``network_devices`` whose place is taken; :param spare: row of the unit that takes it."""

    dead: Mapping[str, str]
    spare: Mapping[str, str]

    @property
    def warnings(self) -> list[str]:
        """What a person must know before going on, in Japanese."""
        found = []
        if self.dead["firmware"] != self.spare["firmware"]:
            found.append(f"ファームウェアが違います: 故障機 {self.dead['firmware'] or '不明'}、予備機 {self.spare['firmware'] or '不明'}")
        if self.dead["model"] != self.spare["model"]:
            found.append(f"型番が違います: 故障機 {self.dead['model']}、予備機 {self.spare['model']}(対応表で読み替え)")
        if self.dead["layer"] != self.spare["layer"]:
            found.append(f"予備機は系統 {self.spare['layer']} の保管品です。工場出荷状態であることを確認してください")
        return found


def find(ward: Ward, dead: str, spare: str) -> Units:
    """The two rows by name, asset number or serial.

    :raises WardopsError: E1701 with everything that is wrong with them.
    """
    rows = ward.table("network_devices").dicts()
    one, other = _row(rows, dead), _row(rows, spare)
    wrong = []
    if one["name"] == other["name"]:
        wrong.append((one, "故障機と予備機が同じです", "dead device and spare are the same"))
    if one["status"] != "active":
        wrong.append((one, f"状態が {one['status']} です(active の機器だけ)", f"its status is {one['status']}, not active"))
    if other["status"] != "spare":
        wrong.append((other, f"状態が {other['status']} です(spare の機器だけ)", f"its status is {other['status']}, not spare"))
    wrong += [(other, f"{column} が空です", f"it has no {column}") for column in ("serial", "mac") if not other[column]]
    if wrong:
        raise WardopsError(
            [Problem("E1701", row["name"], params={"name": row["name"], "what_ja": ja, "what": en}) for row, ja, en in wrong]
        )
    return Units(one, other)


def _row(rows: list[dict[str, Any]], name: str) -> dict[str, str]:
    found = [row for row in rows if name and name in (row["name"], row["asset_id"], row["serial"])]
    if not name:
        raise fail("E1701", "", name="replace_dead, replace_spare", what_ja="指定されていません", what="not given")
    if len(found) != 1:
        raise fail("E1701", name, name=name, what_ja="台帳にありません", what="it is not in the ledger")
    return {key: str(value or "") for key, value in found[0].items()}
