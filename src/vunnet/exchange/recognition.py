"""Which source and which kind of file a table is, told from its headers; and the preview an import page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from vunnet.exchange import event_log, hubspot, limits, own, pipedrive, reading, salesforce, workbook, zoho
from vunnet.exchange.export import Column, Recognised
from vunnet.exchange.files import Files
from vunnet.exchange.headers import Layout
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.sentences import said
from vunnet.exchange.sniffing import Head, sniff

LAYOUTS: tuple[Layout, ...] = (
    *own.LAYOUTS,
    *salesforce.LAYOUTS,
    *hubspot.LAYOUTS,
    *zoho.LAYOUTS,
    *pipedrive.LAYOUTS,
    *event_log.LAYOUTS,
)


def layout_of(headers: Sequence[str], source: str = "auto") -> Layout | None:
    """The layout whose marks the headers bear and which knows most of them; None when there is none."""
    fitting = [layout for layout in LAYOUTS if source in ("auto", layout.source) and layout.fits(headers)]
    return max(fitting, key=lambda layout: layout.known(headers), default=None)


def source_of(layouts: Iterable[Layout | None]) -> str:
    """The one source that most of the recognised files come from; a deals file counts for more than others."""
    votes: Counter[str] = Counter()
    for layout in layouts:
        if layout is not None:
            votes[layout.source] += 10 if layout.kind == "deals" else 1
    return votes.most_common(1)[0][0] if votes else ""


def head_of(path: Path) -> Head:
    """How a file begins; of a text file only the first bytes are read."""
    if own.is_parquet(path):
        return own.parquet_head(path)
    return workbook.head(path) if reading.is_workbook(path) else sniff(path)


def recognise(paths: Sequence[str | Path], source: str = "auto") -> list[Recognised]:
    """What each file seems to be. Reads only heads (a workbook whole); never raises for a file, but says `why_not`."""
    files = Files.given(paths)
    return [_recognised(files.name(path), path, source) for path in files.paths]


def _recognised(name: str, path: Path, source: str) -> Recognised:
    try:
        head = head_of(path)
    except CannotRead as fault:
        return Recognised(name, "", "", "", "", 0, [], [], [], fault.sentence)
    layout = layout_of(head.header, source)
    columns = _columns(head, layout)
    return Recognised(
        file=name,
        source=layout.source if layout else "",
        kind=layout.kind if layout else "",
        encoding=head.encoding,
        delimiter=head.delimiter,
        header_line=head.header_line,
        columns=columns,
        unknown=[column.header for column in columns if not column.meaning],
        first_rows=head.first_rows,
        why_not="" if layout else said("The headers belong to no known export; describe the file in a map (MAP.toml)."),
    )


def _columns(head: Head, layout: Layout | None) -> list[Column]:
    meaning = {header: name for name, header in layout.meanings(head.header).items()} if layout else {}
    found = []
    for place, header in enumerate(head.header):
        values = [row[place] for row in head.first_rows if place < len(row)]
        shown = [value[: limits.VALUE_CHARACTERS] for value in values]
        found.append(Column(header, meaning.get(header, hubspot.stage_meaning(header)), shown))
    return found
