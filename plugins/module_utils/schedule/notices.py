"""When notices of maintenance are due (specification IV-2-(1) to (4)). Dates only; the texts are made elsewhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ..common.calendar import Calendar


@dataclass(frozen=True, slots=True)
class NoticeDates:
    """Due days of one maintenance.

    :param mail: to all sections and the ICT instructors: one week before, pulled forward to a business day; (1).
    :param board: the notice board for the maintenance, on the same day; (2).
    :param announcement: the text of the announcement to 総務課, on the day itself, on a closed day the business day before; (3).
    :param back: the notice board for normal work: the next business day, and not before the maintenance has ended; (4).
    :param late: the one-week notice would have been due before today: an unplanned maintenance, told at once.
    """

    mail: dt.date
    board: dt.date
    announcement: dt.date
    back: dt.date
    late: bool


def notice_dates(calendar: Calendar, start: dt.datetime, end: dt.datetime, today: dt.date) -> NoticeDates:
    """Due days for a maintenance from ``start`` to ``end`` (Asia/Tokyo).

    When the one-week day is past, the notice is due on the next business day from today on, but never after the maintenance's day.

    :raises WardopsError: E1803.
    """
    day = start.date()
    planned = calendar.week_before(day)
    due = planned if planned >= today else min(calendar.on_or_after(today), max(day, today))
    back = max(calendar.add(day, 1), calendar.on_or_after(end.date()))
    return NoticeDates(mail=due, board=due, announcement=calendar.on_or_before(day), back=back, late=planned < today)
