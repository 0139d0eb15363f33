"""Other systems' exports in, the tables of `analysis.schema` out (and those the CRM takes over beside them).

One module for each source; `read` reads files, `recognise` tells from their first lines what they are. Never here:
Django, a clock, a database, or any number that is not in the files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from vunnet.exchange import event_log, hubspot, mapped, own, pipedrive, salesforce, tables, zoho
from vunnet.exchange.assembly import Found, Part
from vunnet.exchange.export import Column, Export, Progress, ReadFile, Recognised
from vunnet.exchange.files import Files, Parts
from vunnet.exchange.headers import Layout
from vunnet.exchange.recognition import head_of, layout_of, recognise, source_of
from vunnet.exchange.refusals import CannotRead, Refused
from vunnet.exchange.rows import Rows
from vunnet.exchange.sentences import said

__all__ = [
    "SOURCES",
    "CannotRead",
    "Column",
    "Export",
    "Progress",
    "ReadFile",
    "Recognised",
    "Refused",
    "read",
    "recognise",
]

SOURCES = ("auto", "salesforce", "hubspot", "zoho", "pipedrive", "csv", "event_log", "vunnet")
READERS: dict[str, Callable[[Found], Parts]] = {
    "salesforce": salesforce.read,
    "hubspot": hubspot.read,
    "zoho": zoho.read,
    "pipedrive": pipedrive.read,
    "event_log": event_log.read,
    "vunnet": own.read,
}


def read(
    paths: Sequence[str | Path],
    source: str = "auto",
    map_path: str | Path | None = None,
    time_zone: str = "UTC",
    progress: Progress | None = None,
) -> Export:
    """Read the files of one source. Times without an offset, and plain dates, are in `time_zone`.

    Raises CannotRead, with a sentence for the user, when nothing usable is there; a bad row or cell is in `refused`.
    """
    if source not in SOURCES:
        raise CannotRead("There is no source {source}; known are {known}.", source=source, known=", ".join(SOURCES))
    files = Files.given(paths, progress)
    if map_path is not None:
        return _export(files, "csv", mapped.read(files, Path(map_path), time_zone))
    if not files.paths:
        raise CannotRead("There are no files to read; name at least one.")
    if source == "csv":
        raise CannotRead("A plain CSV file needs a map (MAP.toml) that says which column is which.")
    return _read_known(files, source, time_zone)


def _read_known(files: Files, source: str, zone: str) -> Export:
    layouts: dict[Path, Layout | None] = {}
    for path in files.paths:
        layouts[path] = _layout(files, path, source)
    chosen = source_of(layouts.values())
    if not chosen:
        raise CannotRead(_nothing_known(files, source))
    found = Found(files, zone, {})
    by_kind: dict[str, list[Part]] = {}
    for path, layout in layouts.items():
        if layout is None or layout.source != chosen:
            _leave_out(files, path, layout, found.parts)
        elif own.is_parquet(path):
            own.read_parquet(files, path, layout.kind, found.parts)
        elif (part := _part(files, path, layout, zone)) is not None:
            by_kind.setdefault(layout.kind, []).append(part)
    if not by_kind and not found.parts.tables:
        raise CannotRead(_nothing_known(files, source))
    found.by_kind = by_kind
    parts = READERS[chosen](found)
    read_files = [files.read_as(part.path, chosen, part.layout.kind) for kind in by_kind.values() for part in kind]
    parts.files = read_files + parts.files
    return _export(files, chosen, parts)


def _layout(files: Files, path: Path, source: str) -> Layout | None:
    try:
        return layout_of(head_of(path).header, source)
    except CannotRead as fault:
        files.refusals.file(files.name(path), fault.sentence)
        return None


def _part(files: Files, path: Path, layout: Layout, zone: str) -> Part | None:
    try:
        sheet = files.sheet(path)
    except CannotRead as fault:
        files.refusals.file(files.name(path), fault.sentence)
        return None
    return Part(path, layout, Rows(sheet, layout.meanings(sheet.headers), files.refusals, zone))


def _leave_out(files: Files, path: Path, layout: Layout | None, parts: Parts) -> None:
    name = files.name(path)
    if layout is not None:
        parts.files.append(
            ReadFile(name, layout.source, layout.kind, note=said("Of another source; read it separately."))
        )
    else:
        parts.files.append(ReadFile(name, "", "", note=said("Not recognised, so it was not read.")))
        if not any(refused.file == name for refused in files.refusals.whole_files):
            files.refusals.file(
                name, said("The headers belong to no known export; describe the file in a map (MAP.toml).")
            )


def _nothing_known(files: Files, source: str) -> str:
    if files.refusals.whole_files:
        return files.refusals.whole_files[0].why
    names = ", ".join(files.name(path) for path in files.paths[:10])
    headers = ", ".join(head_of(files.paths[0]).header[:30])
    if source == "auto":
        return said(
            "{names}: the headers are not those of any known export. The first file has {headers}. Say which column is which in a map (MAP.toml, --map).",
            names=names,
            headers=headers,
        )
    return said(
        "{names}: the headers are not those of an export of {source}. The first file has {headers}. Say which column is which in a map (MAP.toml, --map).",
        names=names,
        source=source,
        headers=headers,
    )


def _export(files: Files, source: str, parts: Parts) -> Export:
    files.say("listing what was refused", 0.95)
    refused = files.refusals.listed()
    files.say("done", 1.0)
    return Export(
        source=source,
        tables=parts.tables,
        companies=parts.companies if parts.companies is not None else tables.COMPANIES.empty_table(),
        people=parts.people if parts.people is not None else tables.PEOPLE.empty_table(),
        activities=parts.activities if parts.activities is not None else tables.ACTIVITIES.empty_table(),
        refused=refused,
        rows_read=sum(file.rows_read for file in parts.files),
        rows_kept=sum(file.rows_kept for file in parts.files),
        not_recorded=parts.not_recorded,
        files=parts.files,
    )
