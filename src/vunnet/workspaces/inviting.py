"""How people come to a place in a workspace: invited, or as who brings an archive. Never: what they may do there. With actions.py the only writer of its tables."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_administrator, hash_token, key_of
from vunnet.workspaces.models import Invitation, Member, Role, User, Workspace

INVITATION_LASTS = timedelta(days=14)


def invite(
    by: Member, *, email: str, role: str, seat: Member | None = None, at: datetime | None = None
) -> tuple[Invitation, str]:
    """Offer someone a place; returns the invitation and the secret of its link, which is not kept.

    `seat` is who they are here already, by name, from an import or an archive: deals, steps and shares of that member become theirs.
    Refuses who is a member already, a role above one's own, a seat that somebody has or another open invitation holds, and any seat for
    who was a member before: they come back to their own place.
    """
    demand_administrator(by)
    email = email.strip().lower()
    if role not in Role.values or (role == Role.OWNER and by.role != Role.OWNER):
        raise RuleBroken(_("Only an owner can invite an owner."), "role")
    if Member.objects.filter(user__email=email, is_active=True).exists():
        raise RuleBroken(_("%(email)s is a member already.") % {"email": email}, "email")
    if seat:
        _demand_free(seat, email)
    Invitation.objects.filter(email=email, accepted_at__isnull=True).delete()
    token, now = secrets.token_urlsafe(24), at or timezone.now()
    invitation = Invitation.objects.create(
        workspace_id=by.workspace_id,
        email=email,
        role=role,
        seat=seat,
        token_hash=hash_token(token),
        invited_by=by,
        created_at=now,
        expires_at=now + INVITATION_LASTS,
    )
    record(invitation, "member.invited", by=by, email=email, role=role, **({"seat": seat.name} if seat else {}))
    return invitation, token


def _demand_free(seat: Member, email: str) -> None:
    if seat.user_id:
        raise RuleBroken(_("%(name)s has signed in already.") % {"name": seat.name}, "seat")
    other = Invitation.objects.open().filter(seat=seat).exclude(email=email).first()
    if other:
        raise RuleBroken(
            _("%(name)s is kept for %(email)s, who is invited. Withdraw that invitation first.")
            % {"name": seat.name, "email": other.email},
            "seat",
        )
    former = Member.objects.filter(user__email=email).first()
    if former:
        raise RuleBroken(
            _(
                "%(email)s was a member before and comes back as %(name)s, with what was theirs. Choose “Nobody yet”, and give them the deals of %(seat)s afterwards, in the list of deals."
            )
            % {"email": email, "name": former.name, "seat": seat.name},
            "seat",
        )


def withdraw_invitation(invitation: Invitation, *, by: Member) -> None:
    """Take an offer back: its link leads nowhere, and the place it held is free. Refuses one that was accepted."""
    demand_administrator(by)
    if invitation.accepted_at:
        raise RuleBroken(_("%(email)s is a member already.") % {"email": invitation.email})
    record(invitation, "member.uninvited", by=by, email=invitation.email)
    invitation.delete()


def find_invitation(token: str) -> Invitation | None:
    """The open invitation of a secret, within the present scope."""
    return Invitation.objects.open().filter(token_hash=hash_token(token)).first()


def accept_invitation(token: str, *, user: User) -> Member:
    """An invited person takes their place: the one they had, the one the invitation holds, the one known by their address, or a new one.

    Another address is refused.
    """
    invitation = find_invitation(token)
    if invitation is None or invitation.email != user.email:
        raise RuleBroken(_("This invitation is not valid for you any more. Ask for a new one."))
    member = (
        Member.objects.filter(workspace_id=invitation.workspace_id, user=user).first()
        or Member.objects.select_for_update().filter(pk=invitation.seat_id or 0, user__isnull=True).first()
        or _place_kept_for(user.email)
        or Member(workspace_id=invitation.workspace_id, imported_as=key_of(user.name, invitation.workspace_id))
    )
    member.user, member.email, member.role, member.is_active = user, user.email, invitation.role, True
    member.name = user.name or user.email
    member.save()
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    record(member, "member.joined", by=member, role=member.role)
    return member


def take_over_ownership(room: Workspace, owner: User) -> Member:
    """Make a person owner of a workspace from an archive, in its scope: in the place kept for their address, else in a new one."""
    member = _place_kept_for(owner.email) or Member(workspace=room, imported_as=key_of(owner.name, room.pk))
    member.user, member.email, member.role, member.is_active = owner, owner.email, Role.OWNER, True
    member.name = member.name or owner.name or owner.email
    member.save()
    record(member, "workspace.restored", by=member)
    return member


def _place_kept_for(email: str) -> Member | None:
    """Who came in with an import or an archive under this address, has not signed in yet, and is not kept for somebody else."""
    held = Invitation.objects.open().filter(seat__isnull=False).exclude(email=email).values("seat")
    same = Member.objects.filter(Q(email__iexact=email) | Q(imported_as__iexact=email), user__isnull=True)
    same = same.exclude(pk__in=held)
    return same.order_by("-is_active", "pk").first() if email else None
