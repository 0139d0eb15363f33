"""One field of one row, or of many, through the action of the room that the row lives in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from vunnet.activities.handing_over import hand_back, hand_over
from vunnet.activities.many import at_their_times, change_activities
from vunnet.activities.removal import delete_activity, restore_activity
from vunnet.contacts.many import (
    change_companies,
    change_people,
    tag_companies,
    tag_people,
    untag_companies,
    untag_people,
)
from vunnet.contacts.removal import delete_company, delete_person, restore_company, restore_person
from vunnet.deals.actions import move_deal
from vunnet.deals.many import change_deals, new_owners, tag_deals, untag_deals
from vunnet.deals.models import Deal, Stage
from vunnet.deals.removal import delete_deal, restore_deal
from vunnet.lib.errors import RuleBroken
from vunnet.lists.tables import TABLES
from vunnet.workspaces.fields import Field, Kind
from vunnet.workspaces.models import Member, Tag
from vunnet.workspaces.together import Result, Values

CHANGE: dict[str, Callable[..., dict[int, Result]]] = {
    "deals": change_deals,
    "companies": change_companies,
    "people": change_people,
    "activities": change_activities,
}
TAG = {"deals": tag_deals, "companies": tag_companies, "people": tag_people}
DELETE: dict[str, Callable[..., Any]] = {
    "deals": delete_deal,
    "companies": delete_company,
    "people": delete_person,
    "activities": delete_activity,
}
RESTORE: dict[str, Callable[..., Any]] = {
    "deals": restore_deal,
    "companies": restore_company,
    "people": restore_person,
    "activities": restore_activity,
}
UNTAG = {"deals": untag_deals, "companies": untag_companies, "people": untag_people}


def column_of(said: Field) -> str:
    """The column that holds a field: what together.py changes."""
    return said.name if said.is_custom else said.path


def change_rows(table: str, said: Field, values: Mapping[int, Any], *, by: Member) -> dict[int, Result]:
    """Give rows a value each. Refuses a field that cannot be changed in this table."""
    if not said.edit:
        raise RuleBroken(_("%(fields)s cannot be changed here.") % {"fields": said.label}, said.name)
    if table == "deals" and said.name == "stage":
        return move_deals(values, by=by)
    column = column_of(said)
    if table == "activities" and column == "due_at":
        values = at_their_times(values, by=by)
    with transaction.atomic():
        results = CHANGE[table]({pk: {column: value} for pk, value in values.items()}, by=by)
        if table == "deals" and column == "owner_id":
            hand_over(new_owners(results), by=by)
    return results


def restore_rows(table: str, values: Values, *, by: Member) -> dict[int, Result]:
    """Give rows back what stood in their columns."""
    stages = {pk: wanted["stage_id"] for pk, wanted in values.items() if "stage_id" in wanted}
    if stages:
        return move_deals(stages, by=by)
    with transaction.atomic():
        results = CHANGE[table](values, by=by)
        if table == "deals":
            hand_back(new_owners(results), by=by)
    return results


def move_deals(stages: Mapping[int, int], *, by: Member) -> dict[int, Result]:
    """Move deals one by one: each keeps its own history, and what one move refuses does not stop the others."""
    known = {stage.pk: stage for stage in Stage.objects.visible_to(by).filter(pk__in=set(stages.values()))}
    deals = {deal.pk: deal for deal in Deal.objects.visible_to(by).filter(pk__in=list(stages)).select_related("stage")}
    return {pk: _move(deals.get(pk), known.get(stage), by) for pk, stage in stages.items()}


def _move(deal: Deal | None, to: Stage | None, by: Member) -> Result:
    if deal is None or to is None:
        return Result("skipped", why=_("It is not there any more."))
    if deal.stage_id == to.pk:
        return Result("same")
    if to.is_closed:
        return Result("skipped", why=_("Closing a deal asks for a reason; open it to close it."))
    try:
        move_deal(deal, to, by=by)
    except RuleBroken as refusal:
        return Result("skipped", why=refusal.message)
    return Result("changed", {"stage_id": deal.stage_id}, {"stage_id": to.pk})


def tag_rows(table: str, numbers: Iterable[int], tag: Tag, *, by: Member, put: bool) -> dict[int, Result]:
    """Put a tag on rows or take it off. Refuses a table without tags."""
    if table not in TAG:
        raise RuleBroken(_("Rows of this list bear no tags."))
    return (TAG if put else UNTAG)[table](numbers, tag, by=by)


def delete_rows(table: str, numbers: Iterable[int], *, by: Member) -> dict[int, Result]:
    """Delete rows one by one, each with all its own deletion means. Rows that may not be seen, or not deleted, are left alone."""
    return _one_by_one(table, numbers, TABLES[table].model.objects.visible_to(by), DELETE[table], by)  # type: ignore[attr-defined]


def undelete_rows(table: str, numbers: Iterable[int], *, by: Member) -> dict[int, Result]:
    """Bring deleted rows back."""
    return _one_by_one(table, numbers, TABLES[table].model.objects.deleted_visible_to(by), RESTORE[table], by)  # type: ignore[attr-defined]


def _one_by_one(
    table: str, numbers: Iterable[int], rows: Any, act: Callable[..., Any], by: Member
) -> dict[int, Result]:
    found = {row.pk: row for row in rows.filter(pk__in=list(numbers))}
    results: dict[int, Result] = {}
    for pk in numbers:
        if pk not in found:
            results[pk] = Result("skipped", why=_("It is not there any more."))
            continue
        try:
            act(found[pk], by=by)
        except RuleBroken as refusal:
            results[pk] = Result("skipped", why=refusal.message)
        else:
            results[pk] = Result("changed")
    return results


def kept(value: Any) -> Any:
    """A column's value as JSON keeps it."""
    return str(value) if isinstance(value, (Decimal, date, datetime)) else value


DAYS = ("expected_close_on", "customer_since")


def unkept(column: str, value: Any) -> Any:
    """The other way round."""
    if value is None:
        return None
    if column == "amount":
        return Decimal(value)
    if column in DAYS:
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if column == "due_at" else value


def takes(said: Field) -> bool:
    """Whether many rows may be given one value of this field: a name of its own is for one row."""
    return bool(said.edit) and said.name not in ("name", "subject", "first_name", "last_name", "email", "phone", "domain", "website") and said.kind != Kind.TAGS  # fmt: skip
