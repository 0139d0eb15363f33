"""`vunnet analyze`: read exported files, ask, print a summary, write a report. No database, no formula."""

from __future__ import annotations

import gettext
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from vunnet.analysis import engine
from vunnet.analysis.clock import zone
from vunnet.analysis.prepare import prepare
from vunnet.analysis.question import LANDMARK_WORDS, LANDMARKS, Annotation, Question, Side
from vunnet.analysis.report import Report, answer, first_day, latest_day, rows_after
from vunnet.analysis.schema import Tables
from vunnet.charts.language import LANGUAGES, LOCALE, Language
from vunnet.charts.notebook import figures
from vunnet.charts.sheet import FILES, sheet
from vunnet.cli.beside import both_there, two_sides
from vunnet.cli.lying import checked, lying, tables_in
from vunnet.cli.report import Input, page
from vunnet.cli.report.reading import standing
from vunnet.cli.summary import summary
from vunnet.exchange import CannotRead, Export, read
from vunnet.exchange.refusals import Refused
from vunnet.exchange.sentences import in_words

BAD_INPUT = 2
WIDTH = 80


def analyze(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="The exported files (CSV, Excel or Parquet), or a folder of tables with a folder deals/ in it.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str, typer.Option(help="auto, salesforce, hubspot, zoho, pipedrive, csv, event_log or vunnet.")
    ] = "auto",
    map_path: Annotated[
        Path | None, typer.Option("--map", help="MAP.toml: which column is which, for any other source.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="YYYY-MM-DD: what came later is not seen. Default: the latest date up to today.")
    ] = None,
    observed_from: Annotated[
        str | None, typer.Option(help="YYYY-MM-DD: the first day the records cover. Default: found in the closings.")
    ] = None,
    time_zone: Annotated[str, typer.Option(help="Whose days count, and of times without an offset.")] = "UTC",
    out: Annotated[
        Path | None, typer.Option(help="Write the report here: .html, or its pictures as .pdf, .svg or .png.")
    ] = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="Write all numbers here, as JSON.")] = None,
    language: Annotated[str, typer.Option(help="en or nb.")] = "en",
    cut: Annotated[int, typer.Option(min=1, help='The days of "won within".')] = 30,
    landmark: Annotated[
        int, typer.Option(help='7, 14 or 30: the day of a deal\'s life by which "what goes with winning" looks.')
    ] = LANDMARKS[0],
    note: Annotated[
        list[str] | None, typer.Option(help='"2017-10-01 New price list": stands on the charts of time.')
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            help="Given twice, the two sides of a comparison: team=North, or 2017-01-01..2017-06-30, or both with a comma."
        ),
    ] = None,
    engine_name: Annotated[
        str, typer.Option("--engine", help="duckdb, or spark (pip install 'vunnet[spark]', and Java 17 or 21).")
    ] = "duckdb",
    cluster: Annotated[
        str | None, typer.Option(help="Spark's master, such as spark://host:7077. Default: this machine.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Processors to use. Default: all.")] = None,
    memory: Annotated[str | None, typer.Option(help="Memory the engine may use, such as 2GB.")] = None,
) -> None:
    """Answer what won and what lost, from exported files, without a database."""
    try:
        words = Language(_known_language(language))
        day, first = _day("--as-of", as_of), _day("--observed-from", observed_from)
        sides = two_sides(compare or [])
        notes = tuple(_annotation(text) for text in note or ())
        _known_landmark(landmark)
        _writable(out, json_path)
        with _progress() as bar:
            folders = tables_in(files or [])
            export = lying(folders, 0) if folders else read(files or [], source, map_path, time_zone, bar.reading)
            opened = engine.opened(
                folders or export.tables, engine=engine_name, threads=threads, memory=memory, cluster=cluster
            )
            bar.says("counting")
            with opened as tables:
                export = lying(folders, checked(tables)) if folders else export
                _has_rows(export)
                report, latest, later = _ask(tables, (day, first, time_zone, (cut, landmark), notes, sides))
            given = _input(export, words, latest, later)
            _write(report, export, given, words, (out, json_path), bar)
    except CannotRead as fault:
        _refuse(ValueError(in_words(fault.sentence, _translate(language))))
    except (ValueError, OSError) as fault:
        _refuse(fault)
    Console(width=min(WIDTH, Console().width) if sys.stdout.isatty() else WIDTH, highlight=False).print(
        summary(report, given, words, out, json_path)
    )


def _known_language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"--language {code} is not known; choose one of {', '.join(LANGUAGES)}")
    return code


def _known_landmark(day: int) -> None:
    if day not in LANDMARKS:
        raise ValueError(f"--landmark {day} is not known; the landmark day is {LANDMARK_WORDS}")


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise ValueError(f"{option} {text} is not a day in the calendar; write it as 2017-12-31") from wrong


def _annotation(text: str) -> Annotation:
    day, _, said = text.strip().partition(" ")
    on = _day("--note", day)
    if on is None or not said.strip():
        raise ValueError(f'--note {text}: write it as "2017-10-01 New price list"')
    return Annotation(on, said.strip())


def _writable(*paths: Path | None) -> None:
    """Fails before the work rather than after it."""
    for path in paths:
        if path is not None and not path.resolve().parent.is_dir():
            raise ValueError(f"there is no folder {path.resolve().parent} to write {path.name} in")


def _refuse(fault: Exception) -> None:
    """One line on what is wrong, and exit code 2."""
    said = (
        str(fault)
        if not isinstance(fault, OSError)
        else f"{fault.filename or ''}: {fault.strerror or fault}".removeprefix(": ")
    )
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"vunnet analyze: {said}", markup=False, style="red")
    raise typer.Exit(BAD_INPUT)


# --- progress ------------------------------------------------------------------------------------------------------


class _Bar:
    """What is being done now, and how far it is."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task = progress.add_task("reading", total=None)

    def reading(self, what: str, share: float) -> None:
        self.progress.update(self.task, completed=share, total=1.0, description=what[:40])

    def says(self, what: str) -> None:
        self.progress.update(self.task, completed=0, total=None, description=what)


@contextmanager
def _progress() -> Iterator[_Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress)


# --- asking and writing --------------------------------------------------------------------------------------------


def _ask(
    tables: Tables,
    options: tuple[date | None, date | None, str, tuple[int, int], tuple[Annotation, ...], tuple[Side, Side] | None],
) -> tuple[Report, bool, int]:
    """The report, whether `as_of` is the latest date because none was given, and how many rows carry a later date."""
    day, first, time_zone, (cut, landmark), notes, sides = options
    latest = None if day else latest_day(tables, time_zone, datetime.now(zone(time_zone)).date())
    question = Question(
        day or latest or datetime.now(zone(time_zone)).date(),
        time_zone,
        first,
        cut=cut,
        landmark=landmark,
        annotations=notes,
        compare=sides,
    )
    prepared = prepare(tables, question.as_of, time_zone, first)
    found = answer(prepared, question)
    if not found.counts.deals:
        raise ValueError(f"nothing is recorded by {question.as_of}: the first date is {first_day(tables, time_zone)}")
    both_there(found)
    return found, day is None and latest is not None, rows_after(tables, question.as_of, time_zone)


def _has_rows(export: Export) -> None:
    if not export.rows_read:
        names = ", ".join(file.file for file in export.files) or export.source
        raise ValueError(f"{names}: there are no rows below the header")


def _translate(code: str) -> Callable[[str], str]:
    """What the server's catalogue says for a sentence; English where there is none."""
    return gettext.translation("django", LOCALE, [code], fallback=True).gettext


def _input(export: Export, language: Language, latest: bool, later: int) -> Input:
    say = _translate(language.code)
    return Input(
        names=[file.file for file in export.files if file.rows_kept] or [export.source],
        source=export.source,
        read=export.rows_read,
        kept=export.rows_kept,
        refused=[(_place(r, language), in_words(r.why, say)) for r in export.refused],
        not_recorded=[in_words(sentence, say) for sentence in export.not_recorded],
        latest_as_of=latest,
        later=later,
    )


def _place(refused: Refused, language: Language) -> str:
    if not refused.line:
        return refused.file
    place = language.say("{file}, line {line}", file=refused.file, line=refused.line)
    return f"{place}, {refused.column}" if refused.column else place


def _write(
    report: Report, export: Export, given: Input, language: Language, paths: tuple[Path | None, Path | None], bar: _Bar
) -> None:
    out, json_path = paths
    if json_path is not None:
        refused = [
            {"file": r.file, "line": r.line, "column": r.column, "value": r.value, "why": r.why} for r in export.refused
        ]
        rows = {"read": export.rows_read, "kept": export.rows_kept, "refused": refused, "after_as_of": given.later}
        found = report.to_json(export.source, rows) | {"not_recorded": export.not_recorded}
        json_path.write_text(json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if out is not None:
        bar.says("drawing")
        out.write_bytes(_drawn(report, given, language, out.suffix.lower()))


def _drawn(report: Report, given: Input, language: Language, ending: str) -> bytes:
    """The report as one HTML file, or its pictures and sentences as one picture or PDF."""
    if ending not in FILES:
        return page(report, given, language).encode("utf-8")
    title = language.say("Closed won: {names}", names=", ".join(given.names))
    return FILES[ending](sheet(figures(report, language.code), title, standing(report, language, given)))
