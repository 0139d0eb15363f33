"""The stages of a source's pipelines: their order, and which of them are won or lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

ENOUGH_DEALS = 200_000  # the typical order does not get clearer with more
MOST_STAGES = 300


def typical_order(visits: Any) -> list[str]:
    """Stage names so that each comes before those that most deals entered later.

    By pairwise majority over first entries (Copeland's score); ties keep the order of first appearance.
    """
    if not len(visits):
        return []
    deals = visits["deal_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    visits, deals = visits.filter(pa.array(deals < ENOUGH_DEALS)), deals[deals < ENOUGH_DEALS]
    coded = visits["stage"].combine_chunks().dictionary_encode()
    stages, names = coded.indices.to_numpy(), coded.dictionary.to_pylist()
    if len(names) > MOST_STAGES:
        return [str(name) for name in names]
    firsts = np.full((int(deals.max()) + 1, len(names)), np.iinfo(np.int64).max)
    # A visit's place in its deal's chain orders ties of one moment too.
    np.minimum.at(firsts, (deals, stages), np.arange(len(deals)))
    score = _copeland(firsts)
    return [str(names[place]) for place in sorted(range(len(names)), key=lambda place: (-score[place], place))]


def _copeland(firsts: np.ndarray) -> np.ndarray:
    """How many other stages each stage mostly precedes."""
    count = firsts.shape[1]
    never = np.iinfo(np.int64).max
    score = np.zeros(count, dtype=np.int64)
    for one in range(count):
        for other in range(one + 1, count):
            both = (firsts[:, one] != never) & (firsts[:, other] != never)
            before = int((firsts[both, one] < firsts[both, other]).sum())
            after = int(both.sum()) - before
            score[one] += before > after
            score[other] += after > before
    return score
