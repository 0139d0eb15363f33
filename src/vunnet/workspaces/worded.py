"""Questions to the database that every page asks in the same words: worded once, and planned once a connection.

A page asks some twenty small questions. Django takes about a millisecond to word each of them, and PostgreSQL another half to plan it, though
from one page to the next nothing but the numbers in them changes. `worded` keeps the statement that Django made of a query set and puts
new values in; as a prepared statement, so that its plan is kept as well.

    @worded
    def steps_of(member: Member, deal_id: int) -> QuerySet[Activity]:
        return Activity.objects.visible_to(member).filter(deal_id=deal_id)

    steps_of(member, 12)     # a list, read at once

What the function is given are values: numbers, words, days, moments, and the member who asks. Its wording may not depend on them; it is told
stand-ins, and refuses where one of them does not come back as it was given. Of the member it can ask only what a question about
*all* of a workspace needs (`Asker`): who sees less than everything is asked for in Django's own way, each time.
The tests word every question anew each time and compare (`CHECKED`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import BooleanField, F, Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler, cursor_iter

from vunnet.workspaces.models import Member

P = ParamSpec("P")
Row = TypeVar("Row")
CHECKED = False
"""Whether each question is worded anew as well, and refused if that differs; on in the tests."""

_NUMBER, _DAY = 1 << 61, date(9100, 1, 1)


class AnyOf(Func):
    """A column that holds one of these row numbers, as one array: a parameter for each costs more to send than they cost to find."""

    output_field = BooleanField()

    def __init__(self, column: str, numbers: list[int]) -> None:
        super().__init__(F(column))
        self.numbers = numbers

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> tuple[str, Any]:
        column, params = compiler.compile(self.get_source_expressions()[0])
        return f"{column} = ANY(%s::bigint[])", [*params, self.numbers]


class Asker(NamedTuple):
    """All that a kept question may know of who asks: a member who sees everything in their workspace."""

    pk: int
    workspace_id: int
    sees_all: bool = True


class Misworded(RuntimeError):
    """A question that cannot be kept, because its words depend on its values."""


@dataclass(frozen=True)
class _Question:
    """A statement that was made once. `places`: per parameter the value that belongs there, or None where it is always the same."""

    rows: QuerySet[Any]
    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    places: tuple[int | None, ...]

    def filled(self, values: list[Any]) -> tuple[Any, ...]:
        """The parameters for these values, each in the type that Django sent its stand-in in."""
        return tuple(
            kept if place is None else _like(kept, values[place])
            for kept, place in zip(self.params, self.places, strict=True)
        )


class _Kept(SQLCompiler):
    """Django's compiler with its work done: it asks with a cursor of prepared statements, and reads the answer as always."""

    kept: tuple[str, tuple[Any, ...]]

    def as_sql(self, *_: Any, **__: Any) -> Any:
        return self.kept

    def execute_sql(self, *_: Any, **__: Any) -> Any:
        here: Any = self.connection
        here.ensure_connection()
        cursor = here._prepare_cursor(ServerBindingCursor(here.connection))  # type: ignore[call-arg]
        try:
            cursor.execute(*self.kept)
        except Exception:
            cursor.close()
            raise
        return list(cursor_iter(cursor, [], self.col_count if self.has_extra_select else None, 100))


class Worded(Generic[P, Row]):
    """A question by its values; see the module. Calling it asks, and gives the rows as a list."""

    def __init__(self, word: Callable[P, Any]) -> None:
        self._word = word
        self._questions: dict[tuple[type, ...], _Question] = {}
        self.__doc__ = word.__doc__

    def __call__(self, *given: P.args, **named: P.kwargs) -> list[Row]:
        if named or any((isinstance(value, Member) and not value.sees_all) or value is None for value in given):
            return list(self._word(*given, **named))
        kinds = tuple(type(value) for value in given)
        question = self._questions.get(kinds) or self._questions.setdefault(kinds, self._made(given))
        params = question.filled(_flat(list(given)))
        if CHECKED:
            self._check(question, params, given)
        return _ask(question, params)

    def _made(self, given: tuple[Any, ...]) -> _Question:
        stand_ins = _flat([_stand_in(value, n) for n, value in enumerate(given)])
        rows: QuerySet[Any] = self._word(*[_stand_in(value, n) for n, value in enumerate(given)])  # type: ignore[call-arg]
        compiler = rows.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        places = tuple(_place(param, stand_ins) for param in params)
        # What is asked about a member may leave either of their numbers out; any other value has to be in the statement.
        members = sum(isinstance(value, Member) for value in given)
        if len(set(places) - {None}) < len(stand_ins) - 2 * members:
            raise Misworded(f"{self._word}: a value does not stand in its statement as it was given")
        return _Question(rows, compiler, sql, tuple(params), places)

    def _check(self, question: _Question, params: tuple[Any, ...], given: tuple[Any, ...]) -> None:
        sql, fresh = self._word(*given).query.get_compiler(connection=connection).as_sql()  # type: ignore[call-arg]
        if sql != question.sql or tuple(fresh) != params:
            raise Misworded(
                f"{self._word} is worded differently for these values: {sql} {fresh}, kept: {question.sql} {params}"
            )


def worded(word: Callable[P, Any]) -> Worded[P, Any]:
    """A question of fixed words, from the function that words it."""
    return Worded(word)


def _ask(question: _Question, params: tuple[Any, ...]) -> list[Any]:
    compiler: Any = copy.copy(question.compiler)
    compiler.__class__ = _Kept
    compiler.connection, compiler.kept = connection, (question.sql, params)
    rows = question.rows._chain()  # type: ignore[attr-defined]
    rows.query.get_compiler = lambda *_, **__: compiler
    return list(rows)


def _stand_in(value: Any, n: int) -> Any:
    """A value of the same kind that no question holds of its own."""
    if isinstance(value, Member):
        return Asker(_NUMBER + 100 + n, _NUMBER + 200 + n)
    if type(value) is int:
        return _NUMBER + n
    if type(value) is str:
        return f"stand-in {n}"
    if type(value) is datetime:
        return datetime(_DAY.year, 1, 1, tzinfo=UTC) + timedelta(days=n)
    if type(value) is date:
        return _DAY + timedelta(days=n)
    if type(value) is list:
        return [_NUMBER + n]
    raise Misworded(f"a {type(value).__name__} is no value of a kept question")


def _flat(values: list[Any]) -> list[Any]:
    """The values in a row; the member who asks as their number and their workspace's."""
    flat: list[Any] = []
    for value in values:
        flat += [value.pk, value.workspace_id] if isinstance(value, Asker | Member) else [value]
    return flat


def _place(param: Any, values: list[Any]) -> int | None:
    return next((n for n, value in enumerate(values) if isinstance(param, type(value)) and param == value), None)


def _like(kept: Any, value: Any) -> Any:
    """Numbers come in the type of their column."""
    return type(kept)(value) if isinstance(kept, int) else value
