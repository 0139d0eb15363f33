"""From a mark of a figure to the deals behind it: analysis' names as the conditions of the deal list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from vunnet.contacts.models import Company
from vunnet.deals.models import Stage
from vunnet.lib.periods import month_of, quarter_of
from vunnet.reports.answers import bands
from vunnet.web.insight.asked import COLUMNS, Asked
from vunnet.workspaces.fields import NONE

CUSTOMERS = {"existing": "existing", "won_back": "won_back", "new": "first", "first_in_records": "first", "": "unknown"}
DAYS = ("closed_from", "closed_to", "created_from", "created_to")
# Said alike by figures and lists, but for the name.
PLAIN = {"outcome": "state", "closed_within": "within", "closed_later": "within.over"} | {name: name for name in DAYS}
# A closed deal stands in its last stage: a figure's "stage" is the one it was closed from.
STAGES = {"entered": "passed", "stage": "last_stage"}
NAMES = {column: name for name, (column, _table) in COLUMNS.items()}


class DealLinks:
    """Makes the links of one page. `path` is the deal list; the page's own conditions stand in every link.

    Empty for rows that the list cannot name: a size or an amount, where amounts were converted; the list's are as they were written.
    """

    def __init__(
        self, path: str, asked: Asked, workspace_id: int, size_edges: tuple[float, ...], *, is_converted: bool = False
    ) -> None:
        self.is_converted = is_converted
        self.path, self.asked, self.workspace_id = path, asked, workspace_id
        self.bands = {str(band): band for band in bands(size_edges)}
        self.base = {name: str(pk) for name, pk in asked.values.items()}
        stages = Stage.objects.filter(workspace_id=workspace_id).values_list("pipeline__name", "name", "pk")
        self.stages = {(pipeline, name): pk for pipeline, name, pk in stages}

    def __call__(self, filters: Mapping[str, str]) -> str:
        if self.is_converted and not filters.keys().isdisjoint(("size", "amount")):
            return ""
        query = dict(self.base)
        for name, value in filters.items():
            query |= self._one(name, value, filters)
        if "entered" not in filters and not any(name in query for name in DAYS):
            # A cohort is the deals opened in the period, whenever they closed.
            query |= self._period("created" if "closed_within" in filters else "closed")
        query.setdefault("state", "all")
        return f"{self.path}?{urlencode(query)}"

    def _period(self, prefix: str) -> dict[str, str]:
        period = self.asked.closed_in
        days = {f"{prefix}_from": period.first, f"{prefix}_to": period.last} if period else {}
        return {name: day.isoformat() for name, day in days.items() if day}

    def _one(self, name: str, value: str, filters: Mapping[str, str]) -> dict[str, str]:
        if name in PLAIN:
            return {PLAIN[name]: value}
        if name in STAGES:
            number = self._stage_number(filters, value)
            found = {STAGES[name]: number} if number else {}
            return found | (self._period("passed") if name == "entered" else {})
        made = {
            "created": _month,
            "customer": _customer,
            "size": self._size,
            "amount": _amount,
            "quarter": self._quarter,
            "company": self._company,
        }
        return made[name](value) if name in made else self._member(name, value)

    def _stage_number(self, filters: Mapping[str, str], stage: str) -> str:
        """Of the stage so called in the figure's pipeline; empty where there is none."""
        pk = self.stages.get((filters.get("pipeline", ""), stage))
        return str(pk) if pk else ""

    def _size(self, value: str) -> dict[str, str]:
        band = self.bands.get(value)
        ends = {"amount_over": band.low, "amount_to": band.high} if band else {}
        return {name: f"{end:.2f}" for name, end in ends.items() if end is not None}

    def _company(self, value: str) -> dict[str, str]:
        pk = value.rpartition(" #")[2] if " #" in value else ""
        if pk.isdigit():
            return {"company": pk}
        found = (
            Company.objects.present()
            .filter(workspace_id=self.workspace_id, name=value)
            .values_list("pk", flat=True)
            .first()
        )
        return {"company": str(found)} if found else {}

    def _member(self, column: str, value: str) -> dict[str, str]:
        name = NAMES.get(column)
        if name is None:
            return {column: value} if column.startswith("x_") else {}
        if not value:
            return {name: NONE} if name in ("owner", "product", "origin") else {}
        pk = self.asked.labels[name].number(value)
        return {name: str(pk)} if pk else {}

    def _quarter(self, value: str) -> dict[str, str]:
        """The days of a quarter that lie in the page's period."""
        found = re.fullmatch(r"(\d{4})-?Q([1-4])", value)
        if not found:
            return {}
        quarter, period = quarter_of(date(int(found[1]), 3 * int(found[2]), 1)), self.asked.closed_in
        first = max(day for day in (quarter.first, period.first if period else None) if day)
        last = min(day for day in (quarter.last, period.last if period else None) if day)
        return {"closed_from": str(first), "closed_to": str(last)}


def _amount(value: str) -> dict[str, str]:
    low, _dots, high = value.partition("..")
    return {"amount_from": low, "amount_to": high}


def _customer(value: str) -> dict[str, str]:
    return {"customer": CUSTOMERS[value]} if value in CUSTOMERS else {}


def _month(value: str) -> dict[str, str]:
    """The days of a month of opening such as 2026-03."""
    year, month = value.split("-")
    found = month_of(date(int(year), int(month), 1))
    return {"created_from": str(found.first), "created_to": str(found.last)}
