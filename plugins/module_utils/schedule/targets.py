"""One policy, three schedulers: job templates and schedules for AWX, systemd timers, cron.

AWX: data for the modules ``awx.awx.job_template`` and ``awx.awx.schedule``, whose option names are the keys. systemd.time(7), crontab(5).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import yaml

from ..common.calendar import Calendar
from ..common.report import TOKYO
from .model import DAY, Schedule, Schedules, Trigger, trigger

ZONE = "Asia/Tokyo"
_ICAL = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SYSTEMD = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: the playbook that asks the gate and then runs the real one
WRAPPER = "playbooks/run_scheduled.yml"
_HEAD = "# Made from policies/schedules.yml by `wardops schedule write`; do not edit. Days without a run are skipped by the gate.\n"


def rrule(fires: Trigger, minutes: int, since: dt.date) -> str:
    """One line for AWX, within its limits.

    :param minutes: after midnight of the business day.
    :param since: a business day; the rule begins at its first firing on or after it, because AWX counts ``DTSTART`` itself as a run.
    """
    start = _first(fires, minutes, since)
    parts = ["FREQ=DAILY", "INTERVAL=1"]
    if fires.month_day:
        parts = ["FREQ=MONTHLY", "INTERVAL=1", f"BYMONTHDAY={fires.month_day}"]
    elif fires.month:
        parts = ["FREQ=DAILY", "INTERVAL=1", f"BYMONTH={fires.month}"]
    elif len(fires.weekdays) < 7:
        parts = ["FREQ=WEEKLY", "INTERVAL=1", f"BYDAY={','.join(_ICAL[day] for day in sorted(fires.weekdays))}"]
    return f"DTSTART;TZID={ZONE}:{start:%Y%m%dT%H%M%S} RRULE:{';'.join(parts)}"


def _first(fires: Trigger, minutes: int, since: dt.date) -> dt.datetime:
    day = since + (minutes // (24 * 60)) * DAY
    while not fires.fires(day):
        day += DAY
    return dt.datetime.combine(day, dt.time(minutes // 60 % 24, minutes % 60), TOKYO)


def on_calendar(fires: Trigger, minutes: int) -> str:
    """systemd's ``OnCalendar=``, with the zone."""
    days = f"{','.join(_SYSTEMD[day] for day in sorted(fires.weekdays))} " if len(fires.weekdays) < 7 else ""
    month = f"{fires.month:02d}" if fires.month else "*"
    date = f"*-{month}~01" if fires.month_day == -1 else f"*-{month}-{fires.month_day:02d}" if fires.month_day else f"*-{month}-*"
    return f"{days}{date} {minutes // 60 % 24:02d}:{minutes % 60:02d}:00 {ZONE}"


def cron(fires: Trigger, minutes: int) -> str:
    """The five time fields of crontab(5); the last day of the month is not among what they can say, so every day fires."""
    day = str(fires.month_day) if fires.month_day > 0 else "*"
    week = ",".join(str((one + 1) % 7) for one in sorted(fires.weekdays)) if len(fires.weekdays) < 7 else "*"
    return f"{minutes % 60} {minutes // 60 % 24} {day} {fires.month or '*'} {week}"


def triggers(schedule: Schedule, rules: Mapping[str, Mapping[str, Any]]) -> list[tuple[int, Trigger]]:
    """Each time of the schedule with its trigger."""
    return [(minutes, trigger(rules[schedule.calendar], minutes)) for minutes in schedule.times]


def awx(schedules: Schedules, calendar: Calendar, since: dt.date) -> dict[str, bytes]:
    """``schedules.yml``: ``awx_job_templates``, one for each schedule, and ``awx_schedules``, one for each of its times."""
    rules = calendar.rules
    templates, made = [], []
    for one in schedules.items:
        templates.append(_template(schedules, one))
        for minutes, fires in triggers(one, rules):
            suffix = f" {minutes // 60:02d}:{minutes % 60:02d}" if len(one.times) > 1 else ""
            made.append(
                {
                    "name": f"{one.code}{suffix}",
                    "description": one.name_ja,
                    "organization": schedules.organization,
                    "unified_job_template": one.code,
                    "rrule": rrule(fires, minutes, since),
                    "enabled": one.enabled,
                }
            )
    text = yaml.safe_dump({"awx_job_templates": templates, "awx_schedules": made}, allow_unicode=True, sort_keys=False, width=1000)
    return {"schedules.yml": f"---\n{_HEAD}{text}".encode()}


def _template(schedules: Schedules, one: Schedule) -> dict[str, Any]:
    return {
        "name": one.code,
        "description": one.name_ja,
        "organization": schedules.organization,
        "project": schedules.project,
        "playbook": WRAPPER,
        "inventory": one.inventory or "localhost",
        "job_type": "check" if one.check else "run",
        "limit": one.limit,
        "timeout": one.limit_minutes * 60,
        "allow_simultaneous": False,
        "extra_vars": {**one.extra_vars, "scheduled_code": one.code, "scheduled_playbook": one.playbook},
    }


def systemd(schedules: Schedules, calendar: Calendar, home: str) -> dict[str, bytes]:
    """A timer and a service for each schedule that is enabled.

    :param home: folder of the checkout on the control node.
    """
    files = {}
    for one in schedules.items:
        if not one.enabled:
            continue
        moments = "".join(f"OnCalendar={on_calendar(fires, minutes)}\n" for minutes, fires in triggers(one, calendar.rules))
        name = f"wardops-{one.code.replace('_', '-')}"
        title = one.name_ja.replace("%", "%%")  # systemd.unit(5): a percent sign begins a specifier
        # Persistent: a run that was missed while the node was down fires after the start; the gate says whether it is too late
        files[f"{name}.timer"] = (
            f"{_HEAD}[Unit]\nDescription={title}\n\n[Timer]\n{moments}Persistent=true\nAccuracySec=1min\n\n[Install]\nWantedBy=timers.target\n"
        ).encode()
        files[f"{name}.service"] = (
            f"{_HEAD}[Unit]\nDescription={title}\nWants=network-online.target\nAfter=network-online.target\n\n"
            f"[Service]\nType=oneshot\nWorkingDirectory={home}\nExecStart={home}/.venv/bin/python -m wardops gate {one.code} --run\n"
            f"TimeoutStartSec={one.limit_minutes}min\nUMask=0027\n"
        ).encode()
    return files


def crontab(schedules: Schedules, calendar: Calendar, home: str, user: str) -> dict[str, bytes]:
    """A file for ``/etc/cron.d``.

    Debian's cron has no zone of its own, so the machine's must be Asia/Tokyo; in another zone the gate finds no planned moment and says so.
    """
    lines = [_HEAD, "# The machine's time zone must be Asia/Tokyo.\n", "SHELL=/bin/sh\n"]
    for one in schedules.items:
        for minutes, fires in triggers(one, calendar.rules) if one.enabled else ():
            lines.append(f"{cron(fires, minutes)} {user} cd {home} && .venv/bin/python -m wardops gate {one.code} --run\n")
    return {"wardops": "".join(lines).encode()}


def command(schedule: Schedule, home: str) -> list[str]:
    """What the gate runs for systemd and cron: ``ansible-playbook`` with everything that the policy says."""
    inventory = f"{home}/inventories/{schedule.inventory}" if schedule.inventory else "localhost,"
    words = [f"{home}/.venv/bin/ansible-playbook", "-i", inventory, f"{home}/playbooks/{schedule.playbook}"]
    if schedule.limit:
        words += ["--limit", schedule.limit]
    if schedule.check:
        words += ["--check", "--diff"]
    if schedule.extra_vars:
        words += ["--extra-vars", json.dumps(dict(schedule.extra_vars), ensure_ascii=False, sort_keys=True)]
    return words
