"""Vunnet's own shape: Parquet or CSV files that carry the names and columns of `analysis.schema` already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from vunnet.analysis.schema import ALL, OUTCOMES, STAGE_KINDS
from vunnet.exchange import limits, tables
from vunnet.exchange.arrow import pc
from vunnet.exchange.assembly import Found, Part
from vunnet.exchange.deal_table import required_why
from vunnet.exchange.export import ReadFile
from vunnet.exchange.files import Files, Parts
from vunnet.exchange.headers import Layout
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.rows import repeats
from vunnet.exchange.sentences import said
from vunnet.exchange.sniffing import Head

SOURCE = "vunnet"
CENTS, LONG, WIDE = 2, 64, 19  # decimals of money, bits of a long integer, digits that hold every one
MARKS = {
    "deals": ("deal_id|outcome",),
    "visits": ("deal_id|stage|entered_at",),
    "stages": ("pipeline|stage|position|kind",),
    "touches": ("deal_id|at|kind", "deal_id|at|member", "deal_id|at|direction"),
    "members": ("deal_id|member|share", "deal_id|member|joined_at"),
    "lines": ("deal_id|product|quantity", "deal_id|product|amount"),
    "quotas": ("period_start|period_end|amount",),
}
CHOICES = {("deals", "outcome"): OUTCOMES, ("stages", "kind"): STAGE_KINDS}


def _layout(kind: str) -> Layout:
    schema = tables.DEALS if kind == "deals" else ALL[kind].columns
    marks = tuple(frozenset(group.split("|")) for group in MARKS[kind])
    never = frozenset({"outcome"}) if kind in ("lines", "members") else frozenset[str]()
    return Layout(SOURCE, kind, marks, {name: (name,) for name in schema.names}, never=never)


LAYOUTS = tuple(_layout(kind) for kind in MARKS)


def is_parquet(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def parquet_head(path: Path) -> Head:
    """A Parquet file's column names; no rows are shown."""
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as fault:
        raise CannotRead("{name} is a damaged Parquet file ({fault}).", name=path.name, fault=fault) from fault
    if len(schema.names) > limits.COLUMNS:
        raise CannotRead(
            "{name} has {count} columns; at most {most} are read.",
            name=path.name,
            count=len(schema.names),
            most=limits.COLUMNS,
        )
    return Head("parquet", "", schema.names, 0, [])


def read(found: Found) -> Parts:
    """The files as they are, checked against the schema."""
    for kind in MARKS:
        made = [_checked(part) for part in found.each(kind)]
        if made:
            found.parts.tables[kind] = pa.concat_tables(made, promote_options="default").combine_chunks()
    if "deals" not in found.parts.tables:
        raise CannotRead("There is no table of deals; add a file with the columns deal_id and outcome.")
    return found.parts


def _checked(part: Part) -> Any:
    rows, kind = part.rows, part.layout.kind
    schema = tables.DEALS if kind == "deals" else ALL[kind].columns
    for name in sorted(ALL[kind].required & set(rows.names)):
        rows.require(name, required_why(kind, name))
    if kind == "deals":
        rows.require_unique("deal_id")
    for (table, name), choices in CHOICES.items():
        if table == kind:
            _refuse_others(part, name, choices)
    columns = {name: rows.typed(name, schema.field(name).type) for name in schema.names if rows.has(name)}
    if kind == "deals":
        known = {name for name in rows.sheet.headers if not name.startswith("x_")}
        columns |= rows.attributes(None, kept=known)
        columns |= {name: values for name, values in rows.sheet.columns.items() if name.startswith("x_")}
        columns.setdefault("external_id", columns["deal_id"])
    return tables.shaped(columns, schema).filter(rows.alive)


def _refuse_others(part: Part, name: str, choices: tuple[str, ...]) -> None:
    rows = part.rows
    known = pc.is_in(rows.text(name), pa.array(choices))
    odd = (pc.invert(known)).to_numpy(zero_copy_only=False).nonzero()[0]
    why = said("This is none of {known}.", known=", ".join(choices))
    rows.refusals.rows(rows.sheet, rows.names[name], odd, [why] * len(odd))


def read_parquet(files: Files, path: Path, kind: str, parts: Parts) -> None:
    """One Parquet file straight into its table; types are cast, a column that cannot be cast is named."""
    schema = tables.DEALS if kind == "deals" else ALL[kind].columns
    table = pq.read_table(path)
    for name in sorted(ALL[kind].required):
        if name not in table.column_names or table[name].null_count:
            raise CannotRead(
                "{name} must have {column} in every row; write it again with that column filled.",
                name=path.name,
                column=name,
            )
    try:
        columns = {name: table[name] for name in table.column_names if name in schema.names or name.startswith("x_")}
        made = tables.shaped({name: _fitted(values) for name, values in columns.items()}, schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:
        raise CannotRead(
            "{name} does not fit the table {kind}: {fault}.", name=path.name, kind=kind, fault=fault
        ) from fault
    for (of, name), choices in CHOICES.items():
        if of == kind and not pc.all(pc.is_in(made[name], pa.array(choices))).as_py():
            raise CannotRead(
                "{name}: {column} must be one of {known} in every row.",
                name=path.name,
                column=name,
                known=", ".join(choices),
            )
    if kind == "deals" and len(repeats(made["deal_id"].combine_chunks())[0]):
        raise CannotRead("{name} has the same deal_id twice; every deal must stand there once.", name=path.name)
    earlier = parts.tables.get(kind)
    parts.tables[kind] = made if earlier is None else pa.concat_tables([earlier, made], promote_options="default")
    parts.files.append(ReadFile(files.name(path), SOURCE, kind, len(made), len(made)))


def _fitted(values: Any) -> Any:
    """Timestamps with a zone as naive UTC ones, and numbers of any type ready to become amounts: rounded to cents."""
    kind = values.type
    if pa.types.is_timestamp(kind) and kind.tz:
        return values.cast(pa.timestamp("us"))
    if pa.types.is_integer(kind) and kind.bit_width == LONG:
        return values.cast(pa.decimal128(WIDE, 0))
    if pa.types.is_decimal(kind) and kind.scale > CENTS:
        return pc.round(values, CENTS)
    return values
