"""What a reading hands over: the tables, what was refused, and what the files could not tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from vunnet.exchange.refusals import Refused

# Called with a few words on what is being done and the share done, 0…1.
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class ReadFile:
    """One file and what it was taken for; `rows_read` is 0 for a file that was only looked at."""

    file: str
    source: str
    kind: str
    rows_read: int = 0
    rows_kept: int = 0
    note: str = ""


@dataclass(frozen=True)
class Export:
    """The tables of one source, in the shape of `analysis.schema` plus those of `exchange.tables`.

    `tables` holds `deals` and, where the source has them, `visits`, `stages`, `touches`, `members`, `lines`, `quotas`.
    `companies`, `people` and `activities` are for the CRM and may be empty. Times are naive UTC.
    `rows_read` is `rows_kept` plus the rows refused whole; `not_recorded` says in words which history was not there.
    """

    source: str
    tables: dict[str, pa.Table]
    companies: pa.Table
    people: pa.Table
    activities: pa.Table
    refused: list[Refused]
    rows_read: int
    rows_kept: int
    not_recorded: list[str] = field(default_factory=list)
    files: list[ReadFile] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """A column of a file: as written there, what it becomes (empty: nothing known), and its first values."""

    header: str
    meaning: str
    first_values: list[str]


@dataclass(frozen=True)
class Recognised:
    """What one file seems to be, told from its first lines only. `source` and `kind` are empty when it is unknown."""

    file: str
    source: str
    kind: str
    encoding: str
    delimiter: str
    header_line: int
    columns: list[Column]
    unknown: list[str]
    first_rows: list[list[str]]
    why_not: str = ""
