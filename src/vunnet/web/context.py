"""What every page's frame shows."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest

from vunnet.lib.formats import present
from vunnet.notices.reading import unread_count
from vunnet.web.today.agenda import due_count
from vunnet.workspaces.models import Member


def shell(request: HttpRequest) -> dict[str, Any]:
    """The member, their workspace, the other workspaces they may go to, and how much is due."""
    member = getattr(request, "member", None)
    if member is None:
        return {}
    return {
        "member": member,
        "workspace": member.workspace,
        "others": lambda: _others(member),
        "due_count": lambda: due_count(member),
        "unread_count": cache(lambda: unread_count(member)),
        "formats": present(),
    }


def _others(member: Member) -> list[Member]:
    places = Member.objects.filter(user=member.user, is_active=True).exclude(pk=member.pk)
    return list(places.select_related("workspace").order_by("workspace__name"))
