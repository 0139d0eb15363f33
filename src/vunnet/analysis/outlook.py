"""Where a curve ends, and when half have ended, without drawing the curve: block by block, in little memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vunnet.analysis.answers import Share
from vunnet.analysis.survival import HALF, Block, Endings, Real, blocks, entered, log_log


def final_share(endings: Endings, causes: tuple[int, ...], cause: int) -> Share | None:
    """The share that ever ended by that cause, as far as anyone was followed: `Curve.final`. None without anyone."""
    if not len(endings.lives):
        return None
    sums, before = _Sums(), 1.0
    for block in blocks(endings, causes):
        before = sums.add(block, _at_risk(endings, block), before, block.own[causes.index(cause)].astype(np.float64))
    return log_log(sums.share, sums.variance)


def median_days(endings: Endings, causes: tuple[int, ...], per_day: int) -> float | None:
    """Days by which half had ended: `Curve.median_days`. None where that is not known yet."""
    before = 1.0
    for block in blocks(endings, causes):
        n, ended = _at_risk(endings, block), _all(block)
        survival = before * np.cumprod(1.0 - ended / n)
        below = np.flatnonzero(survival <= HALF)
        if len(below):
            return float(block.moments[below[0]] / per_day)
        before = float(survival[-1]) if len(survival) else before
    return None


def _at_risk(endings: Endings, block: Block) -> Real:
    return np.asarray(entered(endings, block.moments) - block.before, np.float64)


def _all(block: Block) -> Real:
    return np.asarray(sum(block.own[1:], block.own[0]), np.float64)


@dataclass
class _Sums:
    """The share so far, and the sums its variance is made of (the delta method, written out as in `Curve.variance`)."""

    share: float = 0.0
    hazard: float = 0.0
    hazard_share: float = 0.0
    hazard_square: float = 0.0
    own: float = 0.0
    step: float = 0.0
    step_share: float = 0.0

    def add(self, block: Block, n: Real, before: float, own: Real) -> float:
        """Take a block in; returns the share not yet ended after it."""
        if not len(n):
            return before
        d = _all(block)
        survival = before * np.cumprod(1.0 - d / n)
        each = np.concatenate(([before], survival[:-1])) / n
        share = self.share + np.cumsum(each * own)
        hazard = np.where(n > d, d / (n * np.maximum(n - d, 1.0)), 0.0)
        step = each * own / n
        self.share = float(share[-1])
        self.hazard += float(hazard.sum())
        # Not `@`: BLAS would wake its threads for each block, which costs more than the sum.
        self.hazard_share += float((hazard * share).sum())
        self.hazard_square += float((hazard * share * share).sum())
        self.own += float((step * each * (n - own)).sum())
        self.step += float(step.sum())
        self.step_share += float((step * share).sum())
        return float(survival[-1])

    @property
    def variance(self) -> float:
        greenwood = self.share**2 * self.hazard - 2 * self.share * self.hazard_share + self.hazard_square
        return max(0.0, greenwood + self.own - 2 * (self.share * self.step - self.step_share))
