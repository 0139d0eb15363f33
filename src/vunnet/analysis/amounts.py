"""How large are the won deals? Their amounts by size on a scale of tenfold steps, and how much the few largest carry."""

from __future__ import annotations

from dataclasses import dataclass

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.currency import NO_AMOUNTS, currencies, several
from vunnet.analysis.prepare import Prepared
from vunnet.analysis.question import Period
from vunnet.analysis.shown import Shown

STEPS = 10
LARGEST = 5


@dataclass(frozen=True)
class Amounts(Shown):
    """`bins`: how many of the `count` won deals with an amount over 0 lie in [10^(k/10), 10^((k+1)/10)), by k in order.

    `largest`: the share of their value, 0…1, that the (up to) five largest carry.
    """

    count: int
    bins: tuple[tuple[int, int], ...]
    largest: float

    def to_json(self) -> dict[str, object]:
        rows = [{"from": edge(k), "to": edge(k + 1), "count": n} for k, n in self.bins]
        return {"count": self.count, "bins": rows, "largest_five": self.largest}


def edge(k: int) -> float:
    """The lower edge of bin k, in money.

    >>> edge(50), round(edge(53))
    (100000.0, 199526)
    """
    return float(10 ** (k / STEPS))


def amounts(prepared: Prepared, closed_in: Period | None = None) -> Amounts | NotRecorded:
    """The amounts of the deals won in the period; not recorded without amounts, or in several currencies."""
    deals = prepared.deals.filter(prepared.deals.outcome == "won", prepared.deals.amount > 0)
    if closed_in:
        deals = deals.filter(closed_in.holds(deals.closed_on))
    found = engine.rows(
        deals.aggregate(count=deals.count(), value=deals.amount.sum(), currencies=currencies(deals, deals.amount > 0))
    )[0]
    if not found["count"]:
        return NO_AMOUNTS
    if why_not := several(found["currencies"]):
        return why_not
    # A hair above, so that an edge such as 1,000 lies in the bin that begins with it whatever the engine's logarithm.
    k = (deals.amount.cast("float64").log10() * STEPS + 1e-9).floor().cast("int64")
    counted = deals.group_by(k=k).aggregate(n=deals.count()).order_by("k")
    top = deals.order_by(deals.amount.desc()).limit(LARGEST)
    largest = engine.rows(top.aggregate(value=top.amount.sum()))[0]["value"]
    bins = tuple((row["k"], row["n"]) for row in engine.rows(counted))
    return Amounts(found["count"], bins, float(largest) / float(found["value"]))
