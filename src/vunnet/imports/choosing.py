"""A file of any shape, with columns that a person chose: what it would do, and doing it.

Rows are matched with those that are here by a rule the person chooses, by the sets of `matching.py`; each piece is one transaction and
writes down what it did to which row, so that all of it can be taken back for seven days (undoing.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.imports import matching, telling
from vunnet.imports.models import Import, ImportMapping, ImportRow
from vunnet.imports.statements import json_object
from vunnet.journal.record import plain, record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import walls
from vunnet.workspaces.actions import define_field, demand_administrator
from vunnet.workspaces.models import FieldDefinition, Member
from vunnet.workspaces.rules import read_custom

if TYPE_CHECKING:
    from vunnet.exchange.chosen import Choice, Chosen
    from vunnet.exchange.refusals import Refused

ROWS_AT_ONCE = 5_000
MOST_REPAIRS = 5_000
SAMPLES = 5
CHOICES = ("encoding", "delimiter", "sheet", "order", "mark", "rule", "known")
# Activities have no custom fields.
MOST_SELLERS = 20
TABLE_OF = {"people": "person", "companies": "company", "deals": "deal", "activities": "activity"}


@dataclass(frozen=True)
class Preview:
    """How a file begins, as chosen: each header with its first values, a workbook's sheets, and how it was read."""

    columns: list[tuple[str, list[str]]]
    sheets: list[str]
    read_as: str


def preview(path: Path, given: Mapping[str, Any]) -> Preview:
    """The first rows of a file. Raises RuleBroken, with a sentence for the user, where it cannot be read so."""
    from vunnet.exchange import chosen

    with _in_words():
        head = chosen.head(path, _as_choice({**given, "repairs": {}}))
        sheets = chosen.sheets(path)
    rows = head.first_rows[:SAMPLES]
    columns = [(header, [row[n] for row in rows if n < len(row)]) for n, header in enumerate(head.header)]
    parted = {"\t": "Tab"}.get(head.delimiter, head.delimiter)
    return Preview(columns, sheets, ", ".join(part for part in (head.encoding, parted) if part and not sheets))


def meanings_of(kind: str) -> list[str]:
    """What the columns of a kind of rows may become."""
    from vunnet.exchange.chosen import SYNONYMS

    return list(SYNONYMS[kind])


def suggest(kind: str, headers: list[str], samples: Mapping[str, list[str]] | None = None) -> dict[str, str]:
    """What these columns may become in rows of a kind, by their headers, else by their first values."""
    from vunnet.exchange import chosen
    from vunnet.exchange import headers as words

    fields = FieldDefinition.objects.filter(table=TABLE_OF[kind], is_archived=False)
    return chosen.suggest(kind, headers, samples, {words.plain(f.label): f"x_{f.key}" for f in fields})


@contextmanager
def _in_words() -> Iterator[None]:
    """A file that cannot be read is refused like everything else."""
    from vunnet.exchange import CannotRead
    from vunnet.exchange.sentences import in_words

    try:
        yield
    except CannotRead as why:
        raise RuleBroken(in_words(why.sentence, _)) from why


def suggested(run: Import, path: Path) -> dict[str, Any]:
    """The first proposal for a file: what was chosen for the same headers last time, else what headers and values say."""
    from vunnet.exchange import chosen

    with _in_words():
        head = chosen.head(path)
    remembered = ImportMapping.objects.filter(headers=_headers(head.header)).first()
    if remembered:
        return dict(remembered.choice)
    kind = chosen.guess_kind(head.header)
    samples = {header: [row[n] for row in head.first_rows if n < len(row)] for n, header in enumerate(head.header)}
    return {
        "kind": kind,
        "columns": suggest(kind, head.header, samples),
        **dict.fromkeys(CHOICES, ""),
        "rule": matching.RULES[kind][0],
        "known": "update",
    }


def _headers(headers: list[str]) -> str:
    return "\n".join(sorted(" ".join(header.split()).casefold() for header in headers))


def choose(run: Import, path: Path, given: Mapping[str, Any], *, by: Member) -> Import:
    """Keep what a person said of a file. Refuses an unknown kind, rule or meaning, one meaning for two columns, and a started import."""
    from vunnet.exchange import chosen

    demand_administrator(by)
    run = Import.objects.select_for_update().get(pk=run.pk)
    if run.status not in (Import.Status.UPLOADED, Import.Status.TRYING, Import.Status.FAILED):
        raise RuleBroken(_("This import was started already."))
    kind = str(given.get("kind", ""))
    if kind not in chosen.SYNONYMS:
        raise RuleBroken(_("Say what the rows are: people, companies, deals or activities."), "kind")
    choice = {
        "kind": kind,
        **{name: str(given.get(name, "")) for name in CHOICES},
        "columns": dict(given.get("columns", {})),
    }
    if choice["rule"] not in matching.RULES[kind]:
        choice["rule"] = matching.RULES[kind][0]
    if choice["known"] not in matching.KNOWN:
        choice["known"] = "update"
    _demand_meanings(choice, kind)
    choice["repairs"] = dict((run.choice or {}).get("repairs", {}))
    with _in_words():
        head = chosen.head(path, _as_choice(choice))
    # From the first row again: other columns make other pieces, and what a failed import had written is found by the rule.
    run.choice, run.source, run.step = choice, "csv", ""
    _untried(run, "choice", "source", "step")
    # The next workbook calls its sheets as it likes.
    kept = {name: value for name, value in choice.items() if name != "repairs"} | {"sheet": ""}
    ImportMapping.objects.update_or_create(
        workspace_id=run.workspace_id, headers=_headers(head.header), defaults={"choice": kept}
    )
    record(run, "import.columns_chosen", by=by, kind=kind)
    return run


def _demand_meanings(choice: dict[str, Any], kind: str) -> None:
    from vunnet.exchange.chosen import SYNONYMS

    keys = {
        f"x_{key}"
        for key in FieldDefinition.objects.filter(table=TABLE_OF[kind], is_archived=False).values_list("key", flat=True)
    }
    used: set[str] = set()
    for header, meaning in choice["columns"].items():
        if meaning and meaning not in SYNONYMS[kind] and meaning not in keys:
            raise RuleBroken(
                _("“%(header)s” cannot become %(meaning)s.") % {"header": header, "meaning": meaning}, "columns"
            )
        if meaning and meaning in used:
            raise RuleBroken(
                _("Two columns cannot become the same field (%(meaning)s). Leave one of them out.")
                % {"meaning": meaning},
                "columns",
            )
        used |= {meaning}


def may_have_fields(kind: str) -> bool:
    """Whether rows of a kind have custom fields."""
    return TABLE_OF[kind] in FieldDefinition.Table.values


def create_field(header: str, kind: str, *, by: Member) -> str:
    """A custom field of text for a column nobody knows; returns its meaning. One with this label is used as it is."""
    if not may_have_fields(kind):
        raise RuleBroken(_("Activities have no custom fields."), "field")
    known = FieldDefinition.objects.filter(
        table=TABLE_OF[kind], label__iexact=header.strip(), is_archived=False
    ).first()
    field = known or define_field(by, table=TABLE_OF[kind], label=header, kind="text")
    return f"x_{field.key}"


def repair(run: Import, cells: Mapping[tuple[int, str], str], *, by: Member) -> Import:
    """Keep what shall stand in cells that were refused. They are tried again by the next check."""
    demand_administrator(by)
    run = Import.objects.select_for_update().get(pk=run.pk)
    if run.choice is None or run.status not in (Import.Status.UPLOADED, Import.Status.TRYING):
        raise RuleBroken(_("This import was started already."))
    kept = {
        **run.choice.get("repairs", {}),
        **{f"{line}:{header}": value[:500] for (line, header), value in cells.items()},
    }
    if len(kept) > MOST_REPAIRS:
        raise RuleBroken(_("At most %(most)s cells are mended here. Mend the file instead.") % {"most": MOST_REPAIRS})
    run.choice = {**run.choice, "repairs": kept}
    _untried(run, "choice")
    return run


def _untried(run: Import, *changed: str) -> None:
    """What an earlier trial found, or one that still runs will find, is not of the file as it now is."""
    run.tally, run.failure, run.status = None, "", Import.Status.UPLOADED
    run.save(update_fields=[*changed, "tally", "failure", "status"])


def _as_choice(choice: Mapping[str, Any]) -> Choice:
    from vunnet.exchange.chosen import Choice

    repairs = {}
    for key, value in choice.get("repairs", {}).items():
        line, _colon, header = key.partition(":")
        repairs[int(line), header] = value
    settings = {name: choice.get(name, "") for name in ("encoding", "delimiter", "sheet", "order", "mark")}
    return Choice(choice["kind"], choice["columns"], **settings, repairs=repairs)


def read_rows(run: Import, path: Path) -> Chosen:
    """All rows of the file as chosen, with the custom fields' values typed as each field wants them, as one column of JSON objects."""
    from vunnet.exchange.chosen import Chosen, read_chosen

    choice = run.choice or {}
    with _in_words():
        found = read_chosen(path, _as_choice(choice), zone=run.workspace.time_zone)
    headers = {meaning: header for header, meaning in choice["columns"].items() if meaning.startswith("x_")}
    fields = {f"x_{f.key}": f for f in FieldDefinition.objects.filter(table=TABLE_OF[choice["kind"]])}
    typed: dict[str, list[Any]] = {}
    refused = list(found.refused)
    lines: list[Any] = found.table["line"].to_pylist()
    for name in [name for name in headers if name in found.table.schema.names and name in fields]:
        typed[fields[name].key], bad = _typed(
            fields[name], found.table[name].to_pylist(), lines, headers[name], path.name
        )
        refused += bad
    objects = [json_object(list(typed), row) for row in zip(*typed.values(), strict=True)] if typed else []
    table = found.table.append_column("custom", pa.array(objects, pa.string())) if typed else found.table
    return Chosen(table, refused)


def _typed(
    field: FieldDefinition, values: list[str | None], lines: list[int], header: str, file: str
) -> tuple[list[Any], list[Refused]]:
    """Each different text is read once; what the field does not take is refused."""
    from vunnet.exchange.refusals import Refused
    from vunnet.exchange.sentences import said

    known: dict[str | None, Any] = {None: None}
    whys: dict[str, str] = {}
    for value in {value for value in values if value is not None}:
        try:
            known[value] = plain(read_custom(field.kind, field.label, field.choices, value))
        except RuleBroken as why:
            known[value], whys[value] = None, said(why.pattern, **why.values) if why.pattern else why.message
    bad = [
        Refused(file, line, header, value or "", whys[value])
        for value, line in zip(values, lines, strict=True)
        if value in whys
    ]
    return [known[value] for value in values], bad


def check(run: Import, path: Path) -> Import:
    """Try the whole file and write down what it would do: new, updates, unchanged, unclear. Nothing of it is written."""
    return weigh(run, read_rows(run, path))


def weigh(run: Import, found: Chosen) -> Import:
    """Write down what the rows of its file would do."""
    choice = run.choice or {}
    with transaction.atomic():
        matching.stage_rows(found.table, choice["kind"])
        matching.match(choice["kind"], choice["rule"])
        tally = matching.count(choice["kind"], choice["known"])
        unclear = matching.unclear(choice["kind"], choice["rule"])
        sellers = matching.new_sellers(choice["kind"])
        not_kept = matching.not_kept(choice["kind"])
        transaction.set_rollback(True)  # A trial: what was staged goes.
    telling.keep_refusals(run, [*found.refused, *telling.unclear_cells(run, unclear)])
    # A deal whose contact is not clear comes without one; any other row that is not clear is left out.
    left_out = sorted(
        {line for line, _meaning, why in unclear if choice["kind"] != "deals" or not why.startswith("people:")}
    )
    run.tally = tally | {
        "unclear": len(unclear) + len(found.refused),
        "left_out": left_out,
        "sellers": sellers[:MOST_SELLERS],
    }
    run.rows_total = found.table.num_rows - len(left_out)
    run.not_recorded = telling.could_not_keep(choice["kind"], choice["columns"], not_kept)
    run.save(update_fields=["tally", "rows_total", "not_recorded"])
    return run


def carry_out(run: Import, path: Path) -> None:
    """Do it, piece by piece. A killed worker's successor goes on behind the last piece, with the same rows: those left out are written down."""
    choice, room = run.choice or {}, run.workspace
    with walls.scope(workspace_id=room.pk):
        if not run.step:
            check(run, path)
        found = read_rows(run, path)
        left_out = set((run.tally or {}).get("left_out", ()))
        taken = pc.invert(pc.is_in(found.table["line"], pa.array(left_out, found.table["line"].type)))
        table = found.table.filter(taken)
    for first in range(0, table.num_rows, ROWS_AT_ONCE):
        if run.step and first <= int(run.step):
            continue
        with walls.scope(workspace_id=room.pk):
            done = _piece(run, table, choice, first)
            Import.objects.filter(pk=run.pk).update(step=str(first), rows_done=first + done)
    with walls.scope(workspace_id=room.pk):
        _finish(run, choice["kind"])


def _piece(run: Import, table: pa.Table, choice: Mapping[str, Any], first: int) -> int:
    part = table.slice(first, ROWS_AT_ONCE)
    matching.stage_rows(part, choice["kind"])
    matching.match(choice["kind"], choice["rule"])
    matching.write(run, choice["kind"], choice["known"], by=run.started_by)
    return int(part.num_rows)


def _finish(run: Import, kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT "table", outcome, count(*) FROM imports_importrow WHERE run_id = %s AND workspace_id = %s GROUP BY 1, 2',
            [run.pk, run.workspace_id],
        )
        books: dict[str, dict[str, int]] = {"created": {}, "updated": {}, "skipped": {}}
        for table, outcome, count in cursor.fetchall():
            books["skipped" if outcome == "same" else outcome][table] = count
    for book in books.values():
        book.setdefault(kind, 0)
    Import.objects.filter(pk=run.pk).update(
        status=Import.Status.DONE, finished_at=timezone.now(), outcome=books, rows_done=run.rows_total
    )
    record(run, "import.done", by=run.started_by, **books)


@contextmanager
def only_file(run: Import) -> Iterator[Path]:
    """The one file of an import of chosen columns, on disk."""
    from vunnet.imports.actions import files_on_disk

    with files_on_disk(run) as paths:
        tables = [path for path in paths if path.suffix.lower() != ".toml"]
        if len(tables) != 1:
            raise RuleBroken(_("Columns are chosen for one file at a time. Upload it alone."))
        yield tables[0]


def rows_of(run: Import, outcome: str) -> Any:
    """What an import did to rows, by outcome."""
    return ImportRow.objects.filter(workspace_id=run.workspace_id, run=run, outcome=outcome).order_by("line", "pk")
