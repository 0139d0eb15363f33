"""What people do with many deals at once. With actions.py and pipelines.py the only writer of this room's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from vunnet.deals.actions import CHANGEABLE
from vunnet.deals.models import Deal
from vunnet.deals.rules import demand_amount
from vunnet.deals.seats import Owners, pass_on
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.models import Member, Tag
from vunnet.workspaces.together import Result, Values, change_together, refuse_unknown, tag_together

_REFERENCES = {"company", "owner", "product", "origin", "close_reason"}
COLUMNS = frozenset(f"{name}_id" if name in _REFERENCES else name for name in CHANGEABLE)


def _check(name: str, value: Any) -> None:
    refuse_unknown(COLUMNS)(name, value)
    if name == "name" and not str(value or "").strip():
        raise RuleBroken(_("Give the deal a name."), "name")
    if name == "amount":
        demand_amount(value)


def change_deals(values: Values, *, by: Member) -> dict[int, Result]:
    """Change what many deals are, each by its number; never where they stand. Refuses what `change_deal` refuses."""
    with transaction.atomic():
        results = change_together(Deal, values, by=by, verb="deal.changed", custom="deal", check=_check)
        pass_on(new_owners(results))
    return results


def new_owners(results: Mapping[int, Result]) -> Owners:
    """Of what was changed the deals that have another owner now."""
    changed = {
        pk: result for pk, result in results.items() if result.outcome == "changed" and "owner_id" in result.after
    }
    return {pk: (result.before["owner_id"], result.after["owner_id"]) for pk, result in changed.items()}


def tag_deals(numbers: Iterable[int], tag: Tag, *, by: Member) -> dict[int, Result]:
    """Put a tag on deals."""
    return tag_together(Deal, list(numbers), tag, by=by, verb="deal.tagged", row="deal", put=True)


def untag_deals(numbers: Iterable[int], tag: Tag, *, by: Member) -> dict[int, Result]:
    """Take a tag off deals."""
    return tag_together(Deal, list(numbers), tag, by=by, verb="deal.untagged", row="deal", put=False)
