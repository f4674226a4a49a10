"""The states in which a study can be, each built three times: Ana's own, her child's, and a walk-in's.

Times are said backwards from `NOW`, the moment at which the matrix asks.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

NOW = dt.datetime(2026, 6, 17, 15, 0, tzinfo=dt.UTC)
SECOND, HOUR, DAY = dt.timedelta(seconds=1), dt.timedelta(hours=1), dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class State:
    """How one study stands. `started` is how long ago its release clock began."""

    started: dt.timedelta = 3 * DAY
    release: str = "auto"
    released_ago: dt.timedelta | None = None
    hand_delivery: bool = False
    hidden: bool = False
    payer: str = "quisqueya"  # identifier of a company, "" for none
    exclusive: bool = False
    order: bool = True
    ordered_by: str = "diaz"
    own_delay: int | None = None  # hours, of the exam type; one of 12 has 72 at the site LENTO
    read_ago: dt.timedelta | None = None
    site: str = "NORTE"
    matched: bool = True
    reports: tuple[tuple[str, Any], ...] = (("final", 2 * DAY),)  # status, final how long ago


def _report(status: str, final_ago: dt.timedelta | None = None) -> tuple[tuple[str, Any], ...]:
    return ((status, final_ago),)


STATES = {
    # the release clock (2.4): 24 hours unless the type of exam has its own
    "released": State(),
    "released_this_second": State(started=DAY, reports=_report("final", 2 * HOUR)),
    "pending_a_second_more": State(started=DAY - SECOND, reports=_report("final", 2 * HOUR)),
    "pending": State(started=3 * HOUR, reports=_report("final", HOUR)),
    "released_by_hand": State(started=3 * HOUR, release="now", released_ago=HOUR),
    "released_by_hand_later": State(started=3 * HOUR, release="now", released_ago=-SECOND),
    "withheld": State(release="held"),
    "delay_none": State(started=SECOND, own_delay=0, reports=_report("final", SECOND)),
    "delay_48_over": State(started=2 * DAY, own_delay=48, reports=_report("final", DAY)),
    "delay_48_running": State(started=2 * DAY - SECOND, own_delay=48, reports=_report("final", DAY)),
    # a slow site has 48 hours; a type goes before it, and a type at that site before both
    "site_48_over": State(started=2 * DAY, site="LENTO", reports=_report("final", DAY)),
    "site_48_running": State(started=2 * DAY - SECOND, site="LENTO", reports=_report("final", DAY)),
    "type_before_site": State(started=DAY, site="LENTO", own_delay=0, reports=_report("final", DAY)),
    "delay_12_elsewhere": State(started=DAY / 2, own_delay=12, reports=_report("final", DAY / 2)),
    "type_and_site_72_over": State(started=3 * DAY, site="LENTO", own_delay=12),
    "type_and_site_72_running": State(started=3 * DAY - SECOND, site="LENTO", own_delay=12),
    # hand delivery (2.3)
    "hand_delivery": State(hand_delivery=True),
    "hand_delivery_by_hand": State(hand_delivery=True, release="now", released_ago=HOUR),
    # exclusivity (4.3) and what may yet prove exclusive
    "exclusive": State(payer="arl", exclusive=True),
    "exclusive_by_hand": State(payer="arl", exclusive=True, release="now", released_ago=HOUR),
    "unlinked": State(order=False),
    "unlinked_by_hand": State(order=False, release="now", released_ago=HOUR),
    "unmatched": State(order=False, matched=False, reports=()),
    # what the patient hides (2.20)
    "hidden": State(hidden=True),
    # days online (2.19)
    "online_45_days": State(started=45 * DAY),
    "online_45_days_less_a_second": State(started=45 * DAY - SECOND),
    # reports (2.3, 10.5)
    "report_none": State(reports=()),
    "report_registered": State(reports=_report("registered")),
    "report_partial": State(reports=_report("partial")),
    "report_preliminary": State(reports=_report("preliminary")),
    "report_amended": State(reports=_report("amended", DAY)),
    "report_cancelled": State(reports=_report("cancelled", DAY)),
    "report_final_in_a_second": State(reports=_report("final", -SECOND)),
    "report_final_5_hours": State(reports=_report("final", 5 * HOUR)),
    "report_final_before_by_hand": State(
        started=3 * HOUR, release="now", released_ago=HOUR, reports=_report("final", HOUR)
    ),
    "report_final_after_by_hand": State(
        started=3 * HOUR, release="now", released_ago=HOUR, reports=_report("final", HOUR - SECOND)
    ),
    "reports_cancelled_and_final": State(reports=(("cancelled", DAY), ("final", DAY))),
    # doctor first: the delay runs from the reading, at the latest from the seventh day (2.4, setting)
    "read_a_day_ago": State(read_ago=DAY),
    "read_a_day_ago_less_a_second": State(read_ago=DAY - SECOND),
    "unread_8_days": State(started=8 * DAY),
    "unread_8_days_less_a_second": State(started=8 * DAY - SECOND),
    # whom the order names, and where it was done
    "ordered_by_egea": State(ordered_by="egea"),
    "ordered_by_nobody": State(ordered_by=""),
    "paid_by_nobody": State(payer=""),
    "other_site": State(site="CENTRO"),
    "no_site": State(site=""),
}
COPIES = ("adult", "child", "walkin")
