"""What people do with workspaces: found one, change roles, place members, define fields. The only writer of this room's tables, with those beside it that say so."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any
from zoneinfo import available_timezones

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import walls
from vunnet.workspaces.models import FieldDefinition, Member, Role, Sees, SetupLink, Team, User, Workspace
from vunnet.workspaces.rules import read_custom, slug_of


def hash_token(token: str) -> str:
    """What is kept of a secret link."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_setup_link(*, sample_workspace: int | None = None) -> str | None:
    """A fresh one-time secret for the first owner; None once the installation has been set up, for ever.

    An unused older secret stops working: only the one printed last opens the door.
    """
    if SetupLink.objects.filter(used_at__isnull=False).exists():
        return None
    kept = SetupLink.objects.order_by("-id").values_list("sample_workspace", flat=True).first()
    SetupLink.objects.all().delete()
    token = secrets.token_urlsafe(24)
    SetupLink.objects.create(
        token_hash=hash_token(token), created_at=timezone.now(), sample_workspace=sample_workspace or kept
    )
    return token


def find_setup_link(token: str) -> SetupLink | None:
    """The unused set-up link of a secret."""
    return SetupLink.objects.filter(token_hash=hash_token(token), used_at__isnull=True).first()


def use_setup_link(
    token: str,
    *,
    email: str,
    name: str,
    password: str,
    workspace: str,
    time_zone: str,
    language: str,
    currency: str,
    seat: int | None = None,
) -> tuple[User, Workspace]:
    """The first person of a fresh installation founds their workspace and may look around in the sample one.

    There they sit in the chair of the seller with the number `seat`, so that the day's work, "mine" and "my team" have something to show.
    Refuses a link that was used or replaced.
    """
    link = SetupLink.objects.select_for_update().filter(token_hash=hash_token(token), used_at__isnull=True).first()
    if link is None:
        raise RuleBroken(_("This set-up link was used already. Ask the owner for an invitation."))
    user = User.objects.create_user(email, password, name=name, language=language)
    room = found_workspace(workspace, owner=user, time_zone=time_zone, language=language, currency=currency)
    if link.sample_workspace:
        with walls.scope(workspace_id=link.sample_workspace, user_id=user.pk):
            guest = Member.objects.filter(pk=seat or 0, user__isnull=True).first() or Member(
                workspace_id=link.sample_workspace, imported_as=key_of(name, link.sample_workspace)
            )
            guest.user, guest.role = user, Role.OWNER
            guest.name, guest.email = name, user.email
            guest.save()
            record(guest, "member.joined", by=guest)
    link.used_at = timezone.now()
    link.save(update_fields=["used_at"])
    return user, room


def found_workspace(
    name: str,
    *,
    owner: User | None,
    time_zone: str,
    language: str = "en",
    currency: str = "EUR",
    is_sample: bool = False,
) -> Workspace:
    """A new workspace with its owner. Refuses a time zone, language or currency that does not exist."""
    _check_settings(name, time_zone, language, currency)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('workspaces_workspace', 'id'))")
        pk = cursor.fetchone()[0]
    # The number is taken first: the wall lets a row in only when the scope is its own.
    with walls.scope(workspace_id=pk, user_id=owner.pk if owner else None):
        room = Workspace.objects.create(
            pk=pk,
            name=name.strip(),
            slug=f"{slug_of(name)}-{pk}",
            time_zone=time_zone,
            language=language,
            base_currency=currency,
            is_sample=is_sample,
        )
        if owner:
            name = owner.name or owner.email
            first = Member.objects.create(
                workspace=room, user=owner, name=name, imported_as=key_of(name, pk), email=owner.email, role=Role.OWNER
            )
            record(first, "workspace.founded", by=first)
    return room


def key_of(name: str, workspace_id: int) -> str:
    """What imports call who comes new to a workspace: by their name, or by none where somebody here goes by it already.

    By no name that looks like an address either: it could be another's, and their own is known.
    """
    here = Member.objects.filter(workspace_id=workspace_id)
    return "" if "@" in name or here.called(name).exists() else name


def _check_settings(name: str, time_zone: str, language: str, currency: str) -> None:
    if not name.strip():
        raise RuleBroken(_("Give the workspace a name."), "workspace")
    if time_zone not in available_timezones():
        raise RuleBroken(_("%(zone)s is not a time zone.") % {"zone": time_zone}, "time_zone")
    if language not in ("en", "nb"):
        raise RuleBroken(_("Vunnet speaks English and Norwegian Bokmål."), "language")
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise RuleBroken(_("A currency is three capital letters, such as NOK or EUR."), "currency")


def change_workspace(
    room: Workspace, *, by: Member, name: str, time_zone: str, language: str, currency: str
) -> Workspace:
    """Change what the workspace is called and how it counts days and money. Owners and admins only."""
    demand_administrator(by)
    _check_settings(name, time_zone, language, currency)
    before = (room.name, room.time_zone, room.language, room.base_currency)
    room.name, room.time_zone, room.language, room.base_currency = name.strip(), time_zone, language, currency
    room.save(update_fields=["name", "time_zone", "language", "base_currency"])
    record(by, "workspace.changed", by=by, settings=(list(before), [name, time_zone, language, currency]))
    return room


def demand_administrator(by: Member) -> None:
    if not by.may_administer:
        raise RuleBroken(_("Only owners and admins can do this. Ask one of them."))


def demand_writer(by: Member | None) -> None:
    """`None` is the system itself (an import, the sample)."""
    if by is not None and not by.may_write:
        raise RuleBroken(_("You can look around here, but not change anything. Ask an admin for another role."))


def change_role(member: Member, role: str, *, by: Member) -> Member:
    """Give a member another role. The last owner keeps theirs."""
    demand_administrator(by)
    if Role.OWNER in (role, member.role) and by.role != Role.OWNER:
        raise RuleBroken(_("Only an owner can make or unmake an owner."), "role")
    if role not in Role.values:
        raise RuleBroken(_("There is no role called %(role)s.") % {"role": role}, "role")
    _keep_an_owner(member, leaves=role != Role.OWNER)
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    record(member, "member.role_changed", by=by, role=(before, role))
    return member


def place(member: Member, *, by: Member, team: Team | None, sees: str) -> Member:
    """Say which team a member is in, and whose deals, companies and people they see."""
    demand_administrator(by)
    if sees not in Sees.values:
        raise RuleBroken(_("There is nothing called %(sees)s to see.") % {"sees": sees}, "sees")
    before = (member.team_id, member.sees)
    member.team, member.sees = team, sees
    member.save(update_fields=["team", "sees"])
    record(member, "member.placed", by=by, team=(before[0], member.team_id), sees=(before[1], sees))
    return member


def hide_beginnings(member: Member) -> None:
    """Who administers has seen enough of the first hour's steps; nobody else is shown them."""
    demand_administrator(member)
    member.knows_the_way = True
    member.save(update_fields=["knows_the_way"])
    record(member, "member.knows_the_way", by=member)


def demand_own_name(rows: QuerySet[Any], name: str, besides: Any = None) -> str:
    """The name without blanks around it. Refuses an empty one, and one that another of these rows has, in any case of letters."""
    name = " ".join(name.split())
    if not name:
        raise RuleBroken(_("Give it a name."), "name")
    if rows.filter(name__iexact=name).exclude(pk=besides and besides.pk).exists():
        raise RuleBroken(_("There is a “%(name)s” already. Choose another name.") % {"name": name}, "name")
    return name


def name_team(by: Member, name: str, team: Team | None = None) -> Team:
    """Make a team, or give one another name. Refuses a name that another team has."""
    demand_administrator(by)
    name = demand_own_name(Team.objects.all(), name, team)
    if team is None:
        made = Team.objects.create(workspace_id=by.workspace_id, name=name)
        record(made, "team.made", by=by, name=name)
        return made
    before, team.name = team.name, name
    team.save(update_fields=["name"])
    record(team, "team.renamed", by=by, name=(before, name))
    return team


def dissolve_team(team: Team, *, by: Member) -> None:
    """A team is no more; its members stay, in none."""
    demand_administrator(by)
    left = list(Member.objects.filter(team=team).values_list("pk", flat=True))
    Member.objects.filter(team=team).update(team=None)
    record(team, "team.dissolved", by=by, name=team.name, members=left)
    team.delete()


def deactivate(member: Member, *, by: Member) -> Member:
    """Close a member's door; what they did stays. The last owner cannot go."""
    demand_administrator(by)
    if member.role == Role.OWNER and by.role != Role.OWNER:
        raise RuleBroken(_("Only an owner can make or unmake an owner."))
    _keep_an_owner(member, leaves=True)
    member.is_active = False
    member.save(update_fields=["is_active"])
    record(member, "member.deactivated", by=by)
    return member


def _keep_an_owner(member: Member, *, leaves: bool) -> None:
    # Locked, so that two owners cannot unmake each other at the same moment.
    owners = list(Member.objects.select_for_update().filter(role=Role.OWNER, is_active=True, user__isnull=False))
    if leaves and [o.pk for o in owners] == [member.pk]:
        raise RuleBroken(_("A workspace needs an owner. Make someone else owner first."), "role")


def define_field(by: Member, *, table: str, label: str, kind: str, choices: list[str] | None = None) -> FieldDefinition:
    """Add a custom field. Its key is made from the label and never changes; the label may."""
    demand_administrator(by)
    if table not in FieldDefinition.Table.values or kind not in FieldDefinition.Kind.values:
        raise RuleBroken(_("There is no field of this kind."), "kind")
    options = [choice.strip() for choice in choices or [] if choice.strip()]
    if kind == FieldDefinition.Kind.CHOICE and not options:
        raise RuleBroken(_("A choice needs at least one answer to choose."), "choices")
    key = slug_of(label).replace("-", "_")
    if not label.strip() or FieldDefinition.objects.filter(table=table, key=key).exists():
        raise RuleBroken(_("A field needs a name of its own."), "label")
    field = FieldDefinition.objects.create(
        workspace_id=by.workspace_id, table=table, key=key, label=label.strip(), kind=kind, choices=options
    )
    record(field, "field.defined", by=by, label=label, kind=kind)
    return field


def change_field(
    field: FieldDefinition, *, by: Member, label: str, choices: list[str] | None = None
) -> FieldDefinition:
    """Rename a custom field, or give a choice other answers. Values kept under an answer that is gone stay readable."""
    demand_administrator(by)
    label = " ".join(label.split())
    options = [choice.strip() for choice in choices or [] if choice.strip()]
    if not label:
        raise RuleBroken(_("A field needs a name of its own."), "label")
    if field.kind == FieldDefinition.Kind.CHOICE and not options:
        raise RuleBroken(_("A choice needs at least one answer to choose."), "choices")
    before = (field.label, field.choices)
    field.label = label
    field.choices = options if field.kind == FieldDefinition.Kind.CHOICE else []
    field.save(update_fields=["label", "choices"])
    record(field, "field.changed", by=by, label=(before[0], label), choices=(before[1], field.choices))
    return field


def archive_field(field: FieldDefinition, *, by: Member, is_archived: bool = True) -> None:
    """Take a custom field out of forms and lists, or back into them; what was written in it stays."""
    demand_administrator(by)
    field.is_archived = is_archived
    field.save(update_fields=["is_archived"])
    record(field, "field.archived" if is_archived else "field.restored", by=by)


def move_field(field: FieldDefinition, *, by: Member, steps: int) -> None:
    """Move a custom field up (−1) or down (+1) among those of its table."""
    demand_administrator(by)
    move_among(list(FieldDefinition.objects.filter(table=field.table, is_archived=False)), field, steps)
    record(field, "field.moved", by=by)


def move_among(order: list[Any], row: Any, steps: int) -> None:
    """Move a row within its order and number all of them anew; beyond either end nothing happens."""
    here = next((n for n, one in enumerate(order) if one.pk == row.pk), None)
    if here is not None and 0 <= here + steps < len(order):
        order.insert(here + steps, order.pop(here))
    for position, one in enumerate(order):
        if one.position != position:
            one.position = position
            one.save(update_fields=["position"])


def read_custom_values(table: str, raw: dict[str, object], before: dict[str, object]) -> dict[str, object]:
    """A row's custom values after a change: typed and validated, unknown keys refused, empty ones left out."""
    fields = {field.key: field for field in FieldDefinition.objects.filter(table=table)}
    values = dict(before)
    for key, value in raw.items():
        field = fields.get(key)
        if field is None or field.is_archived:
            raise RuleBroken(_("There is no field called %(key)s.") % {"key": key}, key)
        typed = read_custom(field.kind, field.label, field.choices, value)
        values.pop(key, None)
        if typed is not None:
            values[key] = typed
    return values
