"""What people do with the words deals choose from: reasons, products, sources. Add, rename, archive, reorder.

With the other modules of actions the only writer of this room's tables. Deals point at rows, so a rename changes no number, and
what is archived stays where it was chosen.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from django.utils.translation import gettext as _

from vunnet.deals.models import Kind, Product, Reason, Source
from vunnet.journal.record import record
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_administrator, demand_own_name, move_among
from vunnet.workspaces.models import Member

Word = TypeVar("Word", Reason, Product, Source)


def add_reason(by: Member, kind: str, name: str) -> Reason:
    """A further answer to why deals are won, lost or cancelled."""
    demand_administrator(by)
    if kind not in (Kind.WON, Kind.LOST, Kind.CANCELLED):
        raise RuleBroken(_("A reason is for winning, losing or cancelling."), "kind")
    peers = Reason.objects.filter(workspace_id=by.workspace_id, kind=kind)
    name = demand_own_name(peers, name)
    reason = Reason.objects.create(workspace_id=by.workspace_id, kind=kind, name=name, position=peers.count())
    record(reason, "reason.added", by=by, name=name, kind=kind)
    return reason


def move_reason(reason: Reason, *, by: Member, steps: int) -> None:
    """Move a reason up (−1) or down (+1) among those of its kind."""
    demand_administrator(by)
    move_among(list(Reason.objects.filter(kind=reason.kind, is_archived=False)), reason, steps)
    record(reason, "reason.moved", by=by)


def add_source(by: Member, name: str) -> Source:
    """A further place that deals come from."""
    demand_administrator(by)
    name = demand_own_name(Source.objects.all(), name)
    made = Source.objects.create(workspace_id=by.workspace_id, name=name)
    record(made, "source.added", by=by, name=name)
    return made


def add_product(by: Member, name: str, price: Decimal | None = None, currency: str = "") -> Product:
    """A further thing that is sold, with its list price where there is one."""
    demand_administrator(by)
    name = demand_own_name(Product.objects.all(), name)
    made = Product.objects.create(
        workspace_id=by.workspace_id, name=name, price=_demand_price(price), currency=currency if price else ""
    )
    record(made, "product.added", by=by, name=name)
    return made


def price_product(product: Product, *, by: Member, price: Decimal | None, currency: str) -> Product:
    """Set or remove a product's list price; deals keep the amounts they have."""
    demand_administrator(by)
    before = product.price
    product.price, product.currency = _demand_price(price), currency if price is not None else ""
    product.save(update_fields=["price", "currency"])
    record(product, "product.priced", by=by, price=(before, price))
    return product


def _demand_price(price: Decimal | None) -> Decimal | None:
    if price is not None and not 0 <= price < Decimal("1e16"):
        raise RuleBroken(_("A price is 0 or more."), "price")
    return price


def rename_word(word: Word, name: str, *, by: Member) -> Word:
    """Give a reason, product or source another name. Refuses one that another has."""
    demand_administrator(by)
    peers = type(word).objects.filter(workspace_id=by.workspace_id)
    if isinstance(word, Reason):
        peers = peers.filter(kind=word.kind)
    before, word.name = word.name, demand_own_name(peers, name, word)
    word.save(update_fields=["name"])
    record(word, f"{type(word).__name__.lower()}.renamed", by=by, name=(before, word.name))
    return word


def archive_word(word: Word, *, by: Member, is_archived: bool = True) -> Word:
    """Offer it no more, or again. Deals that have it keep it."""
    demand_administrator(by)
    word.is_archived = is_archived
    word.save(update_fields=["is_archived"])
    record(word, f"{type(word).__name__.lower()}.{'archived' if is_archived else 'restored'}", by=by)
    return word
