"""What is done with notices: give one, read it, choose what one gets, forget old ones. With mailing.py the only writer of this room's tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.notices.models import Choice, Mail, Notice
from vunnet.notices.rules import USUAL
from vunnet.workspaces.models import Member

READ_KEPT, KEPT = timedelta(days=30), timedelta(days=90)
MAIL_KEPT = timedelta(days=30)
# A change of many rows is done in pieces; its mail waits until the count is whole.
SETTLES = timedelta(minutes=2)


def chosen(member: Member) -> dict[str, tuple[bool, bool]]:
    """Each kind: in the app, by mail."""
    own = Choice.objects.filter(member=member).values_list("kind", "in_app", "by_mail")
    return {**USUAL, **{kind: (in_app, by_mail) for kind, in_app, by_mail in own}}


def choose(member: Member, wanted: Mapping[str, tuple[bool, bool]]) -> None:
    """Say where one hears of each kind: in the app, by mail, both or neither."""
    if unknown := set(wanted) - set(USUAL):
        raise RuleBroken(_("There is no notice called %(kinds)s.") % {"kinds": ", ".join(sorted(unknown))})
    before = chosen(member)
    for kind, (in_app, by_mail) in wanted.items():
        Choice.objects.update_or_create(
            workspace_id=member.workspace_id, member=member, kind=kind, defaults={"in_app": in_app, "by_mail": by_mail}
        )
    record(member, "member.notices_chosen", by=member, choices=(before, {**before, **wanted}))


def give(
    member: Member,
    kind: str,
    event: str,
    *,
    verb: str,
    at: datetime,
    by: Member | None = None,
    table: str = "",
    row_id: int | None = None,
    count: int = 1,
    facts: Mapping[str, Any] | None = None,
) -> Notice | None:
    """Tell a member of something, as they chose. The same event a second time adds to the count and is not told again."""
    in_app, by_mail = chosen(member)[kind]
    if not (in_app or by_mail):
        return None
    notice, is_new = Notice.objects.get_or_create(
        workspace_id=member.workspace_id, member=member, kind=kind, event=event,
        defaults={
            "by": by, "verb": verb, "table": table, "row_id": row_id, "count": count, "facts": dict(facts or {}), "in_app": in_app, "at": at,
        },
    )  # fmt: skip
    if not is_new:
        Notice.objects.filter(pk=notice.pk).update(count=F("count") + count)
    elif by_mail and settings.MAIL_IS_SET:
        now = timezone.now()
        Mail.objects.create(
            workspace_id=member.workspace_id, member=member, notice=notice, created_at=now, next_try_at=now + SETTLES
        )
    return notice


def mark_read(notice: Notice, *, by: Member) -> None:
    """It was read. Another's cannot be marked."""
    Notice.objects.visible_to(by).unread().filter(pk=notice.pk).update(read_at=timezone.now())


def mark_unread(notice: Notice, *, by: Member) -> None:
    """To be read later."""
    Notice.objects.visible_to(by).filter(pk=notice.pk).update(read_at=None)


def mark_all_read(by: Member) -> int:
    """All of one's own were read; says how many were not."""
    count: int = Notice.objects.visible_to(by).unread().update(read_at=timezone.now())
    return count


def forget_old() -> None:
    """Read ones are kept for 30 days, unread ones for 90, mails for 30; within the present scope."""
    now = timezone.now()
    Mail.objects.exclude(status=Mail.Status.WAITING).filter(created_at__lt=now - MAIL_KEPT).delete()
    Notice.objects.filter(Q(read_at__lt=now - READ_KEPT) | Q(at__lt=now - KEPT)).delete()
