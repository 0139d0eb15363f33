"""What every result can do in a notebook: its numbers as a table, its picture, and itself as HTML.

The pictures are drawn by another room, which knows this one; so it is named here, and loaded only when a picture is first
asked for, as pandas finds what plots for it. Nothing is computed here, and no analysis needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import import_module
from typing import Any, TypeVar

DRAWN_BY = "vunnet.charts.notebook"
Row = dict[str, Any]
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Rows:
    """The numbers of a result, one row each. `to_pandas()` where pandas is at hand."""

    rows: tuple[Row, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for row in self.rows for column in row))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, place: int) -> Row:
        return self.rows[place]

    def to_pandas(self) -> Any:
        return import_module("pandas").DataFrame(list(self.rows), columns=list(self.columns))

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{escape(column)}</th>" for column in self.columns)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(_plain(row.get(column)))}</td>' for column in self.columns)}</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


class Shown:
    """A result as a notebook shows it. All it needs is `to_json()`."""

    def table(self) -> Rows:
        """The numbers, flat: `conversion.low` is the lower end of the conversion's interval."""
        return Rows(tuple(flat(row) for row in rows_of(self.to_json())))  # type: ignore[attr-defined]

    def chart(self, language: str = "en") -> Any:
        """The picture, with `.title`, `.sentence`, `.svg(width)` and `.png()`; None where there is nothing to draw."""
        return next(iter(self.charts(language)), None)

    def charts(self, language: str = "en") -> tuple[Any, ...]:
        """All pictures of the result: most have one."""
        found: tuple[Any, ...] = import_module(DRAWN_BY).figures(self, language)
        return found

    def _repr_html_(self) -> str:
        drawn = "".join(figure._repr_html_() for figure in self.charts())
        return drawn or self.table()._repr_html_()


class Several(Shown, Mapping[str, Answer]):
    """Results of one kind by name: funnels by pipeline, segments by attribute."""

    def __init__(self, by_name: Mapping[str, Answer]) -> None:
        self._by_name = dict(by_name)

    def __getitem__(self, name: str) -> Answer:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._by_name)})"

    def to_json(self) -> dict[str, object]:
        return {name: one.to_json() for name, one in self._by_name.items()}  # type: ignore[attr-defined]


def rows_of(found: object, of: str = "of") -> list[Row]:
    """The rows in a result's JSON: a list of them, lists or records under names (`of`: which one), or one record.

    >>> rows_of({"won": [{"days": 7}], "lost": [{"days": 7}], "n": 2})
    [{'of': 'won', 'days': 7}, {'of': 'lost', 'days': 7}]
    >>> rows_of({"share": 0.5, "low": 0.4})
    [{'share': 0.5, 'low': 0.4}]
    """
    if isinstance(found, list):
        return [row for one in found for row in rows_of(one)] if any(_has_rows(one) for one in found) else found
    if not isinstance(found, dict):
        return []
    named = {name: rows_of(part) for name, part in found.items() if _is_part(part, found)}
    if not named:
        return [found]
    return [({of: name} if len(named) > 1 else {}) | row for name, rows in named.items() for row in rows]


def _has_rows(found: object) -> bool:
    return isinstance(found, dict) and any(_is_rows(part) for part in found.values())


def _is_rows(part: object) -> bool:
    return isinstance(part, list) and bool(part) and isinstance(part[0], dict)


def _is_part(part: object, whole: Mapping[str, object]) -> bool:
    """Rows; or, where a record holds nothing but records, each of them."""
    return _is_rows(part) or (isinstance(part, dict) and all(isinstance(other, dict) for other in whole.values()))


def flat(row: Mapping[str, Any], before: str = "") -> Row:
    """Records within a record by dotted names; lists stay out.

    >>> flat({"stage": "Met", "conversion": {"share": 0.5, "low": 0.4}})
    {'stage': 'Met', 'conversion.share': 0.5, 'conversion.low': 0.4}
    """
    found: Row = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{name}.")
        elif not isinstance(value, Sequence) or isinstance(value, str):
            found[before + name] = value
    return found


def _plain(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
