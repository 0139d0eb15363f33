"""Changing many rows of one table at once: locked, checked one by one, written by few statements, one journal entry a row.

The rooms' own many.py call this; nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from vunnet.journal.record import record_many
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_writer, read_custom_values
from vunnet.workspaces.models import Member, Tag

Values = Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True)
class Result:
    """What became of one row: changed from `before` to `after`, the same already, or left alone and why."""

    outcome: str
    before: Any = None
    after: Any = None
    why: str = ""


def change_together(
    model: type[Model], values: Values, *, by: Member, verb: str, custom: str, check: Callable[[str, Any], None]
) -> dict[int, Result]:
    """Give each row its values by column (`owner_id`, `amount`, `x_key`). A row that may not be seen or changed is left alone."""
    demand_writer(by)
    typed = _typed(values, custom, check)
    with transaction.atomic():
        visible: Any = model._default_manager.visible_to(by)  # type: ignore[attr-defined]
        rows = {row.pk: row for row in visible.select_for_update(of=("self",)).filter(pk__in=list(values))}
        results: dict[int, Result] = {}
        changed: list[tuple[Any, dict[str, tuple[Any, Any]]]] = []
        for pk, wanted in typed.items():
            if pk not in rows:
                results[pk] = Result("skipped", why=_("It is not there any more."))
                continue
            results[pk], changes = _decide(rows[pk], wanted)
            if changes:
                changed.append((rows[pk], changes))
        _write(model, changed)
        record_many([(row, {_entry(n): pair for n, pair in changes.items()}) for row, changes in changed], verb, by=by)
    return results


def _typed(values: Values, custom: str, check: Callable[[str, Any], None]) -> dict[int, dict[str, Any]]:
    """The values as the table keeps them; each distinct one is checked once."""
    known: dict[tuple[str, str], Any] = {}

    def typed(name: str, value: Any) -> Any:
        place = (name, repr(value))
        if place not in known:
            if name.startswith("x_"):
                known[place] = read_custom_values(custom, {name[2:]: value}, {}).get(name[2:])
            else:
                check(name, value)
                known[place] = value
        return known[place]

    return {pk: {name: typed(name, value) for name, value in wanted.items()} for pk, wanted in values.items()}


def present(row: Any, name: str) -> Any:
    """What stands in a column of a row now."""
    return row.custom.get(name[2:]) if name.startswith("x_") else getattr(row, name)


def _decide(row: Any, wanted: Mapping[str, Any]) -> tuple[Result, dict[str, tuple[Any, Any]]]:
    pairs = {name: (present(row, name), value) for name, value in wanted.items()}
    changes = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if not changes:
        return Result("same"), {}
    before = {name: pair[0] for name, pair in changes.items()}
    written: dict[str, tuple[Any, Any]] = {}
    for name, (_old, value) in changes.items():
        if name.startswith("x_"):
            was = dict(row.custom)
            row.custom = {key: v for key, v in row.custom.items() if key != name[2:]}
            row.custom |= {name[2:]: value} if value is not None else {}
            written["custom"] = (written.get("custom", (was, None))[0], row.custom)
        else:
            written[name] = (getattr(row, name), value)
            setattr(row, name, value)
    return Result("changed", before, {name: pair[1] for name, pair in changes.items()}), written


def _entry(column: str) -> str:
    """A column as the journal calls it: a reference by its field."""
    return column.removesuffix("_id")


def _write(model: type[Model], changed: list[tuple[Any, dict[str, tuple[Any, Any]]]]) -> None:
    """Rows that get the same values are written by one statement; others by a statement for some hundreds."""
    alike: dict[str, list[Any]] = {}
    for row, changes in changed:
        alike.setdefault(repr(sorted((name, pair[1]) for name, pair in changes.items())), []).append((row, changes))
    rows: Any = model._default_manager
    for group in alike.values():
        if len(group) > 1 or len(alike) == 1:
            new = {name: pair[1] for name, pair in group[0][1].items()}
            rows.filter(pk__in=[row.pk for row, _changes in group]).update(**new)
    single = [group[0] for group in alike.values() if len(group) == 1 and len(alike) > 1]
    names = sorted({name.removesuffix("_id") for _row, changes in single for name in changes})
    if single:
        rows.bulk_update([row for row, _changes in single], names, batch_size=500)


def tag_together(
    model: type[Model], numbers: Iterable[int], tag: Tag, *, by: Member, verb: str, row: str, put: bool
) -> dict[int, Result]:
    """Put a tag on many rows, or take it off them."""
    demand_writer(by)
    with transaction.atomic():
        visible: Any = model._default_manager.visible_to(by)  # type: ignore[attr-defined]
        rows = {found.pk: found for found in visible.filter(pk__in=list(numbers))}
        links: Any = model._meta.get_field("tags").related_model._default_manager  # type: ignore[union-attr]
        have = set(links.filter(**{f"{row}__in": list(rows), "tag": tag}).values_list(f"{row}_id", flat=True))
        touched = [pk for pk in rows if (pk in have) != put]
        if put:
            new = [links.model(workspace_id=by.workspace_id, tag=tag, **{f"{row}_id": pk}) for pk in touched]
            links.bulk_create(new, ignore_conflicts=True)
        else:
            links.filter(**{f"{row}__in": touched, "tag": tag}).delete()
        changes = {"tag": [None, tag.pk] if put else [tag.pk, None]}
        record_many([(rows[pk], changes) for pk in touched], verb, by=by)
    done = {pk: Result("changed", not put, put) for pk in touched}
    gone = Result("skipped", why=_("It is not there any more."))
    return {pk: done.get(pk, Result("same")) if pk in rows else gone for pk in numbers}


def refuse_unknown(known: frozenset[str]) -> Callable[[str, Any], None]:
    """A check of columns by name only."""

    def check(name: str, value: Any) -> None:
        if name not in known:
            raise RuleBroken(_("%(fields)s cannot be changed here.") % {"fields": name}, name)

    return check
