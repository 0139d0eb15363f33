"""From the recognised files of one source to its tables: what all CRM exports have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.analysis.schema import ALL
from vunnet.exchange import outcomes, tables
from vunnet.exchange.arrow import pc
from vunnet.exchange.deal_table import finished_deals, local_day, required_why
from vunnet.exchange.files import Files, Parts
from vunnet.exchange.headers import Layout
from vunnet.exchange.histories import chain, first_of_each, last_of_each, looked_up
from vunnet.exchange.links import completed_companies, completed_people, derived_ids, numbered
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.rows import Rows
from vunnet.exchange.sentences import said
from vunnet.exchange.stages import PIPELINE, lost_from, median_shares, one, stages_table

DELETED = said("The record is deleted in the source system; restore it there if it should come along.")
TOUCHES = ("call", "mail", "meeting")


@dataclass(frozen=True)
class Part:
    """One recognised file with its rows."""

    path: Path
    layout: Layout
    rows: Rows


@dataclass
class Found:
    """The files of one source by kind, and what is gathered from them."""

    files: Files
    zone: str
    by_kind: Mapping[str, list[Part]]
    parts: Parts = field(default_factory=Parts)

    def each(self, *kinds: str) -> Iterator[Part]:
        for kind in kinds:
            yield from self.by_kind.get(kind, [])

    def has(self, kind: str) -> bool:
        return bool(self.by_kind.get(kind))


def records(found: Found, kind: str, schema: pa.Schema, columns: Callable[[Part], dict[str, Any]]) -> Any | None:
    """All files of a kind as one table; a second row of the same `external_id` is refused."""
    made: list[Any] = []
    for part in found.each(kind):
        rows = part.rows
        refuse_deleted(rows)
        built = columns(part)
        _one_each(rows, built["external_id"], made)
        made.append(tables.shaped(built, schema, whole=True).filter(rows.alive))
    return pa.concat_tables(made, promote_options="default") if made else None


def _one_each(rows: Rows, ids: Any, earlier: list[Any]) -> None:
    """Refuse records without an identifier, be it the file's or made from names, and second ones of the same."""
    why = said("The row has neither an identifier nor a name, so nothing can be linked to it; add one.")
    rows.require("external_id", why, ids)
    rows.require_unique("external_id", ids)
    _refuse_known(rows, ids, "external_id", earlier)


def direct(part: Part, schema: pa.Schema, *, attributes: bool = False) -> dict[str, Any]:
    """The columns whose meanings are the schema's own names, typed; with the unknown ones as attributes."""
    rows = part.rows
    found = {name: rows.typed(name, schema.field(name).type) for name in schema.names if rows.has(name)}
    return found | (rows.attributes(part.layout) if attributes else {})


def deal_columns(part: Part, *, skip_headers: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A deals file's columns; `close` is the closing date of a closed deal and the expected one of an open deal.

    The identifier must be there and unique; a column it lacks (a report without ids) is the source module's to derive.
    """
    rows = part.rows
    refuse_deleted(rows)
    if rows.has("deal_id"):
        rows.require("deal_id", required_why("deals", "deal_id"))
        rows.require_unique("deal_id")
    found = {name: rows.typed(name, tables.DEALS.field(name).type) for name in tables.DEALS.names if rows.has(name)}
    if rows.has("close") and "closed_at" not in found:
        rows.names = {**rows.names, "closed_at": rows.names["close"]}
        found["closed_at"] = rows.moment("close")
    if "owner" in found and "owner_email" not in found:
        found |= _owner(found["owner"])
    found.setdefault("stage_now", pa.nulls(rows.sheet.count, pa.string()))
    found["outcome"] = outcomes.by_flags(rows)
    return found | rows.attributes(part.layout, kept=skip_headers)


def _owner(column: Any) -> dict[str, Any]:
    """Owner and address apart where a cell holds both, as in `Kari Hauge (kari@firm.example)`."""
    if not pc.any(pc.match_substring(column, "@")).as_py():
        return {}
    parts = pc.extract_regex(column, r"^(?:(?P<name>[^()]*\S)\s*[(<])?(?P<email>[^()<>@\s]+@[^()<>@\s]+)[)>]?$")
    email, name = pc.struct_field(parts, "email"), pc.struct_field(parts, "name")
    if email.null_count == len(email):
        return {}
    return {"owner": pc.if_else(pc.fill_null(pc.not_equal(name, ""), False), name, column), "owner_email": email}


def derive_deal_ids(found: Found, part: Part, built: dict[str, Any], id_header: str) -> None:
    """Deals without identifiers are known by name and company, and by a number where these repeat."""
    rows = part.rows
    if "name" not in built:
        raise CannotRead(
            "{name} has neither identifiers nor names of deals; add the column {id_header}.",
            name=rows.sheet.name,
            id_header=id_header,
        )
    rows.require("name", said("The row has neither an identifier nor a name, so no deal can be made of it."))
    company = built.get("company", pa.nulls(rows.sheet.count, pa.string()))
    built["deal_id"], repeated = numbered(derived_ids("deal", built["name"], company))
    found.parts.missing(
        said(
            "There is no column {id_header}: deals are known by their name and company. {repeated} share both with an earlier one and were numbered in the order of the file.",
            id_header=id_header,
            repeated=repeated,
        )
        if repeated
        else said("There is no column {id_header}: deals are known by their name and company.", id_header=id_header)
    )


def refuse_deleted(rows: Rows) -> None:
    if rows.has("is_deleted"):
        gone = np.flatnonzero(pc.fill_null(rows.flag("is_deleted"), False).to_numpy(zero_copy_only=False))
        rows.refusals.rows(rows.sheet, rows.names["is_deleted"], gone, [DELETED] * len(gone))


def _refuse_known(rows: Rows, ids: Any, meaning: str, earlier: list[Any]) -> None:
    for table in earlier:
        again = pc.is_in(ids, one(table["external_id"]))
        twice = np.flatnonzero(again.to_numpy(zero_copy_only=False))
        why = said("The same identifier stands in another of the files already; that row was kept.")
        rows.refusals.rows(rows.sheet, rows.names.get(meaning, meaning), twice, [why] * len(twice))


def deals_of(found: Found, columns: Callable[[Part], dict[str, Any]], kind: str = "deals") -> Any | None:
    """All deals files as one table. Outcomes that no flag decided are read from stages over all of them."""
    gathered: list[tuple[Rows, dict[str, Any]]] = []
    ids: list[Any] = []
    for part in found.each(kind):
        built = columns(part)
        _refuse_known(part.rows, built["deal_id"], "deal_id", ids)
        part.rows.ids = built["deal_id"]
        ids.append(pa.table({"external_id": built["deal_id"]}))
        gathered.append((part.rows, built))
    if not gathered:
        return None
    _settle_outcomes(found, [built for _, built in gathered])
    made = [finished_deals(rows, built) for rows, built in gathered]
    table = pa.concat_tables(made, promote_options="default").combine_chunks()
    if "pipeline" in table.column_names:
        place = table.column_names.index("pipeline")
        return table.set_column(place, "pipeline", pc.fill_null(table["pipeline"], PIPELINE))
    return table.append_column("pipeline", pa.array([PIPELINE] * len(table), pa.string()))


def _settle_outcomes(found: Found, gathered: list[dict[str, Any]]) -> None:
    if not any(built["outcome"].null_count for built in gathered):
        return
    stages = pa.concat_arrays([built["stage_now"] for built in gathered])
    has_shares = all("probability" in built for built in gathered)
    shares = pa.concat_arrays([built["probability"] for built in gathered]) if has_shares else None
    kinds = outcomes.kinds_by_name(stages, shares)
    found.parts.missing(outcomes.BY_NAME)
    for built in gathered:
        built["outcome"] = pc.coalesce(built["outcome"], outcomes.by_stage(built["stage_now"], kinds))


def finish(found: Found, deals: Any, changes: Any | None, *, stages_close: bool = True) -> Parts:
    """Visits, stages, the stage lost from, touches, and the companies and people that only deals mention.

    `changes`: deal_id, stage, entered_at and more, see histories.chain. `stages_close`: a stage can be won or lost in
    itself (not in Pipedrive, where the status stands beside the stage).
    """
    parts = found.parts
    if deals is None:
        return _without_deals(parts)
    visits = None if changes is None else _visits_of(found, deals, changes)
    kinds = outcomes.kinds_by_outcome(deals["stage_now"], deals["outcome"]) if stages_close else {}
    if visits is not None:
        for name, kind in outcomes.kinds_by_name(one(visits["stage"])).items():
            kinds.setdefault(name, kind if stages_close else "open")
        deals = _dates_of_history(deals, visits, kinds, found.zone)
        parts.tables["visits"] = visits
    deals = _with(deals, "stage", lost_from(deals, visits, kinds) if visits is not None else one(deals["stage_now"]))
    shares = _shares(deals, changes) if stages_close else {}
    if visits is None and not shares:
        parts.missing(said("The order of the stages is not in these files: they stand as they first appear."))
    parts.tables["deals"] = deals.select(sorted(deals.column_names, key=_place))
    parts.tables["stages"] = stages_table(deals, visits, kinds, shares)
    parts.people = completed_people(parts.people, deals)
    parts.companies = completed_companies(parts.companies, deals, parts.people)
    if parts.activities is not None:
        parts.activities, parts.tables["touches"] = _touches(parts.activities)
    return parts


def _without_deals(parts: Parts) -> Parts:
    """Companies, people and activities alone are worth importing too."""
    nothing = tables.DEALS.empty_table()
    parts.companies = completed_companies(parts.companies, nothing, parts.people)
    parts.missing(said("There is no file of deals among these: only companies, people and activities were read."))
    return parts


def _visits_of(found: Found, deals: Any, changes: Any) -> Any:
    known = pc.is_in(changes["deal_id"], one(deals["deal_id"]))
    others = len(changes) - pc.sum(known).as_py() if len(changes) else 0
    if not others:
        return chain(changes)
    found.parts.missing(
        said("Rows of the stage history that belong to no deal in the deals file, left out: {others}.", others=others)
    )
    return chain(changes.filter(known))


def _dates_of_history(deals: Any, visits: Any, kinds: Mapping[str, str], zone: str) -> Any:
    """Opening and closing times that the deals file lacks, from the first entry and from the entry that closed it."""
    keys, opened = first_of_each(one(visits["deal_id"]), one(visits["entered_at"]))
    first = looked_up(one(deals["deal_id"]), keys, opened)
    known = one(deals["created_at"]) if "created_at" in deals.column_names else pa.nulls(len(deals), first.type)
    deals = _with(deals, "created_at", pc.coalesce(known, first))
    closing = pa.array([name for name, kind in kinds.items() if kind != "open"], pa.string())
    closed = visits.filter(pc.is_in(visits["stage"], closing))
    keys, ended = last_of_each(one(closed["deal_id"]), one(closed["entered_at"]))
    last = looked_up(one(deals["deal_id"]), keys, ended)
    last = pc.if_else(one(pc.not_equal(deals["outcome"], "open")), last, pa.scalar(None, last.type))
    known = one(deals["closed_at"]) if "closed_at" in deals.column_names else pa.nulls(len(deals), last.type)
    # A closing date of the same day only lacks the hour that the history knows.
    same_day = pc.fill_null(pc.equal(local_day(known, zone), local_day(last, zone)), False)
    return _with(deals, "closed_at", pc.coalesce(pc.if_else(same_day, last, known), last))


def _shares(deals: Any, changes: Any | None) -> dict[str, float]:
    if changes is not None and "probability" in changes.column_names:
        return median_shares(changes["stage"], changes["probability"])
    if "probability" in deals.column_names:
        return median_shares(deals["stage_now"], deals["probability"])
    return {}


def _touches(activities: Any) -> tuple[Any, Any]:
    """The activities, and those of them that were a contact with the customer about a deal."""
    happened = pc.and_(pc.is_in(activities["kind"], pa.array(TOUCHES)), activities["at"].is_valid())
    rows = activities.filter(pc.and_(happened, activities["deal_id"].is_valid()))
    columns = {name: rows[name] for name in ("deal_id", "at", "kind", "member")} | {"person": rows["person_id"]}
    if "x_direction" in rows.column_names:
        columns["direction"] = rows["x_direction"]
    return activities, tables.shaped(columns, ALL["touches"].columns)


def _with(table: Any, name: str, values: Any) -> Any:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, values)
    return table.append_column(name, values)


def _place(name: str) -> tuple[int, str]:
    names = tables.DEALS.names
    return (names.index(name), "") if name in names else (len(names), name)
