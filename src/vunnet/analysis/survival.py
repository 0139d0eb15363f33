"""Times to one of several endings, from counts of (time, ending): Aalen–Johansen and Kaplan–Meier with delayed entry.

Pure numpy on small aggregates; the engine has counted before. Times are whole ticks, so ties are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, hypot, log

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis import tails
from vunnet.analysis.answers import Z95, Share

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Codes = NDArray[np.int64] | NDArray[np.int8] | NDArray[np.bool_]
HALF = 0.5 + 1e-12
ROUNDING = 1e-12
CAUSE_BITS = 2
BLOCK = 1 << 15


@dataclass(frozen=True)
class Endings:
    """How lives ended: time and cause (0: not ended, censored) packed as time · 4 + cause, in order, with how many
    of each.

    `entries`: when they came under observation, in order; None means everyone from tick 0 on. Without counts, one of
    each.
    """

    lives: Whole
    counts: Whole | None = None
    entries: Whole | None = None
    entry_counts: Whole | None = None

    @property
    def n(self) -> int:
        return len(self.lives) if self.counts is None else int(self.counts.sum())


def pack(time: Whole, cause: Codes, here: NDArray[np.bool_] | None = None) -> Whole:
    """Times and causes (of those that are `here`) as the lives of `Endings`, in order."""
    lives = time << CAUSE_BITS
    lives += cause
    lives = lives if here is None else lives[here]
    lives.sort()
    return lives


@dataclass(frozen=True)
class Curve:
    """Cumulative incidence of each cause at each time anything ended, in ticks.

    At risk at t: observed from t or earlier, and not ended or censored before t (events precede censorings of the
    same tick).
    """

    per_day: int
    n: int
    time: Whole
    at_risk: Whole
    ended: dict[int, Whole]
    followed: int

    @cached_property
    def survival(self) -> Real:
        """Share not yet ended after each time (Kaplan–Meier over all causes)."""
        return np.asarray(np.cumprod(1.0 - self._all / self._n), np.float64)

    @cached_property
    def before(self) -> Real:
        """Share not yet ended just before each time."""
        return np.concatenate(([1.0], self.survival[:-1])) if len(self.time) else np.empty(0)

    @cached_property
    def _n(self) -> Real:
        return self.at_risk.astype(np.float64)

    @cached_property
    def _all(self) -> Real:
        total = np.zeros(len(self.time))
        for number in self.ended.values():
            total += number
        return total

    def incidence(self, cause: int) -> Real:
        """Cumulative incidence of a cause at each time."""
        if cause not in self._incidence:
            self._incidence[cause] = np.cumsum(self.before * self.ended[cause] / self._n)
        return self._incidence[cause]

    @cached_property
    def _incidence(self) -> dict[int, Real]:
        return {}

    @cached_property
    def _hazard(self) -> Real:
        """What each time adds to Greenwood's sum; nothing where all ended, since no share changes after that."""
        n, d = self._n, self._all
        return np.where(n > d, d / (n * np.maximum(n - d, 1.0)), 0.0)

    def variance(self, cause: int, place: int) -> float:
        """Its variance at one of the times, by the delta method (Marubini & Valsecchi 1995, 10.12)."""
        until = slice(place + 1)
        n, own, before = self._n[until], self.ended[cause][until], self.before[until]
        ahead = self.incidence(cause)[place] - self.incidence(cause)[until]
        each = before / n
        step = each * own / n
        greenwood = (ahead * ahead * self._hazard[until]).sum()
        here = (step * each * (n - own)).sum()
        return max(0.0, float(greenwood + here - 2 * (ahead * step).sum()))

    def knows(self, tick: int) -> bool:
        """Whether anyone was followed to that tick, or all had ended before."""
        return tick <= self.followed or bool(len(self.time) and self.survival[-1] <= 1e-12)

    def at(self, cause: int, days: float) -> Share | None:
        """The share ended by that cause within so many days; None where nobody was followed so long."""
        tick = round(days * self.per_day)
        return self._share(cause, tick) if self.n and self.knows(tick) else None

    def final(self, cause: int) -> Share | None:
        """The share that ever ended by that cause, as far as anyone was followed; None without anyone."""
        return self._share(cause, self.followed) if self.n else None

    def _share(self, cause: int, tick: int) -> Share:
        place = int(np.searchsorted(self.time, tick, side="right")) - 1
        if place < 0:
            return Share(0.0, None, None)
        return log_log(float(self.incidence(cause)[place]), self.variance(cause, place))

    def median_days(self) -> float | None:
        """Days by which half had ended; None where that is not known yet."""
        place = len(self.time) - int(np.searchsorted(self.survival[::-1], HALF, side="right"))
        return float(self.time[place] / self.per_day) if place < len(self.time) else None

    def drawn(self, cause: int, until: float, points: int = 121) -> tuple[tuple[float, Share], ...]:
        """The curve on an even grid of days from 0 to `until`, cut where nobody is followed: for a picture."""
        days = np.linspace(0.0, until, points)
        ticks = [round(day * self.per_day) for day in days]
        known = [n for n in range(points) if self.knows(ticks[n])]
        places = np.searchsorted(self.time, [ticks[n] for n in known], side="right") - 1
        spread = self._variances(cause)
        shares = [
            log_log(float(self.incidence(cause)[place]), float(spread[place])) if place >= 0 else Share(0.0, None, None)
            for place in places
        ]
        return tuple((float(days[n]), share) for n, share in zip(known, shares, strict=True))

    def _variances(self, cause: int) -> Real:
        """`variance` at every time at once."""
        n, own, share = self._n, self.ended[cause], self.incidence(cause)
        step = self.before * own / n / n
        total = share * share * np.cumsum(self._hazard) - 2 * share * np.cumsum(share * self._hazard)
        total += np.cumsum(share * share * self._hazard) + np.cumsum(self.before**2 * own * (n - own) / n**3)
        total += 2 * np.cumsum(share * step) - 2 * share * np.cumsum(step)
        return np.maximum(total, 0.0)

    def shares(self, cause: int, days: Sequence[float]) -> list[float]:
        """The bare shares ended by that cause within each number of days."""
        places = np.searchsorted(self.time, [round(day * self.per_day) for day in days], side="right") - 1
        return [float(self.incidence(cause)[place]) if place >= 0 else 0.0 for place in places]


def log_log(share: float, variance: float) -> Share:
    """A share with its log(−log) interval (Kalbfleisch & Prentice 2002): never outside 0…1.

    >>> found = log_log(0.2, 0.0004)
    >>> round(found.low, 4), round(found.high, 4)
    (0.1624, 0.2405)
    >>> log_log(1 - 2**-53, 0.01)
    Share(share=1.0, low=None, high=None)
    """
    # A sum of parts that should be 1 may miss it by a rounding, and log(1) is what the interval divides by.
    if share <= ROUNDING or share >= 1.0 - ROUNDING or variance <= 0.0:
        return Share(float(round(share)) if min(share, 1.0 - share) <= ROUNDING else share, None, None)
    spread = Z95 * variance**0.5 / (share * abs(log(share)))
    return Share(share, share ** exp(spread), share ** exp(-spread))


def apart(first: Share, second: Share) -> float | None:
    """p-value that two shares at a fixed time are one: a z test of their log(−log) (Klein et al. 2007).

    >>> round(apart(Share(0.4, 0.3, 0.5), Share(0.6, 0.5, 0.7)), 3)
    0.005
    """
    told = [_log_log(share) for share in (first, second)]
    if told[0] is None or told[1] is None:
        return None
    return 2 * tails.normal(abs(told[1][0] - told[0][0]) / hypot(told[0][1], told[1][1]))


def _log_log(share: Share) -> tuple[float, float] | None:
    """log(−log share) and its standard error, read from the interval that was made of them."""
    if share.low is None or share.high is None or share.low <= 0.0 or share.high >= 1.0:
        return None
    middle, low = log(-log(share.share)), log(-log(share.low))
    return middle, (low - middle) / Z95


def curve(endings: Endings, causes: tuple[int, ...], per_day: int) -> Curve:
    """The curve of those endings."""
    if not len(endings.lives):
        nothing = np.zeros(0, np.int64)
        return Curve(per_day, 0, nothing, nothing, dict.fromkeys(causes, nothing), 0)
    parts = list(blocks(endings, causes))
    moments = np.concatenate([block.moments for block in parts])
    at_risk = entered(endings, moments) - np.concatenate([block.before for block in parts])
    own = {code: np.concatenate([block.own[place] for block in parts]) for place, code in enumerate(causes)}
    return Curve(per_day, endings.n, moments, at_risk, own, int(endings.lives[-1] >> CAUSE_BITS))


@dataclass(frozen=True)
class Block:
    """Part of the moments at which something ended: how many lives were over before each, and how many ended by each
    cause."""

    moments: Whole
    before: Whole
    own: list[Whole]


def blocks(endings: Endings, causes: tuple[int, ...]) -> Iterator[Block]:
    """In blocks that fit the processor's cache: fresh memory for millions of lives costs more than the sums. A moment
    is never cut in two."""
    first, gone = 0, 0
    lives = endings.lives
    while first < len(lives):
        nominal = min(first + BLOCK, len(lives)) - 1
        last = int(np.searchsorted(lives, ((lives[nominal] >> CAUSE_BITS) + 1) << CAUSE_BITS))
        counts = None if endings.counts is None else endings.counts[first:last]
        yield _block(lives[first:last], counts, gone, causes)
        gone += last - first if counts is None else int(counts.sum())
        first = last


def _block(lives: Whole, counts: Whole | None, gone: int, causes: tuple[int, ...]) -> Block:
    time, cause = lives >> CAUSE_BITS, lives & ((1 << CAUSE_BITS) - 1)
    events = np.flatnonzero(cause)
    new = np.flatnonzero(np.diff(time[events], prepend=-1))
    places = events[new]
    moments = time[places]
    over = places.copy()
    # Lives censored at the moment sort before it and are still at risk; few share a moment where times are exact.
    shared = np.flatnonzero((places > 0) & (time[places - 1] == moments))
    over[shared] = np.searchsorted(time, moments[shared])
    before = gone + (over if counts is None else _running(counts, len(time))[over])
    return Block(moments, before, [_sums(counts, events, new, cause[events] == code) for code in causes])


def _running(counts: Whole | None, n: int) -> Whole:
    """How many came before each place, and all at the end."""
    return np.arange(n + 1) if counts is None else np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))


def _sums(counts: Whole | None, events: Whole, new: Whole, chosen: NDArray[np.bool_]) -> Whole:
    """How many of the chosen events happened at each moment."""
    each = chosen.astype(np.int64) if counts is None else np.where(chosen, counts[events], 0)
    return each if len(new) == len(each) else np.diff(_running(each, len(each))[np.append(new, len(each))])


def entered(endings: Endings, moments: Whole) -> Whole:
    """How many had come under observation at each moment or before."""
    if endings.entries is None:
        return np.full(len(moments), endings.n, np.int64)
    place = np.searchsorted(endings.entries, moments, side="right")
    return np.asarray(_running(endings.entry_counts, len(endings.entries))[place], np.int64)
