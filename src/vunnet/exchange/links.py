"""Identifiers where a source links by name, and the companies and people that only the deals mention."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.exchange import tables
from vunnet.exchange.arrow import pc
from vunnet.exchange.headers import plain
from vunnet.exchange.histories import first_of_each, looked_up
from vunnet.exchange.stages import one


def derived_id(prefix: str, *texts: str | None) -> str:
    """A stable identifier from names: the same names give the same identifier in every export.

    >>> derived_id("company", "Fjord Bakeri AS") == derived_id("company", " fjord  bakeri as")
    True
    """
    named = "\x1f".join(plain(text or "") for text in texts)
    return f"{prefix}:{blake2b(named.encode(), digest_size=8).hexdigest()}"


def derived_ids(prefix: str, *columns: Any) -> Any:
    """Such identifiers for rows; null where the first of the columns is."""
    joined = pc.binary_join_element_wise(*[pc.fill_null(column, "") for column in columns], "\x1f").dictionary_encode()
    ids = [derived_id(prefix, *text.split("\x1f")) for text in joined.dictionary.to_pylist()]
    made = pa.array(ids, pa.string()).take(joined.indices)
    return pc.if_else(columns[0].is_valid(), made, pa.scalar(None, pa.string()))


def numbered(ids: Any) -> tuple[Any, int]:
    """Identifiers made unique: the second of the same gets #2. Also how many had to be numbered."""
    codes = pc.fill_null(ids.dictionary_encode().indices, -1).to_numpy()
    order = np.argsort(codes, kind="stable")
    begins = np.r_[True, codes[order][1:] != codes[order][:-1]] if len(codes) else np.empty(0, bool)
    starts = np.maximum.accumulate(np.where(begins, np.arange(len(codes)), 0)) if len(codes) else codes
    nth = np.empty(len(codes), dtype=np.int64)
    nth[order] = np.arange(len(codes)) - starts + 1
    again = nth > 1
    suffixed = pc.binary_join_element_wise(ids, pa.array(nth).cast(pa.string()), "#")
    return pc.if_else(pa.array(again), suffixed, ids), int(again.sum())


def ids_by_name(names: Any, records: Any | None, prefix: str) -> Any:
    """Identifiers for names: that of the one record of this name, else a derived one."""
    made = derived_ids(prefix, names)
    if records is None or not len(records):
        return made
    known = one(records["name"])
    counts = known.value_counts()
    single = counts.field("values").filter(pc.equal(counts.field("counts"), 1))
    chosen = records.filter(pc.is_in(records["name"], single))
    return pc.coalesce(looked_up(names, one(chosen["name"]), one(chosen["external_id"])), made)


def completed_companies(companies: Any | None, deals: Any, people: Any | None) -> Any:
    """The companies and, after them, those only deals or people name: identifier and name, nothing else."""
    mentioned = [
        table.select(["company_id", "company"])
        for table in (deals, people)
        if table is not None and {"company_id", "company"} <= set(table.column_names)
    ]
    if not mentioned:
        return companies if companies is not None else tables.COMPANIES.empty_table()
    pairs = pa.concat_tables(mentioned)
    pairs = pairs.filter(pc.and_(pairs["company_id"].is_valid(), pairs["company"].is_valid()))
    ids, names = first_of_each(one(pairs["company_id"]), one(pairs["company"]))
    return _appended(companies, {"external_id": ids, "name": names}, tables.COMPANIES)


def completed_people(people: Any | None, deals: Any) -> Any:
    """The people and, after them, those only deals name."""
    if not {"person", "person_ids"} <= set(deals.column_names):
        return people if people is not None else tables.PEOPLE.empty_table()
    single = deals.filter(pc.and_(pc.equal(pc.list_value_length(deals["person_ids"]), 1), deals["person"].is_valid()))
    owned = pc.list_flatten(one(single["person_ids"]))
    ids, names = first_of_each(owned, one(single["person"]))
    columns = {"external_id": ids, **split_name(names)}
    for name in ("company_id", "company"):
        if name in single.column_names:
            columns[name] = first_of_each(owned, one(single[name]))[1]
    return _appended(people, columns, tables.PEOPLE)


def split_name(names: Any) -> dict[str, Any]:
    """First and last name from a full one, parted at the last blank."""
    parts = pc.extract_regex(names, r"^(?:(?P<first>.*\S)\s+)?(?P<last>\S+)$")
    first = pc.struct_field(parts, "first")
    return {
        "first_name": pc.if_else(pc.equal(first, ""), pa.scalar(None, pa.string()), first),
        "last_name": pc.struct_field(parts, "last"),
    }


def _appended(records: Any | None, columns: dict[str, Any], schema: pa.Schema) -> Any:
    more = tables.shaped(columns, schema, whole=True)
    if records is None:
        return more
    known = pc.is_in(more["external_id"], one(records["external_id"]))
    return pa.concat_tables([records, more.filter(pc.invert(known))], promote_options="default")
