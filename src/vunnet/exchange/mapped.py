"""Any table of any system, by a MAP.toml that says which column is which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.analysis.schema import ALL
from vunnet.exchange import tables
from vunnet.exchange.arrow import pc
from vunnet.exchange.deal_table import finished_deals, required_why
from vunnet.exchange.export import ReadFile
from vunnet.exchange.files import Files, Parts, expanded
from vunnet.exchange.headers import plain
from vunnet.exchange.histories import chain
from vunnet.exchange.map_file import Condition, Join, Map, OutcomeRule, Section, read_map
from vunnet.exchange.mapped_log import deals_of_log, outcomes_of_log, stages_of_log
from vunnet.exchange.reading import Sheet
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.rows import Rows, repeats
from vunnet.exchange.sentences import said

SOURCE = "csv"


@dataclass
class _Reading:
    files: Files
    map: Map
    zone: str
    parts: Parts
    notes: dict[str, str]


def read(files: Files, map_path: Path, zone: str) -> Parts:
    """All sections of the map. Raises CannotRead where the map names a file or a column that is not there."""
    at = _Reading(files, read_map(map_path), zone, Parts(), {})
    used: dict[Path, list[str]] = {}
    log = _section_rows(at, "visits", used)
    visits = None if log is None else _visits(at, log)
    at.parts.tables["deals"] = _deals(at, used, log)
    if visits is not None:
        at.parts.tables["visits"] = visits
    for name in ("touches", "members", "lines", "quotas", "stages"):
        rows = _section_rows(at, name, used)
        if rows is not None:
            at.parts.tables[name] = _plain_table(rows, name)
    if visits is not None and "stages" not in at.parts.tables:
        at.parts.tables["stages"] = stages_of_log(at.map, visits)
    if visits is None:
        at.parts.missing(said("When each deal entered its stages is not in these files: there is no funnel over time."))
    at.parts.files = [_as_read(at, path, kinds) for path, kinds in used.items()] + _unused(at, used)
    return at.parts


def _as_read(at: _Reading, path: Path, kinds: list[str]) -> ReadFile:
    note = at.notes.get(at.files.name(path), "")
    if all(kind.startswith("look-up") for kind in kinds):
        return ReadFile(at.files.name(path), SOURCE, ", ".join(kinds), note=note)
    return at.files.read_as(path, SOURCE, ", ".join(kinds), note)


def _unused(at: _Reading, used: Mapping[Path, list[str]]) -> list[ReadFile]:
    rest = {path.resolve() for path in used}
    return [
        ReadFile(
            at.files.name(path),
            "",
            "",
            note=said("{name} does not name this file, so it was not read.", name=at.map.path.name),
        )
        for path in at.files.paths
        if path.resolve() not in rest
    ]


def _section_rows(at: _Reading, name: str, used: dict[Path, list[str]]) -> Rows | None:
    """The section's rows, with its replacements, look-ups and conditions applied."""
    section = at.map.sections.get(name)
    if section is None:
        return None
    path = _find(at, section.file, name)
    sheet = at.files.sheet(path, section.header)
    used.setdefault(path, []).append("event log" if name == "visits" and "deals" not in at.map.sections else name)
    columns = _replaced(dict(sheet.columns), section)
    for join in section.joins:
        looked = _find(at, join.file, f"{name}.join.{join.name}")
        used.setdefault(looked, []).append("look-up")
        columns = _joined(at, columns, section, join, at.files.sheet(looked, join.header))
    columns = _replaced(columns, section)
    whole = replace(sheet, columns=columns)
    mask = np.ones(sheet.count, dtype=bool)
    for condition in section.where:
        mask &= _holds(columns[_header(at, columns, condition.column, name)], condition)
    names = {ours: _header(at, columns, theirs, name) for ours, theirs in section.columns.items()}
    return Rows(whole.chosen(mask), names, at.files.refusals, at.zone, section.order, section.mark)


def _find(at: _Reading, file: str, place: str) -> Path:
    """The file among those given, beside them, or beside the map; without a name the only one given."""
    given = at.files.paths
    if not file:
        if len(given) == 1:
            return given[0]
        raise CannotRead(
            '{name}, [{place}]: say which file it is, as file = "….csv".', name=at.map.path.name, place=place
        )
    for path in given:
        if path.name == Path(file).name:
            return path
    for folder in [*dict.fromkeys(path.parent for path in given), at.map.path.parent]:
        if (folder / file).is_file():
            return expanded([folder / file])[0]
    raise CannotRead(
        "{name}, [{place}]: {file} is neither among the given files nor beside them.",
        name=at.map.path.name,
        place=place,
        file=file,
    )


def _header(at: _Reading, columns: Mapping[str, Any], theirs: str, place: str) -> str:
    if theirs in columns:
        return theirs
    for header in columns:
        if plain(header) == plain(theirs):
            return header
    there = ", ".join(list(columns)[:60])
    raise CannotRead(
        '{name}, [{place}]: there is no column "{theirs}"; there are {there}.',
        name=at.map.path.name,
        place=place,
        theirs=theirs,
        there=there,
    )


def _replaced(columns: dict[str, Any], section: Section) -> dict[str, Any]:
    """The replacements carried out on the columns that are there already; look-ups bring more."""
    for ours, pairs in section.replace.items():
        header = section.columns.get(ours, ours)
        if header in columns:
            columns[header] = _swapped(columns[header], pairs)
    return columns


def _swapped(column: Any, pairs: Mapping[str, str]) -> Any:
    found = pc.index_in(column, value_set=pa.array(list(pairs), pa.string()))
    return pc.coalesce(pa.array(list(pairs.values()), pa.string()).take(found), column)


def _joined(at: _Reading, columns: dict[str, Any], section: Section, join: Join, sheet: Sheet) -> dict[str, Any]:
    """The columns with those of the look-up beside them; a name that is taken gets the look-up's name before it."""
    left = columns[_header(at, columns, join.left, section.name)]
    right = sheet.columns[_header(at, sheet.columns, join.right, f"{section.name}.join.{join.name}")]
    again, _ = repeats(right)
    at.files.refusals.rows(
        sheet, join.right, again, [said("This key is there already; the first row is used.")] * len(again)
    )
    first = np.ones(sheet.count, dtype=bool)
    first[again] = False
    rows = pa.array(np.flatnonzero(first))
    places = rows.take(pc.index_in(left, value_set=right.take(rows), skip_nulls=True))
    missing = pc.sum(pc.and_(places.is_null(), left.is_valid())).as_py()
    if missing:
        at.notes[sheet.name] = said(
            "{missing} rows have a {left} that is not in this look-up.", missing=missing, left=join.left
        )
    for header, values in sheet.columns.items():
        if header == join.right:
            continue
        columns[header if header not in columns else f"{join.name}.{header}"] = values.take(places)
    return columns


def _holds(column: Any, condition: Condition) -> np.ndarray:
    text = pc.fill_null(column, "")
    if condition.test == "present":
        mask = pc.equal(column.is_valid(), condition.values == ("true",))
    elif condition.test in ("is", "is_not"):
        mask = pc.is_in(text, pa.array(condition.values))
        mask = pc.invert(mask) if condition.test == "is_not" else mask
    else:
        test = {"starts_with": pc.starts_with, "ends_with": pc.ends_with, "contains": pc.match_substring}[
            condition.test
        ]
        mask = test(text, condition.values[0])
        for value in condition.values[1:]:
            mask = pc.or_(mask, test(text, value))
    found: np.ndarray = mask.to_numpy(zero_copy_only=False)
    return found


def _visits(at: _Reading, rows: Rows) -> Any:
    """The log's stays: required cells present, only the stages to keep."""
    for meaning in ("deal_id", "stage", "entered_at"):
        rows.require(meaning, required_why("visits", meaning))
    keep = at.map.sections["visits"].keep
    changes = {
        name: rows.typed(name, ALL["visits"].columns.field(name).type) for name in ("deal_id", "stage", "entered_at")
    }
    if rows.has("amount"):
        changes["amount"] = rows.money("amount")
    usable = pc.and_(rows.alive, changes["entered_at"].is_valid())
    if keep:
        usable = pc.and_(usable, pc.is_in(changes["stage"], pa.array(keep)))
    return chain(pa.table(changes).filter(usable))


def _deals(at: _Reading, used: dict[Path, list[str]], log: Rows | None) -> Any:
    rows = _section_rows(at, "deals", used)
    if rows is None and log is not None:
        return deals_of_log(log, at.map, at.parts)
    if rows is None:
        raise CannotRead("{name} has neither [deals] nor [visits].", name=at.map.path.name)
    rows.require("deal_id", required_why("deals", "deal_id"))
    rows.require_unique("deal_id")
    columns = {name: rows.typed(name, _type_of(name)) for name in rows.names}
    section = at.map.sections["deals"]
    if section.outcome is not None:
        _outcome_by_rule(at, rows, section.outcome, columns)
    elif log is not None:
        outcomes_of_log(log, at.map, columns)
    if "closed_at" not in columns and "created_at" not in columns:
        at.parts.missing(said("Neither opening nor closing dates are in these files: there are no times."))
    return finished_deals(rows, columns)


def _type_of(name: str) -> Any:
    return pa.string() if name.startswith("x_") else tables.DEALS.field(name).type


def _outcome_by_rule(at: _Reading, rows: Rows, rule: OutcomeRule, columns: dict[str, Any]) -> None:
    sheet = rows.sheet
    if rule.column:
        header = _header(at, sheet.columns, rule.column, "deals.outcome")
        columns["outcome"] = _by_value(at, header, sheet.columns[header], rule.values)
        return
    headers = {name: _header(at, sheet.columns, column, "deals.outcome") for name, column in rule.present.items()}
    filled = {name: sheet.columns[header].is_valid().to_numpy(zero_copy_only=False) for name, header in headers.items()}
    twice = np.flatnonzero(np.sum(list(filled.values()), axis=0) > 1)
    why = said(
        "More than one of {known} is filled; only one can be how the deal ended.", known=", ".join(headers.values())
    )
    at.files.refusals.rows(sheet, next(iter(headers.values())), twice, [why] * len(twice))
    names: np.ndarray = np.select(list(filled.values()), list(filled), default="open")
    columns["outcome"] = pa.array(names.tolist(), pa.string())
    if "closed_at" not in columns:
        rows.names = {**rows.names, **{f"{name}_at": header for name, header in headers.items()}}
        columns["closed_at"] = pc.coalesce(*[rows.moment(f"{name}_at") for name in headers])


def _by_value(at: _Reading, header: str, column: Any, values: Mapping[str, tuple[str, ...]]) -> Any:
    """Won, lost or cancelled by the listed values, whatever their case; anything else is open."""
    outcome = {value.casefold(): name for name, listed in values.items() for value in listed}
    coded = column.dictionary_encode()
    there = [(text or "").casefold() for text in coded.dictionary.to_pylist()]
    for value in outcome:
        if value not in there:
            found = ", ".join(sorted(str(text) for text in coded.dictionary.to_pylist())[:20])
            at.parts.missing(
                said(
                    'The map lists "{value}" as an outcome, but {header} never says so; it says {found}.',
                    value=value,
                    header=header,
                    found=found,
                )
            )
    named = pa.array([outcome.get(text, "open") for text in there], pa.string())
    return pc.fill_null(named.take(coded.indices), "open")


def _plain_table(rows: Rows, name: str) -> Any:
    """A section whose columns are those of the schema, row by row."""
    schema = ALL[name]
    for meaning in sorted(schema.required & set(rows.names)):
        rows.require(meaning, required_why(name, meaning))
    columns = {meaning: rows.typed(meaning, schema.columns.field(meaning).type) for meaning in rows.names}
    table = tables.shaped(columns, schema.columns).filter(rows.alive)
    for meaning in schema.required & set(rows.names):
        table = table.filter(table[meaning].is_valid())
    return table
