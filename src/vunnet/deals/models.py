"""Deals and everything that says where they stand.

`StageChange` is the truth about where a deal has been; `Deal.stage`, `stage_entered_at` and `closed_at` are copies of its last
link, written by the database itself (see history.py). Nothing in Python writes them.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from vunnet.contacts.models import Company, Person
from vunnet.lib.money import Money
from vunnet.workspaces.models import (
    Deletable,
    DeletableQuerySet,
    Member,
    Tagged,
    Tenant,
    TenantQuerySet,
    Workspace,
)


class Pipeline(Tenant):
    """One way of selling: a row of stages that a deal goes through."""

    name = models.TextField()
    position = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)
    # What closing a deal asks, where it differs from the usual (closing.py): {"lost": {"competitor": "required"}}.
    close_questions = models.JSONField(default=dict, blank=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="pipeline_name_once")]

    def __str__(self) -> str:
        return self.name


class Kind(models.TextChoices):
    """What standing in a stage means. Names may change; this decides every number."""

    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    CANCELLED = "cancelled", _("Cancelled")


class Stage(Tenant):
    """One room of a pipeline. Won is exactly 100 %, lost and cancelled are exactly 0."""

    Kind = Kind
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="stages", db_constraint=False)
    name = models.TextField()
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.OPEN)
    probability = models.DecimalField(max_digits=5, decimal_places=2, help_text="Per cent, 0 to 100.")
    gate = models.JSONField(default=list, blank=True, help_text="Names of the fields that entering it requires.")
    is_archived = models.BooleanField(default=False)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="merged",
        db_constraint=False,
        help_text="Whose past its past is.",
    )
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="stage_probability_of_kind",
                condition=Q(kind=Kind.WON, probability=100)
                | Q(kind__in=[Kind.LOST, Kind.CANCELLED], probability=0)
                | Q(kind=Kind.OPEN, probability__gte=0, probability__lt=100),
            ),
            models.UniqueConstraint(fields=["pipeline", "name"], name="stage_name_once"),
            models.UniqueConstraint(
                fields=["pipeline", "kind"], name="stage_closed_kind_once", condition=~Q(kind=Kind.OPEN)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_closed(self) -> bool:
        return self.kind != Kind.OPEN


class Product(Tenant):
    """Something we sell."""

    name = models.TextField()
    price = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    is_archived = models.BooleanField(default=False)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="product_name_once")]

    def __str__(self) -> str:
        return self.name


class Source(Tenant):
    """Where deals come from: referral, web, trade fair."""

    name = models.TextField()
    is_archived = models.BooleanField(default=False)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="source_name_once")]

    def __str__(self) -> str:
        return self.name


class Reason(Tenant):
    """A governed answer to "why did it close so?"."""

    kind = models.CharField(max_length=9, choices=[c for c in Kind.choices if c[0] != Kind.OPEN])
    name = models.TextField()
    position = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "kind", "name"], name="reason_name_once")]

    def __str__(self) -> str:
        return self.name


class DealQuerySet(DeletableQuerySet):
    def seen_by(self, circle: models.QuerySet[Member]) -> Q:
        """Deals owned by one of them or by nobody, and those one of them takes part in."""
        parts = DealMember.objects.filter(member__in=circle).values("deal")
        return Q(owner__isnull=True) | Q(owner__in=circle) | Q(pk__in=parts)

    def open(self) -> DealQuerySet:
        return self.filter(stage__kind=Kind.OPEN)

    def won(self) -> DealQuerySet:
        return self.filter(stage__kind=Kind.WON)

    def with_names(self) -> DealQuerySet:
        """With the rows whose names a card or list line shows."""
        return self.select_related("company", "owner", "stage", "product", "close_reason")


class Deal(Deletable):
    """One opportunity to sell something to somebody."""

    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="deals", db_constraint=False, db_index=False)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="deals", db_constraint=False, db_index=False)
    name = models.TextField()
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, related_name="deals", db_constraint=False, db_index=False
    )
    owner = models.ForeignKey(
        Member, models.PROTECT, null=True, related_name="deals", db_constraint=False, db_index=False
    )
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, related_name="deals", db_constraint=False, db_index=False
    )
    origin = models.ForeignKey(
        Source, models.PROTECT, null=True, related_name="deals", db_constraint=False, db_index=False
    )
    expected_close_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    stage_entered_at = models.DateTimeField(null=True)
    close_reason = models.ForeignKey(
        Reason, models.PROTECT, null=True, related_name="deals", db_constraint=False, db_index=False
    )
    close_note = models.TextField(blank=True)
    competitor = models.TextField(blank=True)
    custom = models.JSONField(default=dict, blank=True)
    source = models.TextField(blank=True, help_text="The system it was imported from.")
    external_id = models.TextField(blank=True)
    created_at = models.DateTimeField(help_text="When it was opened or engaged.")
    objects = DealQuerySet.as_manager()

    class Meta:
        indexes = [
            # The board: a stage's cards, most valuable first; the same index counts and sums a column.
            models.Index(
                F("workspace"),
                F("stage"),
                F("amount").desc(nulls_last=True),
                F("id"),
                name="deal_board_present",
                include=["currency"],
                condition=Q(deleted_at__isnull=True),
            ),
            models.Index(
                fields=["workspace", "-created_at", "-id"],
                name="deal_newest_present",
                condition=Q(deleted_at__isnull=True),
            ),
            models.Index(
                fields=["workspace", "deleted_at"], name="deal_deleted", condition=Q(deleted_at__isnull=False)
            ),
            models.Index(fields=["workspace", "company"], name="deal_by_company"),
            models.Index(fields=["workspace", "owner", "stage"], name="deal_by_owner"),
            # With all that a month's sums and reasons are made of: a board looks at every deal closed in its month.
            models.Index(
                fields=["workspace", "closed_at"],
                name="deal_closed",
                include=["id", "stage", "pipeline", "amount", "currency", "close_reason", "owner", "deleted_at"],
                condition=Q(closed_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "source", "external_id"], name="deal_external_once", condition=~Q(external_id="")
            ),
            models.CheckConstraint(
                name="deal_amount_not_negative", condition=Q(amount__isnull=True) | Q(amount__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def money(self) -> Money | None:
        return None if self.amount is None else Money(self.amount, self.currency)

    @property
    def weighted(self) -> Money | None:
        """The amount times the probability of the stage it stands in."""
        return self.money and self.money.times(self.stage.probability / Decimal(100))

    @property
    def is_open(self) -> bool:
        return self.stage.kind == Kind.OPEN


class OfDeal(Tenant):
    """Part of a deal, to which it refers together with the workspace: that check is enough."""

    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="+", db_index=False, db_constraint=False)

    class Meta:
        abstract = True


class DealMember(OfDeal):
    """A seller's part in a deal."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="team", db_constraint=False, db_index=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="parts", db_constraint=False, db_index=False)
    share = models.DecimalField(max_digits=5, decimal_places=4, null=True, help_text="0 to 1; the deal's sum to 1.")
    role = models.TextField(blank=True)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "member"], name="deal_member_by_member")]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "deal", "member"], name="deal_member_once"),
            models.CheckConstraint(
                name="deal_member_share", condition=Q(share__isnull=True) | Q(share__gte=0, share__lte=1)
            ),
        ]


class DealPerson(OfDeal):
    """A person on the customer's side of a deal, and what they are in it."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="people", db_constraint=False, db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="deal_parts", db_constraint=False, db_index=False)
    role = models.TextField(blank=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "person"], name="deal_person_by_person")]
        constraints = [models.UniqueConstraint(fields=["workspace", "deal", "person"], name="deal_person_once")]


class DealLine(OfDeal):
    """So much of one product in a deal."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="lines", db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="lines", db_constraint=False)
    quantity = models.DecimalField(max_digits=12, decimal_places=3, default=1)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    position = models.PositiveIntegerField(default=0)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["workspace", "deal"], name="deal_line_by_deal")]


class StageChange(OfDeal):
    """One link of a deal's way through its pipeline: appended, never edited.

    `changed_at` is when it happened (an import may know that), `recorded_at` when we learnt it. Where nobody knows when it happened
    (`is_dated` is false: a file said only that it had), `changed_at` keeps its place in the order and is shown and counted nowhere. `link` counts a deal's changes
    from 1; the first has no `from_stage`.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="changes", db_constraint=False, db_index=False)
    link = models.PositiveIntegerField()
    from_stage = models.ForeignKey(
        Stage, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    to_stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    changed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    is_dated = models.BooleanField(default=True, db_default=True)
    changed_by = models.ForeignKey(
        Member, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    source = models.TextField(blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    expected_close_on = models.DateField(null=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["deal_id", "link"]
        constraints = [models.UniqueConstraint(fields=["workspace", "deal", "link"], name="stage_change_link_once")]
        indexes = [
            models.Index(fields=["workspace", "link", "deal"], name="stage_change_undated", condition=Q(is_dated=False))
        ]


def not_opened_on_a_known_day() -> Q:
    """Deals of which nobody knows when they were opened: what stands in `created_at` only keeps their order."""
    return Q(pk__in=StageChange.objects.filter(is_dated=False, link=1).values("deal"))


def not_closed_on_a_known_day() -> Q:
    """Closed deals of which nobody knows when that was: what stands in `stage_entered_at` only keeps their order."""
    return Q(closed_at__isnull=True) & ~Q(stage__kind=Kind.OPEN)


class DealTag(Tagged):
    """A tag on a deal."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="tags", db_constraint=False, db_index=False)
    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "tag"], name="deal_by_tag")]
        constraints = [models.UniqueConstraint(fields=["workspace", "deal", "tag"], name="deal_tag_once")]
