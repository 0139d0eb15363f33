"""How many of the deals opened are won within 30 days? And are deals that close early won more often?"""

from __future__ import annotations

from dataclasses import dataclass

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded, Rate, Share, wilson
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Shown
from vunnet.analysis.time_to_close import TimeToClose, time_to_close
from vunnet.analysis.win_rate import closed


@dataclass(frozen=True)
class WithinDays(Shown):
    """Share of the `opened` deals won within `cut` days; the split of closed deals describes, it does not explain."""

    cut: int
    opened: int
    won_within: Share | NotRecorded
    closed_within: Rate
    closed_later: Rate

    def to_json(self) -> dict[str, object]:
        return {
            "cut": self.cut,
            "opened": self.opened,
            "won_within": self.won_within.to_json(),
            "closed_within": self.closed_within.to_json(),
            "closed_later": self.closed_later.to_json(),
        }


def within_days(
    prepared: Prepared,
    cut: int = 30,
    closed_in: Period | None = None,
    opened_in: Period | None = None,
    lives: TimeToClose | NotRecorded | None = None,
) -> WithinDays | NotRecorded:
    """The share of deals opened in `opened_in` that is won within `cut` days (Aalen–Johansen, as time to close),
    beside the plain win rates of the deals closed in `closed_in` up to `cut` days after opening and later.
    `lives`: the time to close of the same deals, where it is known already.
    """
    lives = lives or time_to_close(prepared, opened_in)
    if isinstance(lives, NotRecorded):
        return lives
    known = lives.at("won", cut)
    won_within = known or NotRecorded("no deal was followed for {days} days", {"days": cut})
    return WithinDays(cut, lives.opened, won_within, *_split(prepared, cut, closed_in))


def _split(prepared: Prepared, cut: int, closed_in: Period | None) -> tuple[Rate, Rate]:
    deals = closed(prepared, closed_in)
    deals = deals.filter(deals.ended.notnull(), ~deals.refused)
    early, won = (deals.ended - deals.born) <= cut * prepared.ticks.per_day, deals.outcome == "won"
    tallies = {
        "early": deals.count(where=early),
        "early_won": deals.count(where=early & won),
        "late": deals.count(where=~early),
        "late_won": deals.count(where=~early & won),
    }
    found = engine.rows(deals.aggregate(**tallies))[0]
    return wilson(found["early_won"], found["early"]), wilson(found["late_won"], found["late"])
