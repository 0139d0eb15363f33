"""What belongs to a deal: people on the customer's side, the team and its shares, products."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from vunnet.contacts.actions import add_person
from vunnet.contacts.models import Person
from vunnet.deals import actions
from vunnet.deals.models import Deal, DealPerson, Product
from vunnet.deals.pipelines import find_or_add_product
from vunnet.deals.rules import Share, even_shares
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, find, number
from vunnet.web.deals.forms import LineForm, PersonForm
from vunnet.web.deals.record import find_deal
from vunnet.web.errors import says_why
from vunnet.web.finding.groups import best, fold_all
from vunnet.workspaces.models import Member

# So many of the company's own people are suggested.
MOST_OWN = 50
# "Kari Moe (Fjord AS)"
SUGGESTED = re.compile(r"(.+) \((.+)\)")


@require_http_methods(["GET", "POST"])
@says_why
def people(request: Request, deal_id: int) -> HttpResponse:
    """Add somebody on the customer's side, or take them off."""
    row = find_deal(request, deal_id)
    if remove := request.POST.get("remove"):
        actions.remove_person(row, find(request, Person, remove), by=request.member)
        return done(request, row)
    form = PersonForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.try_to(lambda: _add_person(request, row, form.cleaned_data))
    ):
        return done(request, row)
    context = {"deal": row, "form": form, "names": _suggested(request, row, "")}
    return _dialog(request, "deals/person_form.html", context)


@require_GET
def suggest_people(request: Request, deal_id: int) -> HttpResponse:
    """Whom one may mean while a name is typed."""
    words = request.GET.get("q", "").replace("\0", "")[:200].strip()
    names = _suggested(request, find_deal(request, deal_id), words)
    return render(request, "contacts/suggestions.html", {"names": names})


def _suggested(request: Request, row: Deal, words: str) -> list[str]:
    """The company's own people first, by their names; then others whom the words fit, with what tells them apart."""
    seen: Any = Person.objects.visible_to(request.member)
    present = set(row.people.values_list("person_id", flat=True))
    own = seen.filter(company=row.company_id).order_by("name")[:MOST_OWN] if row.company_id else []
    near = [person for person in own if person.pk not in present and _fits(person.name, words)]
    fit = best(request.member, seen, words, "person") if words else []
    others = [p for p in fit if p.pk not in present and (p.company_id is None or p.company_id != row.company_id)]
    return [person.name for person in near] + [_told_apart(person) for person in others]


def _fits(name: str, words: str) -> bool:
    own = fold_all(name)
    return all(any(part.startswith(word) for part in own) for word in fold_all(words))


def _told_apart(person: Person) -> str:
    beside = str(person.company or "") or person.email or person.phone
    return f"{person.name} ({beside})" if beside else person.name


def _known(request: Request, row: Deal, name: str) -> Person | None:
    """A person of the deal's company by name, or any other as they were suggested."""
    seen: Any = Person.objects.visible_to(request.member)
    own: Person | None = seen.filter(name__iexact=name, company=row.company).first()
    if own or not (parts := SUGGESTED.fullmatch(name)):
        return own
    beside = Q(company__name__iexact=parts[2]) | Q(email__iexact=parts[2]) | Q(phone=parts[2])
    other: Person | None = seen.filter(beside, name__iexact=parts[1]).first()
    return other


def _add_person(request: Request, row: Deal, given: dict[str, Any]) -> DealPerson:
    """A known person by name, else a new one at the deal's company."""
    known = _known(request, row, given["name"].strip())
    first, _space, last = given["name"].strip().rpartition(" ")
    fields = {
        "first_name": first or last,
        "last_name": last if first else "",
        "email": given["email"],
        "phone": given["phone"],
    }
    person = known or add_person(request.member, request.member.workspace, company=row.company, **fields)
    return actions.add_person(row, person, by=request.member, role=given["role"])


@require_http_methods(["GET", "POST"])
@says_why
def team(request: Request, deal_id: int) -> HttpResponse:
    """Who works on the deal; the credit is split evenly among those chosen, the owner first."""
    row = find_deal(request, deal_id)
    members = Member.objects.visible_to(request.member).filter(is_active=True).order_by("name")
    if request.method == "POST":
        chosen = [find(request, Member, pk) for pk in request.POST.getlist("member")]
        chosen.sort(key=lambda member: member.pk != row.owner_id)
        shares = [Share(member.pk, share) for member, share in zip(chosen, even_shares(len(chosen) or 1), strict=False)]
        actions.set_team(row, shares, by=request.member)
        return done(request, row)
    present = set(row.team.values_list("member_id", flat=True))
    return _dialog(request, "deals/team_form.html", {"deal": row, "members": members, "present": present})


@require_http_methods(["GET", "POST"])
@says_why
def products(request: Request, deal_id: int) -> HttpResponse:
    """Add a product line, or take one off."""
    row = find_deal(request, deal_id)
    if remove := request.POST.get("remove"):
        kept = [
            (line.product, line.quantity, line.amount)
            for line in row.lines.select_related("product")
            if line.pk != number(remove)
        ]
        actions.set_lines(row, kept, by=request.member)
        return done(request, row)
    form = LineForm(row.currency, request.POST or None)
    if request.method == "POST" and form.is_valid() and form.try_to(lambda: _add_line(request, row, form.cleaned_data)):
        return done(request, row)
    known = Product.objects.visible_to(request.member).filter(is_archived=False)
    return _dialog(request, "deals/line_form.html", {"deal": row, "form": form, "known": known})


def _add_line(request: Request, row: Deal, given: dict[str, Any]) -> Any:
    product = find_or_add_product(request.member, request.member.workspace, given["product"])
    present = [(line.product, line.quantity, line.amount) for line in row.lines.select_related("product")]
    return actions.set_lines(
        row, [*present, (product, given["quantity"] or Decimal(1), given["amount"])], by=request.member
    )


def _dialog(request: Request, template: str, context: dict[str, Any]) -> HttpResponse:
    """A form in the page's dialog; without a script, the same form as a page."""
    status = 422 if getattr(context.get("form"), "errors", None) else 200
    frame = template if request.htmx else "deals/dialog_page.html"
    return render(request, frame, {**context, "inner": template, "section": "deals"}, status=status)


def done(request: Request, row: Deal) -> HttpResponse:
    """Back on the deal's page, also from a form in its dialog."""
    slug = request.member.workspace.slug
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address_of("deal", slug, row.pk)})
    return redirect("deal", slug, row.pk)
