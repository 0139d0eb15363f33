"""Who works where: workspaces, users, members, teams, invitations, custom fields."""

from __future__ import annotations

from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vunnet.lib.formats import Formats
from vunnet.workspaces.rules import initials


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with a hashed password; without one, signing in is not possible until it is reset."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """One person who can sign in. Global: the same person may be a member of several workspaces."""

    email = models.EmailField(unique=True)
    name = models.TextField(blank=True)
    language = models.CharField(max_length=5, blank=True, help_text="Empty: the workspace's.")
    time_zone = models.TextField(blank=True, help_text="Empty: the workspace's.")
    number_format = models.CharField(
        max_length=12, blank=True, help_text="A name of lib/formats.py; empty: as the language does."
    )
    day_format = models.CharField(max_length=12, blank=True)
    first_day = models.CharField(max_length=8, blank=True)
    currency_format = models.CharField(max_length=4, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email

    def formats(self, language: str) -> Formats:
        """How this person reads numbers, money and days, in the language they are answered in."""
        return Formats(language, self.number_format, self.day_format, self.first_day, self.currency_format)


class Workspace(models.Model):
    """One sales organisation's own rooms. Nothing in it can be seen from another."""

    name = models.TextField()
    slug = models.SlugField(unique=True, max_length=60)
    time_zone = models.TextField(default="UTC")
    language = models.CharField(max_length=5, default="en")
    base_currency = models.CharField(max_length=3, default="EUR")
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Tenant(models.Model):
    """A row that belongs to one workspace, behind that workspace's wall (see walls.py)."""

    # No index of its own: every index begins with the workspace, since row-level security asks for it in every query, and one
    # on the workspace alone tempts the planner to read all of it.
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True


class TenantQuerySet(models.QuerySet[Any]):
    """Reads begin with who is asking."""

    def visible_to(self, member: Member) -> Any:
        """The rows of the member's workspace that they may see. The database's own wall stands behind this one."""
        rows = self.filter(workspace_id=member.workspace_id)
        return rows if member.sees_all else rows.filter(self.seen_by(member.circle()))

    def seen_by(self, circle: models.QuerySet[Member]) -> Q:
        """Which rows members see who see only their circle's. Rows that nobody owns, such as stages, are everybody's."""
        return Q()


class DeletableQuerySet(TenantQuerySet):
    """Rows that are deleted first and gone thirty days later."""

    def visible_to(self, member: Member) -> Any:
        """What the member may see, without what was deleted."""
        return self.reachable_by(member).present()

    def deleted_visible_to(self, member: Member) -> Any:
        """What was deleted of the rows the member may see."""
        return self.reachable_by(member).filter(deleted_at__isnull=False)

    def reachable_by(self, member: Member) -> Any:
        """The member's rows, deleted or not."""
        return super().visible_to(member)

    def present(self) -> Any:
        return self.filter(deleted_at__isnull=True)


class Deletable(Tenant):
    """A row that can be deleted and brought back; it is hidden from then on and purged after thirty days (see deletion.py)."""

    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(
        "workspaces.Member", models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        abstract = True


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MANAGER = "manager", _("Manager")
    REP = "rep", _("Sales rep")
    VIEWER = "viewer", _("Viewer")


class Sees(models.TextChoices):
    """Whose deals, companies and people a member sees. What nobody owns is everybody's."""

    ALL = "all", _("Everyone's")
    TEAM = "team", _("Their team's")
    OWN = "own", _("Their own")


class Team(Tenant):
    """A group of sellers."""

    name = models.TextField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="team_name_once")]

    def __str__(self) -> str:
        return self.name


class MemberQuerySet(TenantQuerySet):
    def called(self, name: str) -> Self:
        """Who goes by a name, in any case of letters: bears it, is called so by imports, or has it as their address."""
        asked = Lower(Value(name))
        return self.filter(
            Exact(Lower("name"), asked) | Exact(Lower("imported_as"), asked) | Exact(Lower("email"), asked)
        )


class Member(Tenant):
    """A person's place in a workspace. Without `user`: a seller known by name from an import, who cannot sign in."""

    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="members")
    name = models.TextField()
    # Set when the place is made and never by a new name: who takes another's name would be given their deals.
    imported_as = models.TextField(blank=True, help_text="What imported files call them; empty: by no name.")
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.REP)
    sees = models.CharField(max_length=4, choices=Sees.choices, default=Sees.ALL)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="members", db_constraint=False)
    is_active = models.BooleanField(default=True)
    knows_the_way = models.BooleanField(default=False, help_text="Hid the first hour's steps.")
    source = models.TextField(blank=True)
    external_id = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="member_once", condition=Q(user__isnull=False)),
            models.UniqueConstraint(
                "workspace", Lower("imported_as"), name="member_imported_once", condition=~Q(imported_as="")
            ),
            models.CheckConstraint(name="member_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(name="member_sees_known", condition=Q(sees__in=Sees.values)),
        ]
        indexes = [models.Index(fields=["user"], name="member_by_user")]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        return initials(self.name)

    @property
    def language(self) -> str:
        """The language they are answered in: their own, else the workspace's."""
        return (self.user and self.user.language) or self.workspace.language

    @property
    def zone(self) -> ZoneInfo:
        """Where their days begin: their own time zone, else the workspace's."""
        return ZoneInfo((self.user and self.user.time_zone) or self.workspace.time_zone)

    @property
    def may_write(self) -> bool:
        """Everyone but viewers changes deals, people and companies."""
        return self.is_active and self.role != Role.VIEWER

    @property
    def may_administer(self) -> bool:
        """Owners and admins invite people, import files and change the workspace."""
        return self.is_active and self.role in (Role.OWNER, Role.ADMIN)

    @property
    def sees_all(self) -> bool:
        """Who administers sees everything, whatever is set."""
        return self.sees == Sees.ALL or self.role in (Role.OWNER, Role.ADMIN)

    def circle(self) -> models.QuerySet[Member]:
        """The members whose rows this one sees where that is not everyone's: their team's, or only themself."""
        if self.sees == Sees.TEAM and self.team_id is not None:
            return Member.objects.filter(team_id=self.team_id)
        return Member.objects.filter(pk=self.pk)


class InvitationQuerySet(TenantQuerySet):
    def open(self) -> Self:
        """Those that still let somebody in."""
        return self.filter(accepted_at__isnull=True, expires_at__gt=timezone.now())


class Invitation(Tenant):
    """An offer to join, sent to one address. The link's secret is kept hashed."""

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.REP)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Member, models.PROTECT, related_name="+", db_constraint=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    # Who they are here already: the member without a user whose place is kept for them while the offer is open.
    seat = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_constraint=False)
    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.email

    @property
    def has_run_out(self) -> bool:
        """Its link lets nobody in any more, and no place is kept for it."""
        return self.expires_at <= timezone.now()


class SetupLink(models.Model):
    """The one-time link of a fresh installation. Whoever opens it founds the first own workspace; then it is closed for ever."""

    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    # The sample workspace the founder may look around in; not a reference, since no scope is open when it is read.
    sample_workspace = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"made {self.created_at}"


class FieldDefinition(Tenant):
    """A custom field: what a workspace wants to know beyond the fields everyone has. Values live in a row's `custom`."""

    class Table(models.TextChoices):
        DEAL = "deal", _("Deals")
        COMPANY = "company", _("Companies")
        PERSON = "person", _("People")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        YES_NO = "yes_no", _("Yes or no")

    table = models.CharField(max_length=10, choices=Table.choices)
    key = models.SlugField(max_length=60)
    label = models.TextField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    choices = models.JSONField(default=list, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "table", "key"], name="field_key_once")]

    def __str__(self) -> str:
        return self.label


class Tag(Tenant):
    """A word that a workspace puts on deals, companies and people to find them again."""

    name = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), "workspace", name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


class ExchangeRate(Tenant):
    """What one of a currency is worth in another, the workspace's own, from a day on."""

    currency = models.CharField(max_length=3)
    base = models.CharField(max_length=3)
    on = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=10)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["currency", "-on"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "base", "currency", "on"], name="rate_once_a_day"),
            models.CheckConstraint(name="rate_is_positive", condition=Q(rate__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.on}"


class Tagged(Tenant):
    """One tag on one row. The row and the tag are referred to together with the workspace: that check is enough."""

    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="+", db_constraint=False, db_index=False)

    class Meta:
        abstract = True


class SearchToken(Tenant):
    """One folded word under which a deal, company or person is found; written by triggers (see search.py)."""

    # Many and written in bulk: no number of their own, and no check of a workspace that their row's reference has passed.
    pk = models.CompositePrimaryKey("workspace_id", "token", "table", "row_id")
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    token = models.TextField(db_collation="C")
    table = models.CharField(max_length=10)
    row_id = models.BigIntegerField()
    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "table", "row_id"], name="search_by_row")]

    def __str__(self) -> str:
        return self.token
