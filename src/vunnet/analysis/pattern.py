"""The calendar in a series: weekdays, and the way to a quarter's end. Found by a test, then taken out and named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis import tails

Real = NDArray[np.float64]

WEEKDAY, QUARTER_END, QUARTER_START, QUARTER = "weekday", "quarter-end", "quarter-start", "quarter"
FEWEST_BLOCKS = {WEEKDAY: 6, QUARTER_END: 4}
LEVEL = 0.01
LAST_DAYS = 14
FIRST_MONTH, LAST_MONTH, LAST_WEEKS = 0, 2, 3


Cells = dict[tuple[object, int], tuple[float, float]]


@dataclass(frozen=True)
class Phase:
    """One part of the week (0: Monday) or of the quarter (0, 1, 2: its months, 3: its last two weeks): what is usual
    there, from so many points.
    """

    place: int
    usual: float
    points: int


@dataclass(frozen=True)
class Pattern:
    """A pattern that a test found, of the week or of the way to a quarter's end: its phases and the test's p-value."""

    name: str
    phases: tuple[Phase, ...]
    p_value: float

    @property
    def told(self) -> str:
        """What it is by its highest phase: weekday, quarter-end, quarter-start, or quarter where neither end is high."""
        if self.name == WEEKDAY:
            return WEEKDAY
        highest = max(self.phases, key=lambda phase: phase.usual).place
        return {FIRST_MONTH: QUARTER_START, LAST_MONTH: QUARTER_END, LAST_WEEKS: QUARTER_END}.get(highest, QUARTER)

    def usual(self, places: NDArray[np.int64]) -> Real:
        """What is usual at each of the places; the last two weeks are the last month where they do not differ."""
        found = {phase.place: phase.usual for phase in self.phases}
        return np.array([found[int(place)] if int(place) in found else found[LAST_MONTH] for place in places])


def quarter(day: date) -> tuple[int, int]:
    """Year and quarter (0…3)."""
    return day.year, (day.month - 1) // 3


def quarter_end(day: date) -> date:
    """The last day of the quarter.

    >>> quarter_end(date(2017, 2, 3))
    datetime.date(2017, 3, 31)
    """
    year, place = quarter(day)
    return (date(year, 3 * place + 4, 1) if place < 3 else date(year + 1, 1, 1)) - timedelta(days=1)


def quarter_place(first: date, last: date) -> int:
    """A span's phase by its middle: the month of the quarter (0, 1, 2), or 3 in the last two weeks; spans over two
    weeks (months) have no 3.
    """
    middle = first + (last - first) / 2
    if (last - first).days < LAST_DAYS and (quarter_end(middle) - middle).days < LAST_DAYS:
        return LAST_WEEKS
    return (middle.month - 1) % 3


def find(name: str, values: Real, weights: Real, blocks: list[object], places: NDArray[np.int64]) -> Pattern | None:
    """The pattern, where an F test of phases beside blocks (weeks, quarters) finds one at 1 %.

    The unit of the test is the mean of one phase in one block, weighted, so that neighbours which are alike weigh
    once; every block has its own level, so that a trend is no pattern. None with fewer than six weeks or four quarters.
    """
    cells = _cells(values, weights, blocks, places)
    known = sorted({place for _, place in cells})
    rows = sorted({block for block, _ in cells}, key=str)
    if len(rows) < FEWEST_BLOCKS[name] or len(known) < 2:
        return None
    p_value = _f_test(cells, rows, known)
    if p_value is None or p_value >= LEVEL:
        return None
    if name == QUARTER_END and LAST_WEEKS in known and not _hurried(cells, rows):
        places = np.where(places == LAST_WEEKS, LAST_MONTH, places)
        known = [place for place in known if place != LAST_WEEKS] + [LAST_MONTH] * (LAST_MONTH not in known)
    return Pattern(name, tuple(_phase(place, values, weights, places) for place in known), p_value)


def _cells(values: Real, weights: Real, blocks: list[object], places: NDArray[np.int64]) -> Cells:
    sums: dict[tuple[object, int], list[float]] = {}
    for value, weight, block, place in zip(values, weights, blocks, places, strict=True):
        cell = sums.setdefault((block, int(place)), [0.0, 0.0])
        cell[0] += weight * value
        cell[1] += weight
    return {key: (total / weight, weight) for key, (total, weight) in sums.items() if weight > 0}


def _hurried(cells: Cells, rows: list[object]) -> bool:
    """Whether the last two weeks differ from the rest of the quarter's last month."""
    end = {key: cell for key, cell in cells.items() if key[1] in (LAST_MONTH, LAST_WEEKS)}
    p_value = _f_test(end, rows, [LAST_MONTH, LAST_WEEKS])
    return p_value is not None and p_value < LEVEL


def _f_test(cells: Cells, rows: list[object], known: list[int]) -> float | None:
    value = np.array([mean for mean, _ in cells.values()])
    root = np.sqrt([weight for _, weight in cells.values()])
    own = np.array([[float(block == row) for row in rows] for block, _ in cells])
    phase = np.array([[float(place == other) for other in known[1:]] for _, place in cells])
    full = np.hstack((own, phase))
    freedom = len(value) - int(np.linalg.matrix_rank(full))
    extra = int(np.linalg.matrix_rank(full)) - int(np.linalg.matrix_rank(own))
    if freedom < 3 or extra < 1:
        return None
    left, without = _rest(value, full, root), _rest(value, own, root)
    if without <= 1e-18:
        return None
    if left <= 1e-12 * without:
        return 0.0
    return tails.fisher_f((without - left) / extra / (left / freedom), extra, freedom)


def _rest(value: Real, design: Real, root: Real) -> float:
    fitted = np.linalg.lstsq(design * root[:, None], value * root, rcond=None)[0]
    return float((((value - design @ fitted) * root) ** 2).sum())


def _phase(place: int, values: Real, weights: Real, places: NDArray[np.int64]) -> Phase:
    here = places == place
    return Phase(place, float(np.average(values[here], weights=weights[here])), int(here.sum()))
