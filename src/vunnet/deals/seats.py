"""Who owns a deal sits in its team: when the deal changes hands, their seat and its share go to the new owner."""

from __future__ import annotations

from collections.abc import Mapping

from vunnet.deals.models import DealMember

Owners = Mapping[int, tuple[int | None, int | None]]
"""By deal: who owned it, and who owns it now."""


def pass_on(owners: Owners) -> None:
    """Give each old owner's seat to the new one. It is the same seat: how large a team was on some day of the past does not change.

    Who sits in the team already keeps their own seat, and the old owner theirs; a deal that nobody owns any more keeps its team.
    """
    for old, new in set(owners.values()):
        if old is None or new is None or old == new:
            continue
        deals = [deal for deal, pair in owners.items() if pair == (old, new)]
        seated = DealMember.objects.filter(deal__in=deals, member_id=new).values("deal")
        DealMember.objects.filter(deal__in=deals, member_id=old).exclude(deal__in=seated).update(member_id=new)
