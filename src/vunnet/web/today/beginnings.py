"""The first hour's five steps: each ticks itself when it is done, and the list goes when all are, or when its owner has seen enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vunnet.activities.models import Activity
from vunnet.deals.models import Deal, Kind, StageChange
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request
from vunnet.web.errors import says_why
from vunnet.workspaces.actions import hide_beginnings
from vunnet.workspaces.models import Invitation, Member


@dataclass(frozen=True)
class Beginning:
    """One step: what to do, why, where, and whether it was done."""

    words: str
    why: str
    button: str
    address: str
    is_done: bool


def beginnings(member: Member) -> list[Beginning]:
    """The five steps for whoever administers a workspace of their own; none once they are done or hidden."""
    if not member.may_administer or member.workspace.is_sample or member.knows_the_way:
        return []
    steps = list(_steps(member))
    return steps if not all(step.is_done for step in steps) else []


def _steps(member: Member) -> Iterator[Beginning]:
    slug = member.workspace.slug

    def at(page: str) -> str:
        return address_of(page, slug)

    def there(rows: Any) -> bool:
        return bool(rows.exists())

    deals, changes = Deal.objects.visible_to(member), StageChange.objects.visible_to(member)
    colleagues = Member.objects.visible_to(member).filter(user__isnull=False).exclude(pk=member.pk)
    yield Beginning(
        _("Bring in your deals"),
        _("From Excel, CSV or another CRM. Or begin with one."),
        _("Import"),
        at("imports"),
        there(deals),
    )
    yield Beginning(
        _("Plan a next step"),
        _("Open a deal and say what comes next; it then stands here on its day."),
        _("To the deals"),
        at("board"),
        there(Activity.objects.visible_to(member).filter(due_at__isnull=False)),
    )
    yield Beginning(
        _("Move a deal along"),
        _("Drag it on the board. Every move is kept: it is what the numbers are made of."),
        _("To the board"),
        at("board"),
        there(changes.filter(link__gt=1)),
    )
    yield Beginning(
        _("Invite a colleague"),
        _("A link is all it takes; no mail server is needed."),
        _("Invite"),
        at("members"),
        there(colleagues) or there(Invitation.objects.visible_to(member)),
    )
    yield Beginning(
        _("Win a deal, and see what wins teach"),
        _("The won deal is the last room of the pipeline, not a door out of it."),
        _("Closed won"),
        at("insight"),
        there(deals.filter(stage__kind=Kind.WON)),
    )


@require_POST
@says_why
def hide(request: Request) -> HttpResponse:
    """Enough of the steps."""
    hide_beginnings(request.member)
    return redirect("today", request.member.workspace.slug)
