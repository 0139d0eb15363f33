"""Companies and people: whom we sell to."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q, Value

from vunnet.workspaces.models import Deletable, DeletableQuerySet, Member, Tagged, TenantQuerySet


class CompanyQuerySet(DeletableQuerySet):
    def seen_by(self, circle: models.QuerySet[Member]) -> Q:
        """Companies owned by one of them or by nobody, and those they have deals with."""
        met = Company.objects.filter(_dealing("deals", circle)).values("pk")
        return Q(owner__isnull=True) | Q(owner__in=circle) | Q(pk__in=met)


class PersonQuerySet(DeletableQuerySet):
    def seen_by(self, circle: models.QuerySet[Member]) -> Q:
        """People owned by one of them or by nobody, and those in a deal of theirs."""
        met = Person.objects.filter(_dealing("deal_parts__deal", circle)).values("pk")
        return Q(owner__isnull=True) | Q(owner__in=circle) | Q(pk__in=met)


def _dealing(deal: str, circle: models.QuerySet[Member]) -> Q:
    """Along the references of deals, which stand above this room."""
    return Q(**{f"{deal}__owner__in": circle}) | Q(**{f"{deal}__team__member__in": circle})


class Company(Deletable):
    """An organisation we sell to, or may come to sell to."""

    name = models.TextField()
    # As its country's register numbers it, written as people write it.
    company_number = models.TextField(blank=True, default="", db_default="")
    domain = models.TextField(blank=True)
    website = models.TextField(blank=True)
    phone = models.TextField(blank=True)
    industry = models.TextField(blank=True)
    city = models.TextField(blank=True)
    country = models.TextField(blank=True)
    employees = models.PositiveIntegerField(null=True)
    customer_since = models.DateField(null=True, help_text="When it first bought, where known from elsewhere.")
    owner = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", db_constraint=False)
    # The record it was found to be the same as: it is deleted, and its old address leads there.
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged", db_constraint=False)
    custom = models.JSONField(default=dict, blank=True)
    source = models.TextField(blank=True)
    external_id = models.TextField(blank=True)
    created_at = models.DateTimeField()
    objects = CompanyQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "name", "id"],
                name="company_by_name_present",
                condition=Q(deleted_at__isnull=True),
            ),
            models.Index(
                fields=["workspace", "deleted_at"], name="company_deleted", condition=Q(deleted_at__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "source", "external_id"],
                name="company_external_once",
                condition=~Q(external_id=""),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Person(Deletable):
    """A human being we talk to, usually at a company."""

    first_name = models.TextField(blank=True)
    last_name = models.TextField(blank=True)
    email = models.TextField(blank=True)
    phone = models.TextField(blank=True)
    title = models.TextField(blank=True)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, related_name="people", db_constraint=False, db_index=False
    )
    owner = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", db_constraint=False)
    # The record it was found to be the same as: it is deleted, and its old address leads there.
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged", db_constraint=False)
    custom = models.JSONField(default=dict, blank=True)
    source = models.TextField(blank=True)
    external_id = models.TextField(blank=True)
    created_at = models.DateTimeField()
    name = models.GeneratedField(
        expression=Func(
            F("first_name"), Value(" "), F("last_name"), arg_joiner=" || ", template="btrim(%(expressions)s)"
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    objects = PersonQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "name", "id"], name="person_by_name_present", condition=Q(deleted_at__isnull=True)
            ),
            models.Index(
                fields=["workspace", "deleted_at"], name="person_deleted", condition=Q(deleted_at__isnull=False)
            ),
            models.Index(fields=["workspace", "company"], name="person_by_company"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "source", "external_id"], name="person_external_once", condition=~Q(external_id="")
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email


class CompanyTag(Tagged):
    """A tag on a company."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="tags", db_constraint=False, db_index=False)
    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "tag"], name="company_by_tag")]
        constraints = [models.UniqueConstraint(fields=["workspace", "company", "tag"], name="company_tag_once")]


class PersonTag(Tagged):
    """A tag on a person."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="tags", db_constraint=False, db_index=False)
    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "tag"], name="person_by_tag")]
        constraints = [models.UniqueConstraint(fields=["workspace", "person", "tag"], name="person_tag_once")]
