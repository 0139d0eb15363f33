"""The stages of a source's pipelines: their order, and which of them are won or lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.analysis.schema import STAGES
from vunnet.exchange.arrow import pc
from vunnet.exchange.histories import last_of_each, looked_up

PIPELINE = "Sales pipeline"  # where a source names none
ENOUGH_DEALS = 200_000  # the typical order does not get clearer with more
MOST_STAGES = 300
_LAST = {"open": 0, "won": 1, "lost": 2}


def stages_table(deals: Any, visits: Any | None, kinds: Mapping[str, str], shares: Mapping[str, float]) -> Any:
    """Every pipeline's stages with position from 1: open ones first, then won, then lost.

    `kinds` by stage name; `shares` the probability 0…1 of stages where the source gives it. Open stages stand by
    probability where all of them have one, else by typical order of first entry, else as they come in the file.
    """
    rows: list[dict[str, Any]] = []
    for pipeline, names in _stage_names(deals, visits).items():
        ranked = _ranked(names, visits, kinds, shares)
        for position, name in enumerate(ranked, start=1):
            kind = kinds.get(name, "open")
            share = {"won": 1.0, "lost": 0.0}.get(kind, shares.get(name))
            found = {"pipeline": pipeline, "stage": name, "position": position, "kind": kind, "probability": share}
            rows.append(found)
    return pa.Table.from_pylist(rows, schema=STAGES.columns)


def _stage_names(deals: Any, visits: Any | None) -> dict[str, list[str]]:
    """Per pipeline the stages that its deals stand in or went through, in order of appearance."""
    pairs = [pa.table({"pipeline": deals["pipeline"], "stage": deals["stage_now"]})]
    if visits is not None:
        of_deal = looked_up(one(visits["deal_id"]), one(deals["deal_id"]), one(deals["pipeline"]))
        pairs.insert(0, pa.table({"pipeline": of_deal, "stage": visits["stage"]}))
    found: dict[str, list[str]] = {}
    unique = pa.concat_tables(pairs).group_by(["pipeline", "stage"], use_threads=False).aggregate([])
    for pair in unique.to_pylist():
        if pair["stage"] is not None and pair["pipeline"] is not None:
            found.setdefault(pair["pipeline"], []).append(pair["stage"])
    return found


def _ranked(names: list[str], visits: Any | None, kinds: Mapping[str, str], shares: Mapping[str, float]) -> list[str]:
    typical = typical_order(visits) if visits is not None else []
    places = {name: place for place, name in enumerate([*typical, *(name for name in names if name not in typical)])}
    by_share = all(name in shares for name in names if kinds.get(name, "open") == "open")
    return sorted(
        names,
        key=lambda name: (_LAST[kinds.get(name, "open")], shares.get(name, 0.0) if by_share else 0.0, places[name]),
    )


def lost_from(deals: Any, visits: Any, kinds: Mapping[str, str]) -> Any:
    """The deals' `stage`: for a lost or cancelled one the last open stage of its chain, where the history shows it."""
    still = pa.array([name for name, kind in kinds.items() if kind == "open"], pa.string())
    open_visits = visits.filter(pc.is_in(visits["stage"], still))
    keys, last = last_of_each(one(open_visits["deal_id"]), one(open_visits["stage"]))
    before = looked_up(one(deals["deal_id"]), keys, last)
    ended = pc.is_in(deals["outcome"], pa.array(["lost", "cancelled"]))
    return pc.if_else(one(ended), pc.coalesce(before, one(deals["stage_now"])), one(deals["stage_now"]))


def median_shares(stages: Any, shares: Any) -> dict[str, float]:
    """The median probability of each stage name, where any is given."""
    table = pa.table({"stage": stages, "share": shares})
    table = table.filter(pc.and_(table["stage"].is_valid(), table["share"].is_valid()))
    medians = table.group_by("stage").aggregate([("share", "approximate_median")])
    return {row["stage"]: float(row["share_approximate_median"]) for row in medians.to_pylist()}


def one(column: Any) -> Any:
    """A table's column as a single array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def typical_order(visits: Any) -> list[str]:
    """Stage names so that each comes before those that most deals entered later.

    By pairwise majority over first entries (Copeland's score); ties keep the order of first appearance.
    """
    if not len(visits):
        return []
    deals = one(visits["deal_id"]).dictionary_encode().indices.to_numpy()
    visits, deals = visits.filter(pa.array(deals < ENOUGH_DEALS)), deals[deals < ENOUGH_DEALS]
    coded = one(visits["stage"]).dictionary_encode()
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
    for left in range(count):
        for right in range(left + 1, count):
            both = (firsts[:, left] != never) & (firsts[:, right] != never)
            before = int((firsts[both, left] < firsts[both, right]).sum())
            after = int(both.sum()) - before
            score[left] += before > after
            score[right] += after > before
    return score
