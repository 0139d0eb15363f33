"""What one hears of: the page of notices, opening one, and for admins how the mails go."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vunnet.activities.models import Activity
from vunnet.notices.actions import mark_all_read, mark_read, mark_unread
from vunnet.notices.digest import week_before, week_of
from vunnet.notices.mailing import try_again
from vunnet.notices.models import Mail, Notice
from vunnet.notices.reading import Read, read
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request, find
from vunnet.web.errors import says_why

SHOWN = 50
FAILED_SHOWN = 20
ICONS = {"mentioned": "user", "assigned": "briefcase", "due": "clock", "moved": "columns-3", "finished": "check"}


@require_http_methods(["GET", "POST"])
@says_why
def notices(request: Request) -> HttpResponse:
    """The newest, by day; POST marks all as read."""
    if request.method == "POST":
        mark_all_read(request.member)
        return redirect(request.path)
    rows = Notice.objects.visible_to(request.member).select_related("by")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        last = rows.filter(pk=int(before)).first()
        rows = rows.filter(at__lte=last.at).exclude(pk__gte=last.pk) if last else rows
    found = list(rows[: SHOWN + 1])
    told = read(found[:SHOWN], request.member)
    days = [(day, list(group)) for day, group in groupby(told, key=lambda one: timezone.localtime(one.at).date())]
    context = {
        "days": days,
        "icons": ICONS,
        "earlier": found[SHOWN - 1].pk if len(found) > SHOWN else "",
        "section": "notices",
    }
    return render(request, "notices/notices.html", context)


@require_GET
@says_why
def notice(request: Request, notice_id: int) -> HttpResponse:
    """To what a notice is about; from then on it is read."""
    row = find(request, Notice, notice_id)
    mark_read(row, by=request.member)
    return redirect(_address(request, read([row], request.member)[0]))


def _address(request: Request, told: Read) -> str:
    slug, row = request.member.workspace.slug, told.row
    if told.notice.kind == "due":
        return address_of("today", slug)
    if told.notice.table == "lists_bulkchange":
        return address_of("bulk", slug, told.notice.row_id)
    if told.notice.table == "imports_import":
        return address_of("import", slug, told.notice.row_id)
    if told.notice.kind == "assigned" and told.notice.count > 1:
        table = "activities" if told.notice.table == "activities_activity" else "deals"
        return address_of(table, slug) + ("?owner=me" if table == "deals" else "?member=me")
    if isinstance(row, Activity):
        return _of_activity(slug, row)
    return address_of("deal", slug, row.pk) if row else address_of("notices", slug)


def _of_activity(slug: str, row: Activity) -> str:
    for table in ("deal", "company", "person"):
        if pk := getattr(row, f"{table}_id"):
            return address_of(table, slug, pk)
    return address_of("entry", slug, row.pk)


@require_POST
@says_why
def read_or_not(request: Request, notice_id: int) -> HttpResponse:
    """Mark one as read, or as unread again."""
    row = find(request, Notice, notice_id)
    (mark_unread if row.read_at else mark_read)(row, by=request.member)
    return redirect("notices", request.member.workspace.slug)


@require_GET
@says_why
def digest(request: Request) -> HttpResponse:
    """One's own last week, as the mail of Monday morning tells it."""
    week = week_of(request.member, week_before(request.member, timezone.now()))
    drawn = [
        # Our own drawing, escaped by the XML writer that made it.
        (one, mark_safe(one.figure.wide), mark_safe(one.figure.phone)) if one.figure else (one, "", "")  # noqa: S308
        for one in week.pictures
    ]
    return render(request, "notices/digest.html", {"week": week, "pictures": drawn, "section": "me"})


@require_http_methods(["GET", "POST"])
@says_why
def mail(request: Request) -> HttpResponse:
    """Whether mail is set up, what waits, what failed and why; POST tries the failed ones again. For owners and admins."""
    if not request.member.may_administer:
        raise Http404
    if request.method == "POST":
        count = try_again(request.member)
        messages.success(request, _("%(n)s mails are tried again.") % {"n": count})
        return redirect(request.path)
    rows = Mail.objects.visible_to(request.member)
    numbers = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    context: dict[str, Any] = {
        "section": "settings",
        "tab": "mail",
        "is_set": settings.MAIL_IS_SET,
        "by_smtp": settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"),
        "server": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        "sender": settings.DEFAULT_FROM_EMAIL,
        "counts": [(words, numbers.get(status, 0)) for status, words in Mail.Status.choices],
        "troubled": rows.exclude(error="").exclude(status="sent").select_related("member", "notice")[:FAILED_SHOWN],
        "failed": numbers.get("failed", 0),
    }
    return render(request, "settings/mail.html", context)
