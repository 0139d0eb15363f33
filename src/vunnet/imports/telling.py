"""What an import says: why a cell or row was not taken, and what could not be kept. Kept as sentences with their patterns, so that each reads them in their language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vunnet.exchange.refusals import Refused
from vunnet.exchange.sentences import Sentence, as_plain, said
from vunnet.imports.models import Import, ImportRefusal


def unclear_cells(run: Import, unclear: list[tuple[int, str, str]]) -> list[Refused]:
    """The rows that cannot be taken as they are (line, meaning, reason), each with its cell and why."""
    name = run.files.get().name
    headers = {meaning: header for header, meaning in (run.choice or {})["columns"].items()}
    headers.setdefault("name", headers.get("last_name", headers.get("first_name", "")))
    return [
        Refused(name, line, headers.get(meaning, ""), _stands_there(reason), _why(reason))
        for line, meaning, reason in unclear
    ]


def keep_refusals(run: Import, refused: list[Refused]) -> None:
    """What was refused, in place of what was refused before, in the order of the files."""
    run.refusals.all().delete()
    add_refusals(run.pk, refused)


def add_refusals(run: int, refused: list[Refused]) -> None:
    """What was refused too. Runs in the scope of the import's workspace."""
    if not refused:
        return
    workspace = Import.objects.values_list("workspace_id", flat=True).get(pk=run)
    ImportRefusal.objects.bulk_create(
        [
            ImportRefusal(
                workspace_id=workspace, run_id=run, file=r.file, line=r.line, column=r.column, value=r.value[:500], why=r.why, said=as_plain(r.why)
            )
            for r in sorted(refused, key=lambda r: (r.file == "", r.file, r.line, r.column))
        ],
        batch_size=1000,
    )  # fmt: skip


def closing_left(deal: str, stage: str, is_open: bool) -> Refused:
    """That a deal is closed, the file does not say since when, and why it stays where it is."""
    why = (
        said("The file says that “{deal}” is closed, but not when, and somebody here moved it last. It stays where it is; close it here, or say in the file when it closed.", deal=deal)
        if is_open
        else said("The file says that “{deal}” is closed, but not when, and here it is closed otherwise. It stays as it is; say in the file when it closed.", deal=deal)
    )  # fmt: skip
    return Refused("", 0, "", stage, why)


def _stands_there(reason: str) -> str:
    """What the file says in the unclear cell, where the reason tells it."""
    kind, _colon, rest = reason.partition(":")
    return "" if kind == "same" else rest


def _why(reason: str) -> Sentence:
    """A reason as a sentence, with the cure."""
    kind, _colon, rest = reason.partition(":")
    if kind == "same":
        return said(
            "This is the same as line {line}. Only that one is taken; write what tells them apart, or leave it.",
            line=rest,
        )
    if kind == "stage":
        return said("There is no stage called “{name}”. Write one that there is.", name=rest)
    if kind == "deal":
        return said("There is no deal called “{name}”. Write one that there is, or leave the cell empty.", name=rest)
    if kind == "person":
        return said("There is nobody called “{name}”. Write somebody who is here, or leave the cell empty.", name=rest)
    if kind in ("deals", "people"):
        return said("“{name}” is here several times. Say its company too, or leave the cell empty.", name=rest)
    if kind == "when":
        return said("The row does not say when it happened or is due. Write a day.")
    return said("Several rows here are the same as this one. Merge them first, or match by something else.")


def could_not_keep(kind: str, columns: Mapping[str, str], not_kept: Mapping[str, int]) -> list[Any]:
    """What a file of chosen columns does not hold or is not kept of it, as sentences with their patterns.

    `columns`: header → meaning. `not_kept`: of how many deals what (see `matching.not_kept`).
    """
    found = []
    if kind == "deals":
        found.append(
            said(
                "The file holds no stage history: of a deal only its opening, its stage and its closing are known, and no reasons."
            )
        )
    if kind in ("people", "companies"):
        found.append(
            said("The file does not say since when they are known: they count as known from the day of the import.")
        )
    patterns = {
        "not_closed": said("Closed deals without a closing date: {n}. They count as won or lost, but in no month, and how long they took is not known. If a column says when they closed, choose it as “Closed”.", n=not_kept.get("not_closed", 0)),
        "not_opened": said("Closed deals without an opening date: {n}. How long they took is not known.", n=not_kept.get("not_opened", 0)),
        "opened_here": said("Open deals without an opening date: {n}. They count as opened on the day of the import.", n=not_kept.get("opened_here", 0)),
        "elsewhere": said("Deals that are here in another stage than the file says: {n}. They stay where they are, since the file does not say when they moved. Move them on the board, or many at once in the list.", n=not_kept.get("elsewhere", 0)),
    }  # fmt: skip
    found += [sentence for name, sentence in patterns.items() if not_kept.get(name)]
    if left := [header for header, meaning in columns.items() if not meaning]:
        found.append(said("Columns that were left out: {names}.", names=", ".join(left)))
    return [as_plain(sentence) for sentence in found]
