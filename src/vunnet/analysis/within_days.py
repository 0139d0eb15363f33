"""How many of the deals opened are won within 30 days? And are deals that close early won more often?"""

from __future__ import annotations

from dataclasses import dataclass

from vunnet.analysis import engine
from vunnet.analysis.answers import TOO_FEW, TOO_FEW_WORDS, NotRecorded, Rate, Share, counted, wilson
from vunnet.analysis.evidence import HIGHER, LEVEL, LOWER, NO_EVIDENCE, against_the_rest
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Shown
from vunnet.analysis.time_to_close import TimeToClose, time_to_close
from vunnet.analysis.win_rate import closed


@dataclass(frozen=True)
class WithinDays(Shown):
    """Share of the `opened` deals won within `cut` days; the split of closed deals describes, it does not explain.

    `p_value`: that deals closed early and later are won as often (chi-square, exact where small).
    """

    cut: int
    opened: int
    won_within: Share | NotRecorded
    closed_within: Rate
    closed_later: Rate
    p_value: float | None

    @property
    def told(self) -> Share | NotRecorded:
        """What is shown of the share: under ten deals are too few to say."""
        if self.opened < TOO_FEW:
            return counted(
                "only {n} deal was opened: too few to say", "only {n} deals were opened: too few to say", self.opened
            )
        return self.won_within

    @property
    def verdict(self) -> str:
        """Whether deals closed early are told apart from later ones: "differs: higher" where early ones win more."""
        early, later = self.closed_within, self.closed_later
        if min(early.closed, later.closed) < TOO_FEW or early.rate is None or later.rate is None:
            return TOO_FEW_WORDS
        if self.p_value is None or self.p_value >= LEVEL:
            return NO_EVIDENCE
        return HIGHER if early.rate > later.rate else LOWER

    def to_json(self) -> dict[str, object]:
        return {
            "cut": self.cut,
            "opened": self.opened,
            "won_within": self.won_within.to_json(),
            "closed_within": self.closed_within.to_json(),
            "closed_later": self.closed_later.to_json(),
            "p_value": self.p_value,
            "verdict": self.verdict,
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
    early, later = _split(prepared, cut, closed_in)
    won, gone = int(early.won), int(early.closed)
    differ = against_the_rest(won, gone, won + int(later.won), gone + int(later.closed))
    return WithinDays(cut, lives.opened, won_within, early, later, differ)


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
