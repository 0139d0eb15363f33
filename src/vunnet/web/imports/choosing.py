"""The pages of a file of one's own shape: what is what in it, what it would do, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from vunnet.activities.models import Activity
from vunnet.contacts.models import Company, Person
from vunnet.deals.models import Deal, Stage
from vunnet.imports import choosing, matching
from vunnet.imports.models import Import, ImportRefusal, ImportRow
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request
from vunnet.workspaces.models import FieldDefinition

MENDED_AT_ONCE, MOST_UNCLEAR = 100, 20_000
SHOWN = 100
LONGEST = 500
ROWS: dict[str, tuple[Any, str]] = {
    "people": (Person, "person"),
    "companies": (Company, "company"),
    "deals": (Deal, "deal"),
    "activities": (Activity, "entry"),
}


def kinds() -> dict[str, str]:
    return {"people": _("People"), "companies": _("Companies"), "deals": _("Deals"), "activities": _("Activities")}


def meanings() -> dict[str, str]:
    """What a column may become, in words."""
    return {
        "first_name": _("First name"), "last_name": _("Last name"), "name": _("Name"), "email": _("E-mail"), "phone": _("Phone"), "title": _("Title"),
        "company": _("Company"), "owner": _("Owner"), "external_id": _("Their number"), "company_number": _("Company number"), "domain": _("Domain"), "website": _("Website"), "industry": _("Industry"),
        "city": _("City"), "country": _("Country"), "employees": _("Employees"), "amount": _("Amount"), "currency": _("Currency"), "stage": _("Stage"),
        "product": _("Product"), "source": _("Source"), "expected_close_on": _("Expected close"), "created_at": _("Opened"), "closed_at": _("Closed"),
        "kind": _("Kind"), "subject": _("Subject"), "body": _("Text"), "at": _("When"), "due_on": _("Due"), "done_at": _("Done"), "minutes": _("Minutes"),
        "deal": _("Deal"), "person": _("Person"),
    }  # fmt: skip


def rules() -> dict[str, str]:
    """By what a row is the same as one that is here, in words."""
    return {
        "email": _("the same e-mail address"), "name_company": _("the same name and company"), "name": _("the same name"), "domain": _("the same domain"), "company_number": _("the same company number"),
        "external_id": _("the same number of theirs"), "same": _("the same kind, words, time, deal and people"), "none": _("never: every row is new"),
    }  # fmt: skip


def readings() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """How a file may be read: (name, words, answers); an empty answer is what was guessed."""
    return [
        ("encoding", _("Letters"), [("", _("as guessed")), ("utf-8-sig", "UTF-8"), ("cp1252", "Windows-1252"), ("utf-16", "UTF-16")]),
        ("delimiter", _("Columns parted by"), [("", _("as guessed")), (";", ";"), (",", ","), ("\t", _("Tab")), ("|", "|")]),
        ("mark", _("Decimal sign"), [("", _("as the values show")), (",", "1 234,50"), (".", "1,234.50")]),
        ("order", _("Order of a date"), [("", _("as the values show")), ("day first", "31.12.2026"), ("month first", "12/31/2026")]),
    ]  # fmt: skip


def columns_page(path: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every column with its first values and what it becomes, and how the file is read."""
    seen = choosing.preview(path, given)
    kind, said = given["kind"], meanings()
    options = [(name, said[name]) for name in choosing.meanings_of(kind)]
    fields = FieldDefinition.objects.filter(table=choosing.TABLE_OF[kind], is_archived=False).order_by("position", "pk")
    own = [(f"x_{field.key}", field.label) for field in fields]
    rows = [
        {
            "n": n,
            "header": header,
            "first": [value for value in values if value.strip()],
            "meaning": given["columns"].get(header, ""),
        }
        for n, (header, values) in enumerate(seen.columns)
    ]
    return {
        "given": given,
        "lacks_closing": kind == "deals" and "stage" in given["columns"].values() and "closed_at" not in given["columns"].values(),
        "kinds": kinds().items(),
        "rows": rows,
        "options": options,
        "own": own,
        "may_have_fields": choosing.may_have_fields(kind),
        "readings": [(name, words, answers, given.get(name, "")) for name, words, answers in readings()] if not seen.sheets else
                    [(name, words, answers, given.get(name, "")) for name, words, answers in readings()[2:]],
        "sheets": seen.sheets,
        "read_as": seen.read_as,
        "rules": [(rule, rules()[rule]) for rule in matching.RULES[kind]],
    }  # fmt: skip


def chosen_in(request: Request, before: Mapping[str, Any]) -> dict[str, Any]:
    """What a person said on the page; another kind has its columns proposed anew."""
    given = request.POST
    names = ("kind", "rule", "known", *(name for name in choosing.CHOICES if name not in ("rule", "known")))
    made: dict[str, Any] = {name: given.get(name, before.get(name, "")) for name in names}
    if made["kind"] not in kinds():
        made["kind"] = before["kind"]
    headers = {key.removeprefix("header-"): header for key, header in given.items() if key.startswith("header-")}
    made["columns"] = {header[:LONGEST]: given.get(f"column-{n}", "") for n, header in headers.items()}
    if made["kind"] != before["kind"]:
        made["columns"] = choosing.suggest(made["kind"], list(made["columns"]))
        made["rule"] = matching.RULES[made["kind"]][0]
    return made


@dataclass(frozen=True)
class Unclear:
    """A value that could not be taken: where it stands first, in how many rows, why not, and what it may be instead."""

    line: int
    column: str
    value: str
    why: str
    rows: int
    options: list[str]


def unclear(run: Import) -> list[Unclear]:
    """One for each value of a column, however many rows hold it; what stands in no cell, row by row."""
    stages = [header for header, meaning in (run.choice or {})["columns"].items() if meaning == "stage"]
    there = list(Stage.objects.filter(workspace_id=run.workspace_id, is_archived=False, pipeline__is_archived=False).order_by("pipeline__position", "position").values_list("name", flat=True)) if stages else []  # fmt: skip
    alike: dict[tuple[Any, ...], list[ImportRefusal]] = {}
    for refusal in run.refusals.all()[:MOST_UNCLEAR]:
        place = (refusal.column, refusal.value, refusal.why) if refusal.column and refusal.value else (refusal.pk,)
        alike.setdefault(place, []).append(refusal)
    return [
        Unclear(
            first.line,
            first.column,
            first.value,
            first.told,
            len(rows),
            list(dict.fromkeys(there)) if first.column in stages else [],
        )
        for rows in list(alike.values())[:MENDED_AT_ONCE]
        for first in rows[:1]
    ]


def mended(request: Request, run: Import) -> dict[tuple[int, str], str]:
    """The cells that a person wrote something else into; what they said of a value holds in all rows of its column."""
    refusals = list(run.refusals.exclude(column=""))
    stood = {(r.line, r.column): r.value for r in refusals}
    cells: dict[tuple[int, str], str] = {}
    for key in request.POST:
        value = str(request.POST[key])
        _cell, _colon, rest = key.partition(":")
        line, _colon, column = rest.partition(":")
        place = (
            (int(line), column) if _cell == "cell" and line.isascii() and line.isdecimal() and len(line) < 10 else None
        )
        if place in stood and value != stood[place]:
            alike = [r for r in refusals if stood[place] and (r.column, r.value) == (place[1], stood[place])]
            cells |= {(r.line, r.column): value[:LONGEST] for r in alike} or {place: value[:LONGEST]}
    return cells


def outcome_page(request: Request, run: Import, outcome: str) -> dict[str, Any]:
    """The rows of one outcome, a hundred at a time, each by its name."""
    after = request.GET.get("after", "")
    rows = ImportRow.objects.filter(workspace_id=run.workspace_id, run=run, outcome=outcome).order_by("pk")
    if after.isascii() and after.isdigit() and len(after) < 19:
        rows = rows.filter(pk__gt=int(after))
    found = list(rows[: SHOWN + 1])
    names: dict[tuple[str, int], str] = {}
    for kind, (model, _page) in ROWS.items():
        numbers = [row.row_id for row in found if row.table == kind]
        names |= {(kind, row.pk): str(row) for row in model.objects.visible_to(request.member).filter(pk__in=numbers)}
    slug = request.member.workspace.slug
    shown = [
        (
            row,
            names.get((row.table, row.row_id)),
            address_of(ROWS[row.table][1], slug, row.row_id),
            kinds()[row.table],
        )
        for row in found[:SHOWN]
    ]
    return {
        "rows": shown,
        "outcome": ImportRow.Outcome(outcome).label,
        "more": found[SHOWN - 1].pk if len(found) > SHOWN else "",
    }
