"""Two companies or two people side by side: which value stays, field by field, and making them one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from vunnet.contacts.merging import FIELDS, merge_companies, merge_people
from vunnet.web.asking import Request
from vunnet.web.errors import says_why
from vunnet.web.records.deletion import offer_undo
from vunnet.web.records.facts import definitions, read_custom_value
from vunnet.web.records.hints import like
from vunnet.web.records.history import field_labels
from vunnet.web.records.subject import TABLES, Subject, find_subject, subject_of
from vunnet.web.templatetags import show
from vunnet.workspaces.search import best_found

MERGES: dict[str, Any] = {"company": merge_companies, "person": merge_people}
FOUND = 8


@dataclass(frozen=True)
class Side:
    """One field of both: its values in words, and whether the other's is chosen at first: of who is kept, where it has one."""

    field: str
    label: str
    kept: str
    gone: str
    takes_other: bool

    @property
    def differs(self) -> bool:
        return self.kept != self.gone


@require_GET
def choose(request: Request, table: str, **numbers: int) -> HttpResponse:
    """Which record is the same as this one: those that look alike, or one searched for."""
    subject = subject_of(request, table, numbers)
    words = request.GET.get("q", "").replace("\0", "")[:200]
    seen = TABLES[table].objects.visible_to(request.member).exclude(pk=subject.row.pk)
    found = list(seen.filter(pk__in=best_found(words, table, FOUND + 1, seen))) if words.strip() else []
    context = {"subject": subject, "section": subject.section, "q": words, "found": found, "alike": like(subject)}
    return render(request, "records/merge_choose.html", context)


@require_http_methods(["GET", "POST"])
@says_why
def merge(request: Request, table: str, other_id: int, **numbers: int) -> HttpResponse:
    """Both side by side (GET); one of them, the other's old address leading to it (POST)."""
    subject, other = subject_of(request, table, numbers), find_subject(request, table, other_id)
    if request.method == "POST":
        kept, gone = (other, subject) if request.POST.get("keep") == str(other.row.pk) else (subject, other)
        take = frozenset(
            name.removeprefix("take_")
            for name, value in request.POST.items()
            if name.startswith("take_") and value == str(gone.row.pk)
        )
        MERGES[table](kept.row, gone.row, by=request.member, take=take)
        offer_undo(request, table, gone.row.pk, _("%(name)s was merged into this one.") % {"name": gone.name[:80]})
        return redirect(kept.address)
    keeps_other = request.GET.get("keep") == str(other.row.pk)
    context = {
        "subject": subject,
        "other": other,
        "both": [(subject, _about(subject), not keeps_other), (other, _about(other), keeps_other)],
        "section": subject.section,
        "sides": _sides(request, subject, other, keeps_other),
    }
    return render(request, "records/merge.html", context)


def _about(subject: Subject) -> str:
    """What tells two records of one name apart."""
    row = subject.row
    known = (
        (row.email, row.phone, row.company)
        if subject.table == "person"
        else (row.company_number, row.domain, row.phone, row.city)
    )
    return " · ".join(str(value) for value in known if value)


def _sides(request: Request, subject: Subject, other: Subject, keeps_other: bool) -> list[Side]:
    labels = field_labels()
    sides = [_side(name, labels.get(name, name), getattr(subject.row, name), getattr(other.row, name), keeps_other) for name in labels if name in FIELDS[subject.table]]  # fmt: skip
    sides += [
        _side(f"x_{d.key}", d.label, subject.row.custom.get(d.key), other.row.custom.get(d.key), keeps_other)
        for d in definitions(request, subject.table)
    ]
    return [side for side in sides if side.kept or side.gone]


def _side(field: str, label: str, kept: Any, gone: Any, keeps_other: bool) -> Side:
    one, two = _read(kept), _read(gone)
    return Side(field, label, one, two, bool(two) and (keeps_other or not one))


def _read(value: Any) -> str:
    return show.full_day(value) if hasattr(value, "isoformat") else read_custom_value(value)
