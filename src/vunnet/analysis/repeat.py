"""How long until a customer buys again? From one win to the same company's next."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from vunnet.analysis import engine
from vunnet.analysis.answers import TOO_FEW, NotRecorded, Share, counted
from vunnet.analysis.clock import DAYS, EPOCH
from vunnet.analysis.customers import NO_COMPANIES
from vunnet.analysis.lives import all_lives
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Shown
from vunnet.analysis.survival import Curve
from vunnet.analysis.time_to_close import HORIZONS, NO_CLOSING

WITHIN = (*HORIZONS[2:], 730)


@dataclass(frozen=True)
class RepeatInterval(Shown):
    """Days from a win to the company's next: of `purchases` (days on which a company was won), `repeated` were followed
    by another. `median_days`: by which half are; None while that is not known."""

    purchases: int
    companies: int
    repeated: int
    curve: Curve
    median_days: float | None

    def within(self, days: int) -> Share | None:
        """The share of purchases followed by another within so many days; None beyond the longest follow-up.

        A life that ended is known for ever, a customer is not: that all who were seen so long bought again within a week
        says nothing of a year.
        """
        return self.curve.at(1, days) if days <= self.curve.followed else None

    def to_json(self) -> dict[str, object]:
        shares = [{"days": days} | share.to_json() for days in WITHIN if (share := self.within(days))]
        names = ("purchases", "companies", "repeated", "median_days")
        return {name: getattr(self, name) for name in names} | {"within": shares}


def repeat_interval(prepared: Prepared, closed_in: Period | None = None) -> RepeatInterval | NotRecorded:
    """Kaplan–Meier of the days from each win (of the period) to the same company's next win, of any kind.

    Several deals won from a company on one day are one purchase. A company that has not come back is censored at
    `as_of`, so young records do not make customers look hasty.
    """
    if not prepared.has("company"):
        return NO_COMPANIES
    if not prepared.closed_recorded:
        return NO_CLOSING
    won = prepared.every.filter(
        prepared.every.outcome == "won", prepared.every.company.notnull(), prepared.every.closed_on.notnull()
    )
    asked = prepared.deals.filter(prepared.deals.outcome == "won")
    if closed_in:
        asked = asked.filter(closed_in.holds(asked.closed_on))
    days = won.group_by("company", "closed_on").aggregate(own=won.deal_id.isin(asked.deal_id).any())
    tick = days.closed_on.delta(ibis.literal(EPOCH), unit="day").cast("int64")
    days = days.mutate(tick=tick)
    following = days.tick.lead().over(ibis.window(group_by=days.company, order_by=days.tick))
    gaps = days.mutate(following=following)
    gaps = engine.keep(gaps.filter(gaps.own))
    found = engine.rows(
        gaps.aggregate(n=gaps.count(), companies=gaps.company.nunique(), repeated=gaps.following.count())
    )[0]
    if found["n"] < TOO_FEW:
        return counted(
            "only {n} purchase of a named company: too few to say",
            "only {n} purchases of named companies: too few to say",
            found["n"],
        )
    now = prepared.horizon.now(DAYS)
    lives = gaps.select(
        time=ibis.coalesce(gaps.following, now) - gaps.tick,
        cause=gaps.following.notnull().cast("int64"),
        entry=ibis.literal(0, "int64"),
    )
    curve = all_lives(lives, (1,), DAYS, False)
    return RepeatInterval(found["n"], found["companies"], found["repeated"], curve, curve.median_days())
