"""What other currencies are worth in the workspace's own: said by an administrator, day by day. With actions.py the only writer of the table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.lib.rates import Rates
from vunnet.workspaces.actions import demand_administrator
from vunnet.workspaces.models import ExchangeRate, Member, Workspace
from vunnet.workspaces.worded import worded

SMALLEST, LARGEST = Decimal("1e-10"), Decimal(1_000_000)


def set_rate(by: Member, currency: str, on: date, rate: Decimal) -> ExchangeRate:
    """Say what one of a currency is worth in the workspace's own from a day on; said again, it is another. Owners and admins only."""
    demand_administrator(by)
    code, base = currency.strip().upper(), by.workspace.base_currency
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise RuleBroken(_("A currency is three letters, such as NOK or EUR."), "currency")
    if code == base:
        raise RuleBroken(_("%(currency)s is what this workspace counts in: it needs no rate.") % {"currency": base}, "currency")  # fmt: skip
    rate = rate.quantize(SMALLEST)
    if not 0 < rate <= LARGEST:
        raise RuleBroken(_("A rate is more than 0 and at most a million."), "rate")
    if on > timezone.now().astimezone(by.workspace.zone).date():
        raise RuleBroken(_("What a currency will be worth is not known. Choose a day that has come."), "on")
    row, _made = ExchangeRate.objects.update_or_create(
        workspace_id=by.workspace_id, base=base, currency=code, on=on, defaults={"rate": rate}
    )
    record(row, "rate.set", by=by, currency=code, base=base, on=on, rate=rate)
    return row


def drop_rate(row: ExchangeRate, *, by: Member) -> None:
    """Forget what was said of a day. Owners and admins only."""
    demand_administrator(by)
    record(row, "rate.dropped", by=by, currency=row.currency, on=row.on, rate=(row.rate, None))
    row.delete()


def rates_of(room: Workspace) -> Rates:
    """The latest of each currency. Runs in the workspace's scope."""
    latest = _latest(room.pk, room.base_currency)
    return Rates(room.base_currency, {currency: (rate, on) for currency, rate, on in latest})


@worded
def _latest(room: int, base: str) -> QuerySet[Any]:
    rows = ExchangeRate.objects.filter(workspace_id=room, base=base).order_by("currency", "-on")
    return rows.distinct("currency").values_list("currency", "rate", "on")
