"""A notice or digest as a mail: plain text and small HTML, in the language, time zone and formats of whoever gets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.mime.image import MIMEImage
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from vunnet.lib import rates
from vunnet.lib.formats import using
from vunnet.notices.models import Mail, Notice
from vunnet.notices.mornings import zone_of
from vunnet.notices.reading import read
from vunnet.notices.rules import one_line
from vunnet.workspaces.currencies import rates_of
from vunnet.workspaces.models import Member

SALT = "vunnet.notices.choices"
# A link in a mail outlives the mail, but not for ever.
LINK_LASTS = 366 * 24 * 3600


@contextmanager
def speaking_to(member: Member) -> Iterator[None]:
    """Words, times and numbers as this member reads them."""
    formats = member.user.formats(member.language) if member.user else None
    worth = rates.using(lambda: rates_of(member.workspace))
    with worth, translation.override(member.language), timezone.override(zone_of(member)):
        if formats is None:
            yield
            return
        with using(formats):
            yield


def token_of(member: Member) -> str:
    """Whoever holds it may choose what this member gets, and nothing else."""
    return signing.dumps([member.workspace_id, member.pk], salt=SALT)


def read_token(token: str) -> tuple[int, int] | None:
    """(workspace, member) of such a token; None for one that is old, changed or invented."""
    try:
        workspace, member = signing.loads(token, salt=SALT, max_age=LINK_LASTS)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    return int(workspace), int(member)


def choices_address(member: Member) -> str:
    return settings.PUBLIC_URL + reverse("mail_choices", args=[token_of(member)])


def write(mail: Mail) -> EmailMultiAlternatives | None:
    """The mail as it would be sent now; None where there is nothing left to tell, or nobody to tell it to."""
    member = mail.member
    if member.user is None or not (member.is_active and member.user.is_active):
        return None
    with speaking_to(member):
        if mail.notice:
            return _of_notice(mail.notice, member, mail)
        return _of_digest(mail, member)


def _of_notice(notice: Notice, member: Member, mail: Mail) -> EmailMultiAlternatives | None:
    found = read([notice], member)[0]
    if found.is_gone or found.is_hidden:
        return None
    address = settings.PUBLIC_URL + reverse("notice", args=[member.workspace.slug, notice.pk])
    subject = f"{found.said}: {found.name}" if found.name else found.said
    return letter(member, subject, "letters/notice", {"found": found, "address": address}, mail)


def _of_digest(mail: Mail, member: Member) -> EmailMultiAlternatives | None:
    from vunnet.notices.digest import digest_letter  # analysis is heavy: only who sends a digest loads it

    return digest_letter(mail, member)


def letter(
    member: Member,
    subject: str,
    template: str,
    context: dict[str, Any],
    mail: Mail,
    pictures: dict[str, bytes] | None = None,
) -> EmailMultiAlternatives:
    """Both bodies from `template`.txt and .html. Pictures are inside the mail, by their content ids: nothing is fetched from anywhere."""
    choices = choices_address(member)
    context = {
        **context,
        "member": member,
        "workspace": member.workspace,
        "choices": choices,
        "subject": one_line(subject),
    }
    made = EmailMultiAlternatives(
        one_line(subject),
        render_to_string(f"{template}.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [member.user.email if member.user else ""],
        headers={
            "Message-ID": f"<vunnet-{mail.workspace_id}-{mail.pk}@{settings.MAIL_DOMAIN}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{choices}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    made.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    made.mixed_subtype = "related"  # type: ignore[attr-defined]  # Django reads it; its stubs do not know it
    for name, png in (pictures or {}).items():
        image = MIMEImage(png, "png")
        image.add_header("Content-ID", f"<{name}>")
        image.add_header("Content-Disposition", "inline", filename=f"{name}.png")
        made.attach(image)
    return made
