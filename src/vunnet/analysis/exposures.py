"""What was known of a deal by its landmark day, and, for the plain comparison, by its end. One row a deal.

Nothing that is known only at close enters what is measured by the landmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vunnet.analysis import engine
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.customers import statuses, unknown_status
from vunnet.analysis.prepare import Prepared, plain_times

MOST = 50_000  # deals that enter: more only cost time, the intervals are narrow long before
SETTLED = 0.95
ALMOST_ALL = 0.95
HEX_DIGITS = 8
NO_TOUCHES = NotRecorded("no contacts with customers are recorded")
NO_KINDS = NotRecorded("the kind of contact is not recorded")
NO_PERSONS = NotRecorded("the customer's people are not recorded with the contacts")
NO_TEAMS = NotRecorded("when sellers joined a deal is not recorded")
NO_STAYS = NotRecorded("stage history is not recorded")
LATE_AMOUNTS = NotRecorded("amounts are known only when a deal is closed")
NO_SOURCES = NotRecorded("no sources are recorded")


@dataclass(frozen=True)
class Exposures:
    """Columns of the same length, one entry a deal: what is known by the landmark (`touches`, …) and by the end
    (`touches_ever`, …); `at_risk` (open on the landmark day and followed `follow_days`), `won_in_time`, `closed`, `won`.

    Text columns are codes into `names`, −1 where not filled in. `missing`: what the source cannot say, and why. `share`: of all deals, the ones read.
    """

    landmark: int
    follow_days: float
    per_day: int
    columns: dict[str, NDArray[Any]]
    names: dict[str, list[str]]
    missing: dict[str, NotRecorded]
    share: float

    def has(self, name: str) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]


def exposures(prepared: Prepared, landmark: int) -> Exposures | None:
    """The deals open on day `landmark`, or closed at all; None where none has been followed.

    Followed: opened long enough before `as_of` that 95 % of all that ever ended had ended at that age; won later than
    that counts as not won, so every deal has had the same time.
    """
    deals, per_day = prepared.timed(), prepared.ticks.per_day
    ended = deals.outcome != "open"
    follow = engine.rows(deals.aggregate(at=deals.lived.quantile(SETTLED, where=ended)))[0]["at"]
    if follow is None:
        return None
    follow = max(int(follow), (landmark + 1) * per_day)
    old = prepared.horizon.now(prepared.ticks) - deals.born >= follow
    deals = deals.mutate(
        at_risk=(deals.lived > landmark * per_day) & (deals.entry <= landmark * per_day) & old,
        won_in_time=(deals.outcome == "won") & (deals.lived <= follow),
        closed=deals.outcome.isin(("won", "lost")),
        won=deals.outcome == "won",
    )
    deals = deals.filter(deals.at_risk | deals.closed)
    n = engine.rows(deals.aggregate(n=deals.count()))[0]["n"]
    share = min(1.0, MOST / n) if n else 1.0
    if share < 1.0:
        bound = f"{int(share * 16**HEX_DIGITS):0{HEX_DIGITS}x}"
        deals = deals.filter(deals.deal_id.hexdigest("md5")[:HEX_DIGITS] < bound)  # the same deals on any engine
    missing: dict[str, NotRecorded] = {}
    kept = engine.keep(_at_creation(prepared, deals, missing))
    parts = (_touched(prepared, kept, landmark, missing), _teamed(prepared, kept, landmark, missing))
    found = kept
    for part in (*parts, _staged(prepared, kept, landmark, missing)):
        if part is not None:
            found = found.left_join(part, "deal_id").drop("deal_id_right")
    columns, names = _read(found)
    return Exposures(landmark, follow / per_day, per_day, columns, names, missing, share)


def _read(table: ir.Table) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
    """Numbers as floats (missing: nan), flags as flags, text as codes from 0 on (missing: −1) and the names by code."""
    columns: dict[str, NDArray[Any]] = {}
    names: dict[str, list[str]] = {}
    read = table.order_by("deal_id").drop("deal_id").to_pyarrow()
    for name in read.column_names:
        column = read[name].combine_chunks()
        if pa.types.is_boolean(column.type):
            columns[name] = np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False), bool)
        elif pa.types.is_string(column.type):
            coded = column.dictionary_encode()
            columns[name] = np.asarray(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
            names[name] = coded.dictionary.to_pylist()
        else:
            columns[name] = np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    return columns, names


def _at_creation(prepared: Prepared, deals: ir.Table, missing: dict[str, NotRecorded]) -> ir.Table:
    """Amount, source, owner, company and customer status; the amount only where open deals carry one."""
    columns: dict[str, ir.Value] = {name: deals[name] for name in ("owner", "company") if prepared.has(name)}
    if prepared.has("source"):
        columns["source"] = deals.source
    else:
        missing["source"] = NO_SOURCES
    if _amounts_known_early(prepared):
        columns["size"] = deals.amount.cast("float64")
    else:
        missing["size"] = LATE_AMOUNTS
    names = ("deal_id", "born", "ended", "at_risk", "won_in_time", "closed", "won")
    found = deals.select(*names, **columns)
    if unknown_status(prepared):
        return found
    known = found.left_join(statuses(prepared), "deal_id")
    return known.drop("deal_id_right").rename(customer="status")


def _amounts_known_early(prepared: Prepared) -> bool:
    """Whether half of the open and half of the lost deals carry an amount."""
    deals = prepared.deals
    paid = (deals.amount > 0).fill_null(False)
    open_, lost = (deals.outcome == "open") & deals.opened, deals.outcome == "lost"
    counts = {
        "open": deals.count(where=open_),
        "open_paid": deals.count(where=open_ & paid),
        "lost": deals.count(where=lost),
        "lost_paid": deals.count(where=lost & paid),
    }
    found = engine.rows(deals.aggregate(**counts))[0]
    return all(found[f"{name}_paid"] * 2 >= max(found[name], 1) for name in ("open", "lost"))


def _ticked(prepared: Prepared, utc: ir.Value) -> ir.Value:
    return prepared.ticks.of(utc, prepared.local(utc)).cast("int64")


def _touched(prepared: Prepared, deals: ir.Table, landmark: int, missing: dict[str, NotRecorded]) -> ir.Table | None:
    """Contacts, their kinds, the people met and the days to the first, by the landmark and by the deal's end."""
    touches = prepared.tables.touches
    if touches is None:
        missing.update(dict.fromkeys(("touches", "channels", "people", "response_time"), NO_TOUCHES))
        return None
    touches = plain_times(touches)
    touches = touches.filter(touches["at"] < ibis.literal(prepared.horizon.end))
    columns = [column for column in ("kind", "person") if column in touches.columns]
    joined = touches.select("deal_id", *columns, tick=_ticked(prepared, touches["at"])).join(
        deals.select("deal_id", "born", "ended"), "deal_id"
    )
    age, limit = joined.tick - joined.born, landmark * prepared.ticks.per_day
    early, ever = age <= limit, joined.tick <= joined.ended
    wait = ibis.greatest(age.min(where=ever), 0) / prepared.ticks.per_day
    counts: dict[str, ir.Value] = {"touches": joined.count(where=early), "touches_ever": joined.count(where=ever)}
    for name, column, why in (("channels", "kind", NO_KINDS), ("people", "person", NO_PERSONS)):
        if column in joined.columns and engine.rows(touches.aggregate(n=touches[column].count()))[0]["n"]:
            counts[name] = joined[column].nunique(where=early)
            counts[f"{name}_ever"] = joined[column].nunique(where=ever)
        else:
            missing[name] = why
    return joined.group_by("deal_id").aggregate(**counts, response_time_ever=wait)


def _teamed(prepared: Prepared, deals: ir.Table, landmark: int, missing: dict[str, NotRecorded]) -> ir.Table | None:
    """Sellers who had joined the deal by the landmark, and ever."""
    members = prepared.tables.members
    if members is None or "joined_at" not in members.columns:
        missing["team_size"] = NO_TEAMS
        return None
    members = plain_times(members)
    filled = engine.rows(members.aggregate(n=members.count(), dated=members.joined_at.count()))[0]
    if not filled["n"] or filled["dated"] < ALMOST_ALL * filled["n"]:
        missing["team_size"] = NO_TEAMS
        return None
    members = members.filter(members.joined_at < ibis.literal(prepared.horizon.end))
    joined = members.select("deal_id", "member", tick=_ticked(prepared, members.joined_at)).join(
        deals.select("deal_id", "born", "ended"), "deal_id"
    )
    early = joined.tick - joined.born <= landmark * prepared.ticks.per_day
    return joined.group_by("deal_id").aggregate(
        team_size=joined.member.nunique(where=early),
        team_size_ever=joined.member.nunique(where=joined.tick <= joined.ended),
    )


def _staged(prepared: Prepared, deals: ir.Table, landmark: int, missing: dict[str, NotRecorded]) -> ir.Table | None:
    """The stage the deal stood in on the landmark day, and the days to its first move on."""
    visits = prepared.visits
    if visits is None:
        missing["first_move"] = NO_STAYS
        return None
    joined = visits.join(deals.select("deal_id", "born"), "deal_id")
    entered = _ticked(prepared, joined.entered_at) - joined.born
    left = _ticked(prepared, joined.left_at) - joined.born
    limit = landmark * prepared.ticks.per_day
    moves = ibis.greatest(left.min(), 0) / prepared.ticks.per_day
    return joined.group_by("deal_id").aggregate(
        stage=joined.stage.argmax(joined.entered_at, where=entered <= limit), first_move_ever=moves
    )
