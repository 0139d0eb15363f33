"""What deals are compared alike in: size, source, customer status, the stage on the landmark day, and the owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from vunnet.analysis.exposures import Exposures
from vunnet.analysis.regression import Real

LEVELS = ("source", "customer", "stage")
SMALLEST = 10  # deals; rarer levels stand together with the most common one
HALF = 0.5

Column = tuple[NDArray[np.int64], Real]  # the rows that are not zero, and their values


@dataclass(frozen=True)
class Adjusters:
    """Columns of the regression beside intercept and field (sparse: most are flags), and what they stand for."""

    columns: Any
    names: tuple[str, ...]


def adjusters(known: Exposures, inside: NDArray[np.bool_], y: Real, budget: int, without: str) -> Adjusters | None:
    """The columns for the deals `inside`; owners, the largest first, as far as the budget of coefficients reaches.
    None where it does not even reach for the rest.
    """
    columns: list[Column] = []
    names: list[str] = []
    if without != "size" and known.has("size"):
        sizes = _size(known["size"][inside])
        columns += [(np.flatnonzero(one), one[one != 0]) for one in sizes if np.ptp(one) > 0]
        names.append("size")
    for name in LEVELS:
        if name != without and known.has(name):
            found = _dummies(known[name][inside], y)
            columns += found
            names += [name] if found else []
    if len(columns) > budget or budget < 0:
        return None
    if known.has("owner"):
        owners = _dummies(known["owner"][inside], y)[: budget - len(columns)]
        columns += owners
        names += ["owner"] if owners else []
    return Adjusters(_stacked(columns, len(y)), tuple(names))


def _stacked(columns: list[Column], n: int) -> Any:
    if not columns:
        return sparse.csr_array((n, 0))
    ends = np.cumsum([0, *(len(rows) for rows, _ in columns)])
    rows, values = (np.concatenate(each) for each in zip(*columns, strict=True))
    return sparse.csc_array((values, rows, ends), shape=(n, len(columns))).tocsr()


def _size(amounts: Real) -> list[Real]:
    """The logarithm in standard deviations, and a flag where there is no amount."""
    unknown = np.isnan(amounts)
    if unknown.all():
        return []
    logged = np.log1p(np.maximum(np.nan_to_num(amounts), 0.0))
    known = logged[~unknown]
    scaled = np.where(unknown, 0.0, (logged - known.mean()) / (float(known.std()) or 1.0))
    return [scaled, unknown.astype(np.float64)] if unknown.any() else [scaled]


def _dummies(codes: NDArray[np.int64], y: Real) -> list[Column]:
    """A column for each level but the most common, the larger ones first. Levels that are rare, or all won or all lost,
    would say nothing or everything, and stay with the most common."""
    shifted = codes + 1  # 0: not filled in
    sizes, wins = np.bincount(shifted), np.bincount(shifted, weights=y)
    told = [level for level in range(len(sizes)) if sizes[level] >= SMALLEST and 0 < wins[level] < sizes[level]]
    told.sort(key=lambda level: -sizes[level])
    order, ends = np.argsort(shifted, kind="stable"), np.cumsum(sizes)
    most = int(sizes.argmax())
    return [(order[ends[level] - sizes[level] : ends[level]], np.ones(sizes[level])) for level in told if level != most]


def clusters(known: Exposures, inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Deals of one company are alike; where most name none, each deal stands for itself."""
    n = int(inside.sum())
    if not known.has("company"):
        return np.arange(n)
    codes = known["company"][inside]
    if (codes >= 0).mean() < HALF:
        return np.arange(n)
    alone = codes.max() + 1 + np.arange(n)
    return np.where(codes < 0, alone, codes)
