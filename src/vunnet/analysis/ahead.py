"""From daily chances to the chance of a win by a day, for deals of every stage and age, and for those to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vunnet.analysis.hazards import BIN, OLDEST
from vunnet.analysis.stays import Stays

Whole = NDArray[np.int64]
Real = NDArray[np.float64]


@dataclass(frozen=True)
class Ahead:
    """`won[k, stage, age]`: the chance of a win within the days ahead, for a deal of that stage and age today.

    `new[k, day]`: the same for a deal opened on each of the days ahead, by the last of them.
    """

    won: Real
    new: Real


def look_ahead(chances: Real, first: Real, days: int, factors: Real | None = None) -> Ahead:
    """Backwards from the last day. `first[k, stage]`: where new deals begin (shares). `factors[k, day, 2]`: the season
    of winning and of leaving on each day ahead.
    """
    k, stages = chances.shape[0], chances.shape[1]
    bins = BIN
    move, win, gone = chances[..., :stages], chances[..., stages], chances[..., stages + 1]
    onward = move.sum(axis=3)
    won = np.zeros((k, stages, OLDEST + 1))
    new = np.zeros((k, days))
    for ahead in range(days - 1, -1, -1):
        new[:, ahead] = (first * won[:, :, 0]).sum(axis=1)
        season = factors[:, ahead, :, None, None] if factors is not None else None
        here = win if season is None else np.minimum(win * season[:, 0], 1 - onward)
        lost = gone if season is None else np.minimum(gone * season[:, 1], 1 - onward - here)
        moved = np.einsum("ksbj,kj->ksb", move, won[:, :, 0]) + here
        stayed = 1.0 - onward - here - lost
        older = won[:, :, 1:]
        won = np.concatenate((moved[:, :, bins] + stayed[:, :, bins] * older, np.zeros((k, stages, 1))), axis=2)
        won[:, :, OLDEST] = won[:, :, OLDEST - 1]
    return Ahead(won, new)


def open_on(stays: Stays, day: int) -> NDArray[np.bool_]:
    """Which stays were going on at the end of a day."""
    return np.asarray((stays.entered <= day) & (stays.left > day))


def ages(stays: Stays, there: Whole, day: int) -> Whole:
    """Days in the stage, as `Ahead` counts them."""
    return np.minimum(day - stays.entered[there], OLDEST)
