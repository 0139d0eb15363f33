"""Other systems' exports in, the tables of `analysis.schema` out (and those the CRM takes over beside them).

One module for each source; `read` reads files, `recognise` tells from their first lines what they are. Never here:
Django, a clock, a database, or any number that is not in the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vunnet.exchange import mapped, tables
from vunnet.exchange.export import Column, Export, Progress, ReadFile, Recognised
from vunnet.exchange.files import Files, Parts
from vunnet.exchange.refusals import CannotRead, Refused

__all__ = ["SOURCES", "CannotRead", "Column", "Export", "Progress", "ReadFile", "Recognised", "Refused", "read"]

SOURCES = ("auto", "salesforce", "hubspot", "zoho", "pipedrive", "csv", "event_log", "vunnet")


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
    files = Files.given(paths, progress)
    parts = mapped.read(files, Path(map_path), time_zone) if map_path is not None else Parts()
    return _export(files, "csv", parts)


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
