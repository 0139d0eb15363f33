"""What people do with many companies or people at once. With actions.py the only writer of this room's tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from vunnet.contacts.actions import COMPANY_FIELDS, PERSON_FIELDS
from vunnet.contacts.models import Company, Person
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.models import Member, Tag
from vunnet.workspaces.together import Result, Values, change_together, refuse_unknown, tag_together

_REFERENCES = {"company", "owner"}


def _columns(fields: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{name}_id" if name in _REFERENCES else name for name in fields)


def _check_company(name: str, value: Any) -> None:
    refuse_unknown(_columns(COMPANY_FIELDS))(name, value)
    if name == "name" and not str(value or "").strip():
        raise RuleBroken(_("Give the company a name."), "name")


def change_companies(values: Values, *, by: Member) -> dict[int, Result]:
    """Change what is known of many companies, each by its number. Refuses what `change_company` refuses."""
    return change_together(Company, values, by=by, verb="company.changed", custom="company", check=_check_company)


def change_people(values: Values, *, by: Member) -> dict[int, Result]:
    """Change what is known of many people, each by its number. Refuses what `change_person` refuses."""
    check = refuse_unknown(_columns(PERSON_FIELDS))
    return change_together(Person, values, by=by, verb="person.changed", custom="person", check=check)


def tag_companies(numbers: Iterable[int], tag: Tag, *, by: Member) -> dict[int, Result]:
    """Put a tag on companies."""
    return tag_together(Company, list(numbers), tag, by=by, verb="company.tagged", row="company", put=True)


def untag_companies(numbers: Iterable[int], tag: Tag, *, by: Member) -> dict[int, Result]:
    """Take a tag off companies."""
    return tag_together(Company, list(numbers), tag, by=by, verb="company.untagged", row="company", put=False)


def tag_people(numbers: Iterable[int], tag: Tag, *, by: Member) -> dict[int, Result]:
    """Put a tag on people."""
    return tag_together(Person, list(numbers), tag, by=by, verb="person.tagged", row="person", put=True)


def untag_people(numbers: Iterable[int], tag: Tag, *, by: Member) -> dict[int, Result]:
    """Take a tag off people."""
    return tag_together(Person, list(numbers), tag, by=by, verb="person.untagged", row="person", put=False)
