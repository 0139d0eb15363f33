"""Won, lost or open: from flags wherever a source has them, from probabilities and names of stages only where not."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.exchange.arrow import pc
from vunnet.exchange.rows import Rows
from vunnet.exchange.sentences import said

WON_NAME = re.compile(r"\b(won|vunnet|ganado|ganada|gewonnen)\b|^closed_?won$|^closedwon$", re.IGNORECASE)
LOST_NAME = re.compile(r"\b(lost|tapt|perdido|perdida|verloren)\b|^closed_?lost$|^closedlost$", re.IGNORECASE)
BY_NAME = said(
    "Where no column says whether a deal is closed, won and lost were read from stages with a probability of 100 or 0 and from names such as Closed Won."
)


def by_flags(rows: Rows) -> Any:
    """Outcomes from is_won, is_lost and is_closed, as far as they decide; null where a stage must tell."""
    won, lost, closed = (_flag(rows, name) for name in ("is_won", "is_lost", "is_closed"))
    if not rows.has("is_lost"):
        lost = pc.and_kleene(closed, pc.invert(won)) if rows.has("is_closed", "is_won") else lost
    if not rows.has("is_won"):
        won = pc.and_kleene(closed, pc.invert(lost)) if rows.has("is_closed", "is_lost") else won
    standing = pc.invert(closed) if rows.has("is_closed") else pc.invert(pc.or_kleene(won, lost))
    known = pc.if_else(pc.fill_null(standing, False), "open", pa.scalar(None, pa.string()))
    known = pc.if_else(pc.fill_null(lost, False), "lost", known)
    return pc.if_else(pc.fill_null(won, False), "won", known)


def _flag(rows: Rows, name: str) -> Any:
    return rows.flag(name) if rows.has(name) else pa.nulls(rows.sheet.count, pa.bool_())


def kinds_by_name(stages: Any, probabilities: Any | None = None) -> dict[str, str]:
    """Per stage name: won, lost or open; by its name, else by a probability that is 1 (or 0) for all its deals.

    A probability of 0 says lost only where other stages have one above 0.
    """
    coded = stages.dictionary_encode()
    names = [str(name) for name in coded.dictionary.to_pylist()]
    kinds = {name: _named(name) for name in names}
    if probabilities is not None and pc.any(pc.greater(probabilities, 0)).as_py():
        codes = pc.fill_null(coded.indices, -1).to_numpy()
        shares = pc.fill_null(probabilities, np.nan).to_numpy(zero_copy_only=False)
        for place, name in enumerate(names):
            of_stage = shares[codes == place]
            of_stage = of_stage[~np.isnan(of_stage)]
            if kinds[name] == "open" and len(of_stage) and of_stage.min() == of_stage.max():
                kinds[name] = {1.0: "won", 0.0: "lost"}.get(float(of_stage[0]), "open")
    return kinds


def _named(name: str) -> str:
    if LOST_NAME.search(name):
        return "lost"
    return "won" if WON_NAME.search(name) else "open"


def by_stage(stages: Any, kinds: dict[str, str]) -> Any:
    """Outcomes of deals from the kinds of the stages they stand in."""
    coded = stages.dictionary_encode()
    named = pa.array([kinds.get(str(name), "open") for name in coded.dictionary.to_pylist()], pa.string())
    return pc.fill_null(named.take(coded.indices), "open")


def kinds_by_outcome(stages: Any, outcomes: Any) -> dict[str, str]:
    """Per stage name the kind that its deals' outcomes show: won or lost where all its deals are, else open."""
    pairs = pa.table({"stage": stages, "outcome": outcomes}).group_by(["stage", "outcome"]).aggregate([])
    seen: dict[str, set[str]] = {}
    for pair in pairs.to_pylist():
        if pair["stage"] is not None:
            seen.setdefault(pair["stage"], set()).add(pair["outcome"])
    return {stage: next(iter(kinds)) if kinds in ({"won"}, {"lost"}) else "open" for stage, kinds in seen.items()}
