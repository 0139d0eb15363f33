"""A MAP.toml taken apart and checked: which column of which file is which, before any row is read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vunnet.analysis.schema import ALL
from vunnet.exchange import moments, tables
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.sentences import said

SECTIONS = ("deals", "visits", "touches", "members", "lines", "quotas", "stages")
SETTINGS = ("file", "header", "outcome", "join", "replace", "where", "keep", "dates", "decimal")
TESTS = ("is", "is_not", "starts_with", "ends_with", "contains", "present")
OUTCOMES = ("won", "lost", "cancelled")
ORDERS = (moments.DAY_FIRST, moments.MONTH_FIRST)
MARKS = {"comma": ",", "point": "."}


@dataclass(frozen=True)
class Join:
    name: str
    file: str
    left: str
    right: str
    header: list[str] | None


@dataclass(frozen=True)
class Condition:
    column: str
    test: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class OutcomeRule:
    """By the values of `column`, or by which of the columns in `present` is filled; anything else is open."""

    column: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    present: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """One table of the map. `columns`: our column → the file's header."""

    name: str
    file: str
    header: list[str] | None
    columns: Mapping[str, str]
    outcome: OutcomeRule | None
    joins: tuple[Join, ...]
    replace: Mapping[str, Mapping[str, str]]
    where: tuple[Condition, ...]
    keep: tuple[str, ...]
    order: str
    mark: str


@dataclass(frozen=True)
class Map:
    path: Path
    sections: Mapping[str, Section]
    outcome_from_visits: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _At:
    """Where in the map we are, for the message."""

    path: Path
    place: str

    def fault(self, why: str) -> CannotRead:
        return CannotRead("{name}, {place}: {why}", name=self.path.name, place=self.place, why=why)

    def text(self, value: object, key: str) -> str:
        if not isinstance(value, str) or not value:
            raise self.fault(said("{key} must be a text in quotes.", key=key))
        return value

    def texts(self, value: object, key: str) -> tuple[str, ...]:
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
            raise self.fault(said('{key} must be a list of texts such as ["Won"].', key=key))
        return tuple(values)

    def table(self, value: object, key: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fault(said("{key} must be a table, as [{key}] or {{ … }}.", key=key))
        return value

    def only(self, keys: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in keys:
            if key not in known:
                raise self.fault(said("{key} is not known here; known are {known}.", key=key, known=", ".join(known)))


def read_map(path: Path) -> Map:
    """The map, or CannotRead with the place in it that is wrong and what may stand there."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise CannotRead("The map {path} does not exist.", path=path) from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise CannotRead("{name} is not valid TOML: {fault}.", name=path.name, fault=fault) from fault
    at = _At(path, "the whole file")
    at.only(raw, (*SECTIONS, "outcome_from_visits"))
    sections = {name: _section(path, name, raw[name]) for name in SECTIONS if name in raw}
    by_visits = _outcome_lists(_At(path, "[outcome_from_visits]"), raw.get("outcome_from_visits", {}))
    _check_whole(at, sections, by_visits)
    return Map(path, sections, by_visits)


def _check_whole(at: _At, sections: Mapping[str, Section], by_visits: Mapping[str, tuple[str, ...]]) -> None:
    if "deals" not in sections and "visits" not in sections:
        raise at.fault(said("there is neither [deals] nor [visits]; one of them must say where the deals are."))
    if by_visits and "visits" not in sections:
        raise at.fault(said("[outcome_from_visits] needs a [visits] section."))
    if "deals" in sections and sections["deals"].outcome is None and not by_visits:
        raise at.fault(
            said('[deals] needs outcome = { column = "…", won = ["…"], lost = ["…"] }, or [outcome_from_visits].')
        )
    if "deals" in sections and sections["deals"].outcome and by_visits:
        raise at.fault(said("say the outcome once: in [deals] outcome or in [outcome_from_visits]."))


def _section(path: Path, name: str, raw: object) -> Section:
    at = _At(path, f"[{name}]")
    keys = at.table(raw, name)
    columns = {key: at.text(value, key) for key, value in keys.items() if key not in SETTINGS}
    _check_columns(at, name, columns)
    order = at.text(keys["dates"], "dates") if "dates" in keys else ""
    decimal = at.text(keys["decimal"], "decimal") if "decimal" in keys else ""
    if order and order not in ORDERS:
        raise at.fault(said("dates must be one of {known}.", known=", ".join(ORDERS)))
    if decimal and decimal not in MARKS:
        raise at.fault(said("decimal must be one of {known}.", known=", ".join(MARKS)))
    return Section(
        name=name,
        file=at.text(keys["file"], "file") if "file" in keys else "",
        header=list(at.texts(keys["header"], "header")) if "header" in keys else None,
        columns=columns,
        outcome=_outcome(at, keys["outcome"]) if "outcome" in keys else None,
        joins=_joins(path, name, keys.get("join", {})),
        replace=_replacements(at, keys.get("replace", {})),
        where=_conditions(at, keys.get("where", [])),
        keep=at.texts(keys["keep"], "keep") if "keep" in keys else (),
        order=order,
        mark=MARKS.get(decimal, ""),
    )


def _check_columns(at: _At, name: str, columns: Mapping[str, str]) -> None:
    known = {*ALL[name].columns.names}
    if name in ("deals", "visits"):
        known |= {*tables.DEALS.names} - {"outcome"}
    for column in columns:
        if column not in known and not (column.startswith("x_") and name in ("deals", "visits")):
            options = ", ".join(sorted(known | set(SETTINGS)))
            raise at.fault(
                said(
                    "{column} is not known here; known are {options}, and x_… for free attributes of a deal.",
                    column=column,
                    options=options,
                )
            )
    required = ALL[name].required - {"outcome", "created_at"} - ({"pipeline"} if name == "stages" else set())
    for column in sorted(required - set(columns)):
        raise at.fault(said('{column} is missing; say which column it is, as {column} = "…".', column=column))


def _outcome(at: _At, raw: object) -> OutcomeRule:
    rule = at.table(raw, "outcome")
    at.only(rule, ("column", *OUTCOMES, *(f"{name}_when_present" for name in OUTCOMES)))
    present = {name: at.text(rule[key], key) for name in OUTCOMES if (key := f"{name}_when_present") in rule}
    if "column" in rule and not present:
        lists = _outcome_lists(at, {key: value for key, value in rule.items() if key != "column"})
        return OutcomeRule(at.text(rule["column"], "column"), lists)
    if present and "column" not in rule:
        return OutcomeRule(present=present)
    raise at.fault(said("outcome needs either column with won and lost, or won_when_present and lost_when_present."))


def _outcome_lists(at: _At, raw: object) -> dict[str, tuple[str, ...]]:
    lists = at.table(raw, "outcome")
    at.only(lists, OUTCOMES)
    return {name: at.texts(lists[name], name) for name in OUTCOMES if name in lists}


def _joins(path: Path, section: str, raw: object) -> tuple[Join, ...]:
    at = _At(path, f"[{section}.join]")
    joins = []
    for name, keys in at.table(raw, "join").items():
        inner = _At(path, f"[{section}.join.{name}]")
        at.table(keys, name)
        inner.only(keys, ("file", "on", "header"))
        if "on" not in keys:
            raise inner.fault(said('on is missing: the column both files share, or { left = "…", right = "…" }.'))
        on = keys["on"]
        sides = inner.table(on, "on") if not isinstance(on, str) else {"left": on, "right": on}
        inner.only(sides, ("left", "right"))
        left, right = (inner.text(sides.get(side), f"on.{side}") for side in ("left", "right"))
        header = list(inner.texts(keys["header"], "header")) if "header" in keys else None
        joins.append(Join(name, inner.text(keys.get("file"), "file"), left, right, header))
    return tuple(joins)


def _replacements(at: _At, raw: object) -> dict[str, dict[str, str]]:
    return {
        column: {old: at.text(new, old) for old, new in at.table(pairs, f"replace.{column}").items()}
        for column, pairs in at.table(raw, "replace").items()
    }


def _conditions(at: _At, raw: object) -> tuple[Condition, ...]:
    if not isinstance(raw, list):
        raise at.fault(said('where must be a list such as [{ column = "…", is = "…" }].'))
    return tuple(_condition(at, at.table(entry, "where")) for entry in raw)


def _condition(at: _At, entry: dict[str, Any]) -> Condition:
    at.only(entry, ("column", *TESTS))
    tests = [test for test in TESTS if test in entry]
    if "column" not in entry or len(tests) != 1:
        raise at.fault(said("each part of where needs column and one of {known}.", known=", ".join(TESTS)))
    value = entry[tests[0]]
    values = (str(value).lower(),) if isinstance(value, bool) else at.texts(value, tests[0])
    return Condition(at.text(entry["column"], "column"), tests[0], values)
