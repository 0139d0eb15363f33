"""What people do with imports: upload files, start one, and the work itself. The only writer of this room's tables."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from vunnet.imports import choosing, telling
from vunnet.imports.models import Import, ImportFile, ImportFilePart
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import walls
from vunnet.workspaces.actions import demand_administrator
from vunnet.workspaces.models import Member

if TYPE_CHECKING:
    from vunnet.exchange.export import Export
    from vunnet.imports.takeover import Outcome, Piece

PART_BYTES = 4_000_000
MOST_FILES = 20
# What is tried while the page waits: about ten thousand lines, as they are written; of packed ones a tenth.
SMALL_BYTES, PACKED = 1_000_000, 10
BIRTH: dict[str, dict[str, int]] = {"created": {}, "updated": {}, "skipped": {}}


def upload(by: Member, files: Sequence[tuple[str, int, IO[bytes]]], *, limit: int) -> Import:
    """Keep the uploaded files (name, size, body) and say what each seems to be. Nothing is imported yet.

    Refuses no files, too many, an empty one, and more bytes than the operator allows.
    """
    demand_administrator(by)
    if not files:
        raise RuleBroken(_("Choose at least one file."), "files")
    if len(files) > MOST_FILES:
        raise RuleBroken(_("Choose at most %(most)s files.") % {"most": MOST_FILES}, "files")
    if sum(size for _name, size, _body in files) > limit:
        raise RuleBroken(
            _("These files are larger than %(mb)s MB together; the operator sets the limit.")
            % {"mb": limit // 1_000_000},
            "files",
        )
    if empty := [name for name, size, _body in files if not size]:
        raise RuleBroken(_("%(name)s is empty.") % {"name": empty[0]}, "files")
    with transaction.atomic():
        run = Import.objects.create(workspace_id=by.workspace_id, started_by=by, outcome=BIRTH)
        for name, size, body in files:
            _keep_file(run, _safe_name(name), size, body)
        record(run, "import.uploaded", by=by, files=[name for name, _size, _body in files])
        _recognise(run)
    return run


def _safe_name(name: str) -> str:
    """The last part of a file's name without control characters; never a path."""
    bare = "".join(c for c in PurePath(name.replace("\\", "/")).name if c.isprintable())[:150]
    return bare if bare.strip(". ") else "file.csv"


def _keep_file(run: Import, name: str, size: int, body: IO[bytes]) -> None:
    file = ImportFile.objects.create(workspace_id=run.workspace_id, run=run, name=name, size=size)
    for position, part in enumerate(iter(lambda: body.read(PART_BYTES), b"")):
        ImportFilePart.objects.create(workspace_id=run.workspace_id, file=file, position=position, body=part)


def refused_rows(run: Import, name: str) -> Iterator[list[str]]:
    """The refused rows of one of its files, as they stand in it, with line and reason. Raises RuleBroken where it cannot be read."""
    from vunnet.exchange import CannotRead
    from vunnet.exchange.sent_back import sent_back
    from vunnet.exchange.sentences import in_words

    choice = run.choice or {}
    said = [(r.line, r.column, r.told) for r in run.refusals.filter(file=name).order_by("line", "id")]
    with files_on_disk(run) as paths:
        path = next((path for path in paths if path.name == name), None)
        if path is None:
            raise RuleBroken(_("There is no such file in this import."))
        try:
            yield from sent_back(path, said, **{key: choice.get(key, "") for key in ("encoding", "delimiter", "sheet")})
        except CannotRead as why:
            raise RuleBroken(in_words(why.sentence, _)) from why


@contextmanager
def files_on_disk(run: Import) -> Iterator[list[Path]]:
    """The run's files in a temporary folder, under their own names."""
    with tempfile.TemporaryDirectory(prefix="vunnet-import-") as folder:
        paths = []
        for n, file in enumerate(run.files.all()):
            path = Path(folder) / str(n) / file.name
            path.parent.mkdir()
            with path.open("wb") as target:
                for part in file.parts.values_list("body", flat=True).iterator(chunk_size=1):
                    target.write(part)
            paths.append(path)
        yield paths


def _split(paths: Iterable[Path]) -> tuple[list[Path], Path | None]:
    """The tables, and the map that names their columns if one was uploaded with them."""
    tables = [path for path in paths if path.suffix.lower() != ".toml"]
    maps = [path for path in paths if path.suffix.lower() == ".toml"]
    return tables, maps[0] if maps else None


def _recognise(run: Import) -> None:
    """What each file seems to be, from its first lines."""
    from vunnet.exchange import recognise
    from vunnet.exchange.sentences import as_plain

    with files_on_disk(run) as paths:
        tables, map_path = _split(paths)
        found = recognise(tables) if tables else []
    run.recognised = [
        {
            "file": r.file, "source": r.source or ("csv" if map_path else ""), "kind": r.kind, "encoding": r.encoding, "delimiter": r.delimiter,
            "columns": [{"header": c.header, "meaning": c.meaning, "first": c.first_values[:3]} for c in r.columns[:200]],
            "unknown": r.unknown[:200], "why_not": "" if map_path else as_plain(r.why_not),
        }
        for r in found
    ]  # fmt: skip
    sources = {item["source"] for item in run.recognised if item["source"]}
    run.source = sources.pop() if len(sources) == 1 else ""
    run.save(update_fields=["recognised", "source"])


def ask_trial(run: Import, *, by: Member, anew: bool = False) -> Import:
    """Try the files as they now are, or leave that to a worker (its status says so then). Nothing to do where they are tried or being tried,
    unless `anew`: a trial that was left to a worker before is then no longer asked for.

    Raises RuleBroken, with a sentence for the user, where the import was started or small files cannot be read.
    """
    demand_administrator(by)
    run = Import.objects.select_for_update().get(pk=run.pk)
    if not anew and (run.status == Import.Status.TRYING or run.tally is not None or run.failure):
        return run
    if run.status not in (Import.Status.UPLOADED, Import.Status.TRYING):
        raise RuleBroken(_("This import was started already."))
    run.trial, run.tally, run.failure, run.started_at, run.rows_total = run.trial + 1, None, "", None, 0
    run.status = Import.Status.UPLOADED if _is_small(run) else Import.Status.TRYING
    run.save(update_fields=["trial", "tally", "failure", "started_at", "rows_total", "status"])
    return run if run.status == Import.Status.TRYING else try_out(run)


def _is_small(run: Import) -> bool:
    """Tried within a moment, while the page waits."""
    from vunnet.exchange.reading import WORKBOOKS

    packed = (*WORKBOOKS, ".gz", ".parquet")
    sizes = run.files.values_list("name", "size")
    return sum(size * (PACKED if name.lower().endswith(packed) else 1) for name, size in sizes) <= SMALL_BYTES


def try_out(run: Import) -> Import:
    """Read all of the files and write down what they would do: new, updates, unchanged, unclear. Nothing of them is written.

    Raises RuleBroken, with a sentence for the user, where they cannot be read.
    """
    _rows, weigh = _read_for_trial(run)
    return weigh()


def _read_for_trial(run: Import) -> tuple[int, Callable[[], Import]]:
    """All of the files, read: how many rows they hold, and what writes down what those would do."""
    from vunnet.exchange import CannotRead
    from vunnet.exchange.sentences import in_words

    if run.choice is not None:
        with choosing.only_file(run) as path:
            found = choosing.read_rows(run, path)
        return found.table.num_rows, partial(choosing.weigh, run, found)
    try:
        export = _read(run)
    except CannotRead as why:
        raise RuleBroken(in_words(why.sentence, _)) from why
    return _rows_in(export), partial(_weigh, run, export)


def _weigh(run: Import, export: Export) -> Import:
    from vunnet.imports.takeover import would_do

    with transaction.atomic():
        _keep_reading(run, export)
        tally, left = would_do(export)
        telling.add_refusals(run.pk, left)
        run.tally = tally | {"unclear": len(export.refused) + len(left)}
        run.save(update_fields=["tally"])
    return run


def carry_out_trial(import_id: int, workspace_id: int, trial: int) -> None:
    """Do a trial that was left to a worker, if it is still the one that is asked for. A killed worker's successor begins it again.

    Where the files cannot be read, that is said on the import. What it finds of a file whose columns or cells were changed meanwhile is dropped.
    """
    with walls.scope(workspace_id=workspace_id):
        rows = Import.objects.select_related("started_by__user", "started_by__workspace", "workspace")
        run = rows.filter(pk=import_id, trial=trial, status=Import.Status.TRYING).first()
        if run is None:
            return
        Import.objects.filter(pk=run.pk).update(started_at=timezone.now())
    with translation.override(run.started_by.language):
        try:
            _try_in_steps(run)
        except RuleBroken as why:
            with walls.scope(workspace_id=workspace_id):
                _end_trial(run, why.message)
        except Exception:
            with walls.scope(workspace_id=workspace_id):
                _end_trial(run, _("The file could not be tried, and the reason is in the worker's log. Try again."))
            raise


def _try_in_steps(run: Import) -> None:
    """Between reading and comparing the page hears how many rows there are."""
    with walls.scope(workspace_id=run.workspace_id):
        rows, weigh = _read_for_trial(run)
    with walls.scope(workspace_id=run.workspace_id):
        if not _asked_for(run).update(rows_total=rows):
            return
    with walls.scope(workspace_id=run.workspace_id):
        weigh()
        _end_trial(run)


def _asked_for(run: Import) -> QuerySet[Import]:
    return Import.objects.filter(pk=run.pk, trial=run.trial, status=Import.Status.TRYING)


def _end_trial(run: Import, why: str = "") -> None:
    """The files are tried, or could not be; nothing of a trial stays that is no longer asked for."""
    if not _asked_for(run).update(status=Import.Status.UPLOADED, failure=why):
        transaction.set_rollback(True)


def start(run: Import, *, by: Member, tried: int | None = None) -> Import:
    """Ask for the import to be done in the background. `tried`: the number of the trial whose outcome was seen.

    Refuses one that runs or is done, files of which none is known, and a trial that is not that of the files as they now are.
    """
    demand_administrator(by)
    run = Import.objects.select_for_update().get(pk=run.pk)
    if run.status not in (Import.Status.UPLOADED, Import.Status.FAILED):
        raise RuleBroken(
            _("The whole file is still being tried. Wait for what it would do.")
            if run.status == Import.Status.TRYING
            else _("This import was started already.")
        )
    if tried is not None and (run.tally is None or run.trial != tried):
        raise RuleBroken(
            _("The columns or cells were changed since this was tried. Look at what the file would do now.")
        )
    if run.choice is None and not any(item["source"] for item in run.recognised):
        raise RuleBroken(
            _(
                "None of these files is known. Upload an export of Salesforce, HubSpot, Zoho or Pipedrive, or a map (MAP.toml) with your file."
            )
        )
    run.status, run.failure, run.started_at = Import.Status.QUEUED, "", timezone.now()
    run.save(update_fields=["status", "failure", "started_at"])
    record(run, "import.started", by=by)
    return run


def carry_out(import_id: int, workspace_id: int) -> None:
    """Do an import, or go on with one that was killed: each piece is one transaction and remembers itself.

    Whatever stops it for good is written on the import, in the words of whoever started it; a killed worker's successor simply calls this again.
    """
    with walls.scope(workspace_id=workspace_id):
        run = Import.objects.select_related("started_by__user", "started_by__workspace", "workspace").get(pk=import_id)
        if run.status in (Import.Status.DONE, Import.Status.UNDOING):
            return
        Import.objects.filter(pk=run.pk).update(status=Import.Status.RUNNING)
    with translation.override(run.started_by.language):
        _carry_out(run)


def _carry_out(run: Import) -> None:
    from vunnet.exchange import CannotRead
    from vunnet.exchange.sentences import in_words

    try:
        if run.choice is not None:
            with _opened(run) as path:
                choosing.carry_out(run, path)
            return
        with walls.scope(workspace_id=run.workspace_id):
            export = _read(run)
        _take_over(run, export)
    except (CannotRead, RuleBroken) as why:
        with walls.scope(workspace_id=run.workspace_id):
            _fail(run, why.message if isinstance(why, RuleBroken) else in_words(why.sentence, _))


@contextmanager
def _opened(run: Import) -> Iterator[Path]:
    """The file of chosen columns, read from the database inside the scope and used outside it."""
    with ExitStack() as until_done:
        with walls.scope(workspace_id=run.workspace_id):
            path = until_done.enter_context(choosing.only_file(run))
        yield path


def _read(run: Import) -> Export:
    """The tables of all its files. Runs in the workspace's scope."""
    from vunnet.exchange import read

    with files_on_disk(run) as paths:
        tables, map_path = _split(paths)
        return read(tables, map_path=map_path, time_zone=run.workspace.time_zone)


def _take_over(run: Import, export: Export) -> None:
    from vunnet.imports.takeover import Outcome, take_over

    room = run.workspace
    with walls.scope(workspace_id=room.pk):
        if not run.step:
            _keep_reading(run, export)

    def done(piece: Piece, so_far: Outcome) -> None:
        rows = sum(sum(book.values()) for book in (so_far.created, so_far.updated, so_far.skipped))
        Import.objects.filter(pk=run.pk).update(step=piece.name, rows_done=rows, outcome=_outcome(so_far))

    before = Outcome(**{name: dict(run.outcome.get(name, {})) for name in BIRTH})
    total = take_over(export, room, by=run.started_by, run=run.pk, after=run.step, outcome=before, done=done)
    with walls.scope(workspace_id=room.pk):
        Import.objects.filter(pk=run.pk).update(
            status=Import.Status.DONE, finished_at=timezone.now(), outcome=_outcome(total), rows_done=run.rows_total
        )
        record(run, "import.done", by=run.started_by, **_outcome(total))


def _outcome(outcome: Outcome) -> dict[str, dict[str, int]]:
    return {name: dict(getattr(outcome, name)) for name in BIRTH}


def _keep_reading(run: Import, export: Export) -> None:
    """What the reading found, kept before the first row is written."""
    from vunnet.exchange.sentences import as_plain

    run.rows_total, run.not_recorded = _rows_in(export), [as_plain(sentence) for sentence in export.not_recorded]
    run.save(update_fields=["rows_total", "not_recorded"])
    telling.keep_refusals(run, export.refused)


def _rows_in(export: Export) -> int:
    deals = export.tables.get("deals")
    others = (export.companies, export.people, export.activities)
    return (deals.num_rows if deals is not None else 0) + sum(table.num_rows for table in others)


def _fail(run: Import, why: str) -> None:
    Import.objects.filter(pk=run.pk).update(status=Import.Status.FAILED, failure=why, finished_at=timezone.now())
    record(run, "import.failed", by=run.started_by, why=why)
