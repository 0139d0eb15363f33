"""HubSpot's stage columns, both generations, into stage changes.

`Date entered "Contract Sent (Sales Pipeline)"` (double quotes, the newer) and `Date entered 'Contract Sent'` (single
quotes) hold one entry a stage each; a deal that came back to a stage shows only one of its entries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from vunnet.exchange.arrow import pc
from vunnet.exchange.assembly import Found, Part
from vunnet.exchange.headers import plain
from vunnet.exchange.histories import looked_up
from vunnet.exchange.sentences import said
from vunnet.exchange.stages import one

_LABEL = re.compile(
    r"""^(?P<what>date entered|date exited|(?:latest |cumulative )?time in) (?P<quote>["'])(?P<stage>.+)(?P=quote)$""",
    re.IGNORECASE,
)
_INTERNAL = re.compile(
    r"^hs_(?P<v2>v2_)?(?P<what>date_entered|date_exited|(?:latest_|cumulative_)?time_in)_(?P<stage>.+)$", re.IGNORECASE
)
_SUFFIX = re.compile(r"^(?P<stage>.*\S)\s*\((?P<pipeline>[^()]*)\)$")
_CURLY = str.maketrans("“”„‘’‚", "\"\"\"'''")
_CURRENT = ("current_stage",)
NO_RE_ENTRY = said(
    "HubSpot exports one entry for each stage, so a deal that came back to a stage shows it only once: re-entries are not recorded."
)
NO_STAGES = said(
    'When each deal entered its stages is not in this file: add the columns "Date entered …" of each stage to the view and export again.'
)


@dataclass(frozen=True)
class StageColumn:
    header: str
    what: str  # entered, exited or time
    stage: str
    pipeline: str
    newer: bool


def is_stage_column(header: str) -> bool:
    return stage_meaning(header) != ""


def stage_meaning(header: str) -> str:
    """`stage entered`, `stage exited` or `time in stage` for a stage column, else ""."""
    found = _matched(header)
    if found is None:
        return ""
    return {"e": "stage entered", "x": "stage exited"}.get(_kind(found["what"]), "time in stage")


def _matched(header: str) -> re.Match[str] | None:
    text = re.sub(r"\s+", " ", header.translate(_CURLY)).strip()
    found = _LABEL.match(text) or _INTERNAL.match(text)
    return None if found is None or found["stage"] in _CURRENT else found


def _kind(what: str) -> str:
    return {"date entered": "e", "date exited": "x"}.get(plain(what.replace("_", " ")), "t")


def _columns(part: Part, pipelines: set[str], stages: set[str]) -> list[StageColumn]:
    """The entry and exit columns, their stage parted from the pipeline that stands in parentheses behind it."""
    found = []
    for header in part.rows.sheet.headers:
        match = _matched(header)
        if match is None or _kind(match["what"]) == "t":
            continue
        stage, pipeline = _parted(match["stage"].strip(), pipelines, stages)
        newer = match["quote"] == '"' if match.re is _LABEL else bool(match["v2"])
        found.append(StageColumn(header, _kind(match["what"]), stage, pipeline, newer))
    return found


def _parted(label: str, pipelines: set[str], stages: set[str]) -> tuple[str, str]:
    """Stage and pipeline; parentheses that belong to the stage's own name stay with it."""
    found = _SUFFIX.match(label)
    if found is None or plain(label) in stages:
        return label, ""
    if plain(found["pipeline"]) in pipelines or not pipelines or plain(found["stage"]) in stages:
        return found["stage"], found["pipeline"]
    return label, ""


def changes_of_deals(found: Found, deals: Any) -> Any | None:
    """Entries of all deals files, or None (and a word on it) where no file has such columns."""
    made = [changes for part in found.each("deals") if (changes := _changes(found, part, deals)) is not None]
    if not made:
        found.parts.missing(NO_STAGES)
        return None
    found.parts.missing(NO_RE_ENTRY)
    return pa.concat_tables(made, promote_options="default")


def _changes(found: Found, part: Part, deals: Any) -> Any | None:
    rows = part.rows
    stages = {plain(name) for name in rows.text("stage_now").unique().to_pylist() if name}
    pipelines = {plain(name) for name in rows.text("pipeline").unique().to_pylist() if name}
    columns = _columns(part, pipelines, stages)
    entered = [column for column in columns if column.what == "e"]
    if not entered:
        return None
    ids = rows.ids
    own = pc.fill_null(looked_up(ids, one(deals["deal_id"]), one(deals["pipeline"])), "")
    spelled = {plain(name): name for name in rows.text("stage_now").unique().to_pylist() if name}
    made = []
    for stage, pipeline in dict.fromkeys((column.stage, column.pipeline) for column in entered):
        of_stage = [column for column in columns if (column.stage, column.pipeline) == (stage, pipeline)]
        made.append(_entries(found, part, ids, own, of_stage, spelled.get(plain(stage), stage)))
    return pa.concat_tables(made)


def _entries(found: Found, part: Part, ids: Any, own: Any, columns: list[StageColumn], stage: str) -> Any:
    """One stage's entries: the newer column where it says something, else the older one."""
    rows = part.rows
    entered, exited = (_times(part, columns, what) for what in ("e", "x"))
    usable = pc.and_(rows.alive, pc.and_(entered.is_valid(), ids.is_valid()))
    pipeline = columns[0].pipeline
    if pipeline and rows.has("pipeline"):
        same = pc.equal(pc.utf8_lower(own), pipeline.lower())
        elsewhere = pc.sum(pc.and_(usable, pc.invert(same))).as_py() or 0
        if elsewhere:
            found.parts.missing(
                said(
                    "Entries into {stage} of the pipeline {pipeline}, where their deals no longer are, were left out: {elsewhere}.",
                    stage=stage,
                    pipeline=pipeline,
                    elsewhere=elsewhere,
                )
            )
        usable = pc.and_(usable, same)
    names = pa.array([stage], pa.string()).take(pa.array([0] * len(ids), pa.int32()))
    table = pa.table({"deal_id": ids, "stage": names, "entered_at": entered, "exited_at": exited})
    return table.filter(usable)


def _times(part: Part, columns: list[StageColumn], what: str) -> Any:
    rows = part.rows
    times = pa.nulls(rows.sheet.count, pa.timestamp("us"))
    for column in sorted((column for column in columns if column.what == what), key=lambda column: not column.newer):
        rows.names = {**rows.names, column.header: column.header}
        times = pc.coalesce(times, rows.moment(column.header))
    return times
