"""Sending the mails that wait: claimed in one transaction, sent outside of it, marked in another, tried again later and later."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.notices import letters
from vunnet.notices.models import Mail
from vunnet.notices.rules import next_try
from vunnet.workspaces import walls
from vunnet.workspaces.actions import demand_administrator
from vunnet.workspaces.models import Member

AT_ONCE = 50
# A worker that is killed while it sends leaves its claim; another takes the mail up after this time.
CLAIMED_FOR = timedelta(minutes=10)

log = logging.getLogger(__name__)


def send_waiting(workspace_id: int) -> int:
    """Send what is due in a workspace; says how many went out. Opens its own scopes; nothing is sent where no mail is set up."""
    if not settings.MAIL_IS_SET:
        return 0
    sent = 0
    for number in _claim(workspace_id):
        sent += _send(workspace_id, number)
    return sent


def _claim(workspace_id: int) -> list[int]:
    now = timezone.now()
    with walls.scope(workspace_id=workspace_id):
        waiting = Mail.objects.filter(workspace_id=workspace_id, status=Mail.Status.WAITING, next_try_at__lte=now)
        numbers = list(
            waiting.select_for_update(skip_locked=True).order_by("next_try_at").values_list("pk", flat=True)[:AT_ONCE]
        )
        Mail.objects.filter(pk__in=numbers).update(next_try_at=now + CLAIMED_FOR)
    return numbers


def _send(workspace_id: int, number: int) -> bool:
    with walls.scope(workspace_id=workspace_id):
        rows: Any = Mail.objects.select_related("member__user", "member__workspace", "notice__by", "digest")
        mail = rows.get(pk=number)
        try:
            # A savepoint: whatever goes wrong with one mail is written down, and the others go on.
            with transaction.atomic():
                letter = letters.write(mail)
        except Exception as fault:
            log.exception("mail %s of workspace %s could not be written", number, workspace_id)
            _failed(mail, fault)
            return False
        if letter is None:
            _mark(mail, status=Mail.Status.DROPPED)
            return False
    try:
        get_connection(timeout=20).send_messages([letter])
    except (SMTPException, OSError, ValueError) as fault:
        with walls.scope(workspace_id=workspace_id):
            _failed(mail, fault)
        return False
    with walls.scope(workspace_id=workspace_id):
        _mark(mail, status=Mail.Status.SENT, sent_at=timezone.now(), tries=mail.tries + 1, error="")
    return True


def _mark(mail: Mail, **fields: Any) -> None:
    Mail.objects.filter(pk=mail.pk).update(**fields)


def _failed(mail: Mail, fault: Exception) -> None:
    """Tried again later; at once for good where the address is refused or the mail cannot be written."""
    tries, now = mail.tries + 1, timezone.now()
    is_hopeless = isinstance(fault, (SMTPRecipientsRefused, ValueError))
    again = None if is_hopeless else next_try(tries, now)
    log.warning(
        "mail %s of workspace %s was not sent (%s): %s", mail.pk, mail.workspace_id, type(fault).__name__, fault
    )
    status = Mail.Status.WAITING if again else Mail.Status.FAILED
    _mark(mail, status=status, tries=tries, next_try_at=again or now, error=f"{type(fault).__name__}: {fault}"[:500])


def try_again(by: Member) -> int:
    """Send all that failed once more, from the beginning of the waiting times. Owners and admins only."""
    demand_administrator(by)
    failed = Mail.objects.filter(workspace_id=by.workspace_id, status=Mail.Status.FAILED)
    count = failed.update(status=Mail.Status.WAITING, tries=0, next_try_at=timezone.now())
    if not count:
        raise RuleBroken(_("There is no mail that failed."))
    record(by, "mail.tried_again", by=by, count=count)
    return count
