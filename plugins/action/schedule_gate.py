"""Action ``ward.ops.schedule_gate``: whether a scheduled playbook runs now; takes the run, and writes its end down."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError, fail
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.schedule.gate import RUN, SKIP, Records, decide
from ansible_collections.ward.ops.plugins.module_utils.schedule.model import Schedule, Slot, read_schedules

ARGUMENTS = {
    "ward": {"type": "path", "required": True},
    "schedule": {"type": "str", "required": True},
    "playbook": {"type": "str"},
    "state": {"type": "path"},
    "at": {"type": "str"},
    "ended": {"type": "str"},
}


class ActionModule(ActionBase):
    """Arguments in, core, result out."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            ward = Ward(Path(arguments["ward"]))
            schedule = read_schedules(ward).get(arguments["schedule"])
            if arguments["playbook"] not in (None, schedule.playbook):
                raise fail("E1823", schedule=schedule.code, expected=schedule.playbook, given=arguments["playbook"])
            records = Records(Path(arguments["state"])) if arguments["state"] else None
            if arguments["ended"]:
                return result | self._end(schedule, records, arguments["ended"])
            return result | self._ask(schedule, Calendar.of(ward), records, arguments["at"])
        except WardopsError as error:
            return {**result, **error.result()}

    def _ask(self, schedule: Schedule, calendar: Calendar, records: Records | None, at: str | None) -> dict[str, Any]:
        now = _moment(at)
        decision = decide(schedule, calendar, now, records)
        verdict, text, changed = decision.verdict, decision.text, False
        if verdict == RUN and records and decision.slot:
            changed = self._task.check_mode or records.claim(schedule, decision.slot, now)
            if not changed:
                verdict, text = SKIP, f"{schedule.code}: 同時に起動した別の実行に任せます"
        key = decision.slot.key if decision.slot else ""
        missed = [slot.key for slot in decision.missed]
        return {"changed": changed, "verdict": verdict, "run": verdict == RUN, "msg": text, "slot": key, "missed": missed}

    def _end(self, schedule: Schedule, records: Records | None, key: str) -> dict[str, Any]:
        if records and not self._task.check_mode:
            start = dt.datetime.strptime(key, "%Y-%m-%dT%H%M")
            records.end(schedule, Slot(start.date(), start), dt.datetime.now(dt.UTC), 0)
        return {
            "changed": records is not None,
            "verdict": "ended",
            "run": False,
            "msg": f"{schedule.code}: 終了",
            "slot": key,
            "missed": [],
        }


def _moment(text: str | None) -> dt.datetime:
    if not text:
        return dt.datetime.now(dt.UTC)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise fail("E0111", value=text) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=9)))
