"""Was the customer new, existing or won back? Decided when the deal was created, from the company's earlier wins."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded, Rate, wilson
from vunnet.analysis.clock import milliseconds
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Shown
from vunnet.analysis.win_rate import closed

FIRST = "first_in_records"
STATUSES = ("new", FIRST, "existing", "won_back")
BACK = ibis.interval(months=24)
NO_COMPANIES = NotRecorded("no companies are recorded")
NO_DATES = NotRecorded("no creation and closing dates are recorded")


@dataclass(frozen=True)
class CustomerStatus(Shown):
    """Win rate by what the customer was when the deal was created; `unknown` closed deals name no company.

    `compared` is False while any deal is only first in our records: young records make early deals look new, and
    early on only wins are seen.
    """

    rates: dict[str, Rate]
    unknown: int
    compared: bool

    def to_json(self) -> dict[str, object]:
        by_status = {status: self.rates[status].to_json() for status in STATUSES}
        return by_status | {"unknown": self.unknown, "compared": self.compared}


def customer_status(prepared: Prepared, closed_in: Period | None = None) -> CustomerStatus | NotRecorded:
    """The win rate of closed deals by customer status at creation.

    Existing: an earlier win of the same company within 24 months before the deal's creation; won back: the last one
    before that; new: none, with records that reach back 24 months before creation; first in our records: none, in
    younger records. Where no earlier win is recorded, a known day on which the company first bought decides: from the
    day of creation on it makes the customer new; before it existing, or won back where the records show 24 months
    without a win.
    """
    why_not = unknown_status(prepared)
    if why_not:
        return why_not
    deals = with_status(prepared, closed(prepared, closed_in))
    tally = deals.group_by("status").aggregate(won=deals.count(where=deals.outcome == "won"), closed=deals.count())
    found = {row["status"]: (row["won"], row["closed"]) for row in engine.rows(tally)}
    rates = {status: wilson(*found.get(status, (0, 0))) for status in STATUSES}
    return CustomerStatus(rates, found.get(None, (0, 0))[1], rates[FIRST].closed == 0)


def unknown_status(prepared: Prepared) -> NotRecorded | None:
    """Why the source cannot tell new customers from existing ones, or None where it can."""
    if not prepared.has("company"):
        return NO_COMPANIES
    return None if prepared.created_recorded and prepared.closed_recorded else NO_DATES


def with_status(prepared: Prepared, deals: ir.Table) -> ir.Table:
    """Deals with `status` at creation; null where company or creation date is missing."""
    return deals.left_join(statuses(prepared), "deal_id").drop("deal_id_right")


def statuses(prepared: Prepared) -> ir.Table:
    """deal_id and status of every deal of a company. Earlier wins of any pipeline and owner count."""
    if "statuses" not in prepared.kept:
        prepared.kept["statuses"] = engine.keep(_statuses(prepared))
    found: ir.Table = prepared.kept["statuses"]
    return found


def _statuses(prepared: Prepared) -> ir.Table:
    events = _events(prepared)
    until_now = ibis.window(group_by=events.company, order_by=events.order, rows=(None, 0))
    seen = events.mutate(
        last_win=events.win_at.max().over(until_now),
        since=events.since.min().over(ibis.window(group_by=events.company)),
    )
    asked = seen.filter(~seen.is_win)
    unseen, covered, lately = asked.last_win.isnull(), _reaches_back(prepared, asked.moment), asked.moment - BACK
    bought = (asked.since < asked.moment.date()).fill_null(False)
    status = ibis.cases(
        (unseen & bought & covered & (asked.since < lately.date()), "won_back"),
        (unseen & bought, "existing"),
        (unseen & (covered | asked.since.notnull()), "new"),
        (unseen, FIRST),
        (asked.last_win >= lately, "existing"),
        else_="won_back",
    )
    return asked.select("deal_id", status=status)


def _events(prepared: Prepared) -> ir.Table:
    """Creations and wins of each company; `order` is their time, a creation before a win of the same moment, which is
    not earlier; a win counts also where nobody knows when that deal was opened. One whole number sorts faster than two columns. `since`: when it first bought, where that is known by
    `as_of`."""
    deals = prepared.every.filter(prepared.every.company.notnull())
    days = prepared.ticks.whole_days
    opened, ended = (
        (moment.truncate("D") if days else moment).cast("timestamp")
        for moment in (deals.created_local, deals.closed_local)
    )
    since = deals.customer_since.cast("date")
    asked = deals.filter(deals.opened).select(
        "deal_id",
        "company",
        moment=opened,
        order=milliseconds(opened) * 2,
        is_win=False,
        win_at=ibis.null("timestamp"),
        since=ibis.ifelse(since <= ibis.literal(prepared.horizon.day), since, ibis.null("date")),
    )
    won = (deals.outcome == "won") & ended.notnull() & ~deals.refused
    wins = deals.filter(won).select(
        deal_id=ibis.null("string"),
        company="company",
        moment=ended,
        order=milliseconds(ended) * 2 + 1,
        is_win=True,
        win_at=ended,
        since=ibis.null("date"),
    )
    return asked.union(wins)


def _reaches_back(prepared: Prepared, created: ir.Value) -> ir.Value:
    first = prepared.horizon.observed_from or prepared.first_closed_on
    return (created - BACK).date() >= ibis.literal(first)
