"""Records that may be the same as one that is being typed, or as one that is open: said while there is time to choose."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from vunnet.contacts.likeness import companies_like, people_like
from vunnet.web.asking import Request
from vunnet.web.records.subject import Subject

LIKE: dict[str, Any] = {"company": companies_like, "person": people_like}
ASKED = {
    "company": ("name", "company_number", "domain", "website", "phone"),
    "person": ("first_name", "last_name", "email", "phone"),
}


@require_GET
def alike(request: Request, table: str) -> HttpResponse:
    """Records like what is typed in a form so far."""
    given = {name: request.GET.get(name, "").replace("\0", "")[:300] for name in ASKED[table]}
    return render(request, "records/alike.html", {"found": LIKE[table](request.member, **given), "table": table})


def like(subject: Subject) -> list[Any]:
    """Records like an open one, itself left out."""
    given = {name: getattr(subject.row, name) for name in ASKED[subject.table]}
    found: list[Any] = LIKE[subject.table](subject.member, but=subject.row.pk, **given)
    return found
