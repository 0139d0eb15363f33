"""The governed lists of a workspace: teams, reasons, products, sources. One page draws them all; each says who writes its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods

from vunnet.deals import vocabulary
from vunnet.deals.models import Kind, Product, Reason, Source
from vunnet.lib.errors import RuleBroken
from vunnet.web.asking import Request, find
from vunnet.web.errors import says_why
from vunnet.web.inputs import AmountField
from vunnet.web.settings.views import back
from vunnet.workspaces import actions
from vunnet.workspaces.models import Member, Tag, Team
from vunnet.workspaces.tags import drop_tag, find_or_make_tag, rename_tag

Do = Callable[[Any, Member, Mapping[str, str]], Any]


@dataclass(frozen=True)
class Words:
    """One list: what it is called and for, its table, how a row is added and what else can be done with one (by button)."""

    title: Any
    about: Any
    table: Any
    add: Callable[[Member, Mapping[str, str]], Any]
    does: Mapping[str, Do]
    groups: Mapping[str, Any] = field(default_factory=dict)
    is_priced: bool = False


def _rename(row: Any, by: Member, given: Mapping[str, str]) -> Any:
    return vocabulary.rename_word(row, given.get("name", ""), by=by)


def _price(text: str) -> Any:
    try:
        return AmountField(required=False).clean(text)
    except forms.ValidationError as unread:
        raise RuleBroken(unread.messages[0], "price") from None


def _save_product(row: Product, by: Member, given: Mapping[str, str]) -> Any:
    _rename(row, by, given)
    currency = row.currency or by.workspace.base_currency
    return vocabulary.price_product(row, by=by, price=_price(given.get("price", "")), currency=currency)


ARCHIVING: dict[str, Do] = {
    "archive": lambda row, by, given: vocabulary.archive_word(row, by=by),
    "restore": lambda row, by, given: vocabulary.archive_word(row, by=by, is_archived=False),
}
LISTS: dict[str, Words] = {
    "teams": Words(
        _("Teams"),
        _("A team groups sellers: in filters, in figures, and for who sees what."),
        Team,
        lambda by, given: actions.name_team(by, given.get("name", "")),
        {
            "save": lambda row, by, given: actions.name_team(by, given.get("name", ""), row),
            "dissolve": lambda row, by, given: actions.dissolve_team(row, by=by),
        },
    ),
    "reasons": Words(
        _("Reasons"),
        _("What a seller chooses from when a deal closes. Renaming one changes no number."),
        Reason,
        lambda by, given: vocabulary.add_reason(by, given.get("group", ""), given.get("name", "")),
        {
            "save": _rename,
            "up": lambda row, by, given: vocabulary.move_reason(row, by=by, steps=-1),
            "down": lambda row, by, given: vocabulary.move_reason(row, by=by, steps=1),
            **ARCHIVING,
        },
        {
            Kind.WON: pgettext_lazy("reasons", "For winning"),
            Kind.LOST: pgettext_lazy("reasons", "For losing"),
            Kind.CANCELLED: pgettext_lazy("reasons", "For cancelling"),
        },
    ),
    "products": Words(
        _("Products"),
        _("What is sold, with its list price where it has one."),
        Product,
        lambda by, given: vocabulary.add_product(
            by, given.get("name", ""), _price(given.get("price", "")), by.workspace.base_currency
        ),
        {"save": _save_product, **ARCHIVING},
        is_priced=True,
    ),
    "tags": Words(
        _("Tags"),
        _("Words put on deals, companies and people to find them again. Anybody may put a new one."),
        Tag,
        lambda by, given: find_or_make_tag(by, given.get("name", "")),
        {
            "save": lambda row, by, given: rename_tag(row, given.get("name", ""), by=by),
            "dissolve": lambda row, by, given: drop_tag(row, by=by),
        },
    ),
    "sources": Words(
        _("Sources"),
        _("Where deals come from: a referral, the web, a trade fair."),
        Source,
        lambda by, given: vocabulary.add_source(by, given.get("name", "")),
        {"save": _rename, **ARCHIVING},
    ),
}


@require_http_methods(["GET", "POST"])
@says_why
def words(request: Request, words: str) -> HttpResponse:
    """A list with all that can be done with its rows; each row is a form of its own and works without scripts."""
    here = LISTS.get(words)
    if here is None:
        raise Http404
    if request.method == "POST":
        _do(request, here)
        return back(request, "words", "", words)
    context = {"here": here, "words": words, "groups": _groups(request, here), "section": "settings", "tab": words}
    return render(request, "settings/words.html", context)


def _do(request: Request, here: Words) -> None:
    given = request.POST.dict()
    doing = given.get("do", "")
    if doing == "add":
        here.add(request.member, given)
    elif doing in here.does:
        here.does[doing](find(request, here.table, given.get("row", "")), request.member, given)
    else:
        raise Http404


def _groups(request: Request, here: Words) -> list[tuple[str, Any, list[Any]]]:
    """(key, heading, rows) a group; archived rows last."""
    rows = here.table.objects.visible_to(request.member)
    rows = rows.annotate(count=Count("members")).order_by("name") if here.table is Team else rows
    found = sorted(rows, key=lambda row: getattr(row, "is_archived", False))
    if not here.groups:
        return [("", "", found)]
    return [(key, title, [row for row in found if row.kind == key]) for key, title in here.groups.items()]
