"""What people do with deals: open, move, win, lose, cancel, reopen, change. The only writer of this room's tables.

Every move appends one link to the deal's history; the database then copies the stage to the deal (history.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.contacts.models import Company, Person
from vunnet.deals.closing import demand_answers
from vunnet.deals.gates import demand_gate
from vunnet.deals.models import (
    Deal,
    DealLine,
    DealMember,
    DealPerson,
    Kind,
    Product,
    Reason,
    Source,
    Stage,
    StageChange,
)
from vunnet.deals.rules import Share, demand_amount, demand_order, demand_whole
from vunnet.deals.seats import pass_on
from vunnet.journal.record import record, source
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import demand_writer, read_custom_values
from vunnet.workspaces.models import Member, Workspace

CHANGEABLE = frozenset({
    "name", "company", "owner", "amount", "currency", "product", "origin", "expected_close_on", "competitor", "close_reason", "close_note",
})  # fmt: skip


def open_deal(
    by: Member | None,
    *,
    workspace: Workspace,
    name: str,
    stage: Stage | None = None,
    owner: Member | None = None,
    amount: Decimal | None = None,
    currency: str = "",
    company: Company | None = None,
    product: Product | None = None,
    origin: Source | None = None,
    expected_close_on: date | None = None,
    custom: dict[str, object] | None = None,
    at: datetime | None = None,
) -> Deal:
    """Open a deal: in the first stage of the first pipeline, or in the stage given, owned by whoever opens it.

    Refuses an empty name, a closed stage, and an opening in the future.
    """
    demand_writer(by)
    if not name.strip():
        raise RuleBroken(_("Give the deal a name."), "name")
    first = stage or _first_stage(workspace)
    if first.is_closed:
        raise RuleBroken(_("A deal begins in an open stage; %(stage)s is closed.") % {"stage": first.name}, "stage")
    now = timezone.now()
    opened_at = at or now
    demand_order(opened_at, None, now)
    demand_amount(amount)
    with transaction.atomic():
        deal = Deal.objects.create(
            workspace=workspace,
            pipeline_id=first.pipeline_id,
            stage=first,
            name=name.strip(),
            company=company,
            owner=owner or by,
            amount=amount,
            currency=currency or workspace.base_currency,
            product=product,
            origin=origin,
            expected_close_on=expected_close_on,
            custom=read_custom_values("deal", custom or {}, {}),
            created_at=opened_at,
            stage_entered_at=opened_at,
        )
        _append(deal, None, first, opened_at, by)
        if deal.owner:
            DealMember.objects.create(
                workspace=workspace, deal=deal, member=deal.owner, share=Decimal(1), role="", joined_at=opened_at
            )
        record(deal, "deal.opened", by=by, stage=first.pk, amount=amount, owner=deal.owner_id)
    return deal


def _first_stage(workspace: Workspace) -> Stage:
    stage: Stage | None = (
        Stage.objects.filter(workspace=workspace, kind=Kind.OPEN, is_archived=False, pipeline__is_archived=False)
        .order_by("pipeline__position", "pipeline_id", "position", "id")
        .first()
    )
    if stage is None:
        raise RuleBroken(_("There is no pipeline with an open stage yet. Make one first."))
    return stage


def _append(deal: Deal, before: Stage | None, to: Stage, at: datetime, by: Member | None, link: int = 1) -> StageChange:
    return StageChange.objects.create(
        workspace_id=deal.workspace_id,
        deal=deal,
        link=link,
        from_stage=before,
        to_stage=to,
        changed_at=at,
        recorded_at=timezone.now(),
        changed_by=by,
        source=source.get(),
        amount=deal.amount,
        expected_close_on=deal.expected_close_on,
    )


def lock(deal: Deal) -> Deal:
    """The deal as it is now, held until the transaction ends. Refuses one that is deleted."""
    # Without joins: whoever waited here gets the new row, and PostgreSQL would match it to the old stage and find nothing.
    held: Deal = Deal.objects.select_for_update().get(pk=deal.pk)
    if held.deleted_at:
        raise RuleBroken(_("This deal was deleted meanwhile. Bring it back before you change it."))
    return held


def move_deal(
    deal: Deal,
    to_stage: Stage,
    *,
    by: Member | None,
    at: datetime | None = None,
    seen_link: int | None = None,
    reason: Reason | None = None,
    note: str = "",
    competitor: str = "",
    product: Product | None = None,
    is_undo: bool = False,
) -> StageChange:
    """Move a deal on, back, or into a closed stage.

    `seen_link`: the last link the mover saw; when somebody moved the deal meanwhile, the move is refused and says who.
    Refuses another pipeline's stage, a loss without a reason or a note, a closed deal (reopen it first), a date before the
    last change, a stage whose gate asks for fields that are empty (gates.py), and a closing that leaves open what the
    pipeline must know (closing.py).
    """
    demand_writer(by)
    now = timezone.now()
    with transaction.atomic():
        # Two people may drop the same card; the second must see what the first did.
        deal = lock(deal)
        last = StageChange.objects.filter(deal=deal).select_related("changed_by", "to_stage").latest("link")
        _demand_unmoved(last, seen_link)
        _demand_reachable(deal, to_stage, reason, note)
        if not is_undo:
            demand_gate(deal, to_stage, by)
        if to_stage.is_closed and by is not None:
            answers = {"reason": reason, "note": note, "competitor": competitor, "product": product}
            demand_answers(deal, to_stage.kind, answers)
        demand_order(at or now, last.changed_at, now)
        change = _append(deal, deal.stage, to_stage, at or now, by, last.link + 1)
        if to_stage.is_closed:
            _write_closing(deal, reason, note, competitor, product)
        record(deal, _verb(to_stage), by=by, stage=(deal.stage_id, to_stage.pk), reason=reason, note=note)
    return change


def _verb(stage: Stage) -> str:
    return "deal.moved" if stage.kind == Kind.OPEN else f"deal.{stage.kind}"


def _demand_unmoved(last: StageChange, seen_link: int | None) -> None:
    if seen_link is not None and seen_link != last.link:
        who = last.changed_by.name if last.changed_by else _("An import")
        raise RuleBroken(
            _("%(who)s moved this deal to %(stage)s meanwhile. It was left there.")
            % {"who": who, "stage": last.to_stage.name}
        )


def _demand_reachable(deal: Deal, to: Stage, reason: Reason | None, note: str) -> None:
    if to.pipeline_id != deal.pipeline_id:
        raise RuleBroken(_("%(stage)s belongs to another pipeline; a deal stays in its own.") % {"stage": to.name})
    if to.pk == deal.stage_id:
        raise RuleBroken(_("The deal already stands in %(stage)s.") % {"stage": to.name})
    if deal.stage.is_closed:
        raise RuleBroken(
            _("This deal is closed (%(stage)s). Reopen it before you move it.") % {"stage": deal.stage.name}
        )
    if to.kind == Kind.LOST and reason is None and not note.strip():
        raise RuleBroken(_("Say why it was lost: choose a reason or write a note."), "reason")
    if reason is not None and reason.kind != to.kind:
        raise RuleBroken(_("“%(reason)s” is not a reason for this outcome.") % {"reason": reason.name}, "reason")


def _write_closing(deal: Deal, reason: Reason | None, note: str, competitor: str, product: Product | None) -> None:
    Deal.objects.filter(pk=deal.pk).update(
        close_reason=reason,
        close_note=note.strip(),
        competitor=competitor.strip() or deal.competitor,
        product=product or deal.product,
    )


def _closed_stage(deal: Deal, kind: str) -> Stage:
    return Stage.objects.get(pipeline_id=deal.pipeline_id, kind=kind)


def win_deal(deal: Deal, *, by: Member | None, **closing: Any) -> StageChange:
    """The customer said yes. Takes and refuses what `move_deal` does: when, why, and the last link that was seen."""
    return move_deal(deal, _closed_stage(deal, Kind.WON), by=by, **closing)


def lose_deal(deal: Deal, *, by: Member | None, **closing: Any) -> StageChange:
    """The customer said no. Takes and refuses what `move_deal` does, above all a loss without a reason or a note."""
    return move_deal(deal, _closed_stage(deal, Kind.LOST), by=by, **closing)


def cancel_deal(deal: Deal, *, by: Member | None, **closing: Any) -> StageChange:
    """It never was a real opportunity, or nobody decides any more: neither won nor lost."""
    return move_deal(deal, _closed_stage(deal, Kind.CANCELLED), by=by, **closing)


def reopen_deal(
    deal: Deal,
    *,
    by: Member | None,
    to_stage: Stage | None = None,
    at: datetime | None = None,
    seen_link: int | None = None,
) -> StageChange:
    """Bring a closed deal back to the stage it was closed from, or to another open one. Its history keeps the closing.

    Refuses a deal that is open, and a closed stage to go to. Also how a win, loss or cancellation is undone.
    """
    demand_writer(by)
    now = timezone.now()
    with transaction.atomic():
        deal = lock(deal)
        last = (
            StageChange.objects.filter(deal=deal).select_related("changed_by", "to_stage", "from_stage").latest("link")
        )
        _demand_unmoved(last, seen_link)
        if not deal.stage.is_closed:
            raise RuleBroken(_("This deal is open already."))
        target = to_stage or last.from_stage or _first_open(deal)
        if target.pipeline_id != deal.pipeline_id or target.is_closed:
            raise RuleBroken(_("Reopen it in an open stage of its own pipeline."), "stage")
        demand_order(at or now, last.changed_at, now)
        change = _append(deal, deal.stage, target, at or now, by, last.link + 1)
        Deal.objects.filter(pk=deal.pk).update(close_reason=None, close_note="")
        record(deal, "deal.reopened", by=by, stage=(deal.stage_id, target.pk))
    return change


def _first_open(deal: Deal) -> Stage:
    first: Stage = Stage.objects.filter(pipeline_id=deal.pipeline_id, kind=Kind.OPEN).order_by("position")[0]
    return first


def undo_move(deal: Deal, *, by: Member, link: int) -> StageChange:
    """Take back one's own last move, by a move back: history keeps both. Refuses when somebody moved it since."""
    last = StageChange.objects.filter(deal=deal).select_related("from_stage").latest("link")
    if last.link != link or last.from_stage is None:
        raise RuleBroken(_("There is nothing to undo here any more."))
    if last.to_stage.is_closed:
        return reopen_deal(deal, by=by, seen_link=link)
    if last.from_stage.is_closed:
        raise RuleBroken(_("To close it again, say how: won, lost or cancelled."))
    return move_deal(deal, last.from_stage, by=by, seen_link=link, is_undo=True)


def change_deal(deal: Deal, *, by: Member | None, custom: dict[str, object] | None = None, **fields: Any) -> Deal:
    """Change what a deal is (never where it stands: that is a move). Refuses an unknown field, an empty name, a negative amount."""
    demand_writer(by)
    if unknown := set(fields) - CHANGEABLE:
        raise RuleBroken(_("%(fields)s cannot be changed here.") % {"fields": ", ".join(sorted(unknown))})
    if "name" in fields and not str(fields["name"]).strip():
        raise RuleBroken(_("Give the deal a name."), "name")
    demand_amount(fields.get("amount"))
    with transaction.atomic():
        deal = lock(deal)
        if custom is not None:
            fields["custom"] = read_custom_values("deal", custom, deal.custom)
        changes = {name: (getattr(deal, name), value) for name, value in fields.items() if getattr(deal, name) != value}
        if not changes:
            return deal
        owner = deal.owner_id
        for name, (_before, value) in changes.items():
            setattr(deal, name, value)
        deal.save(update_fields=list(changes))
        pass_on({deal.pk: (owner, deal.owner_id)})
        record(deal, "deal.changed", by=by, **changes)
    return deal


def set_team(deal: Deal, shares: Sequence[Share], *, by: Member | None) -> list[DealMember]:
    """Say who works on a deal and how its credit is split. Refuses shares that do not sum to 100 %."""
    demand_writer(by)
    demand_whole(shares)
    now = timezone.now()
    with transaction.atomic():
        deal = lock(deal)
        before = {str(part.member_id): str(part.share) for part in deal.team.all()}
        deal.team.exclude(member_id__in=[share.member_id for share in shares]).delete()
        parts = [
            DealMember.objects.update_or_create(
                workspace_id=deal.workspace_id,
                deal=deal,
                member_id=share.member_id,
                defaults={"share": share.share, "role": share.role},
                create_defaults={"share": share.share, "role": share.role, "joined_at": now},
            )[0]
            for share in shares
        ]
        record(deal, "deal.team_set", by=by, team=(before, {str(s.member_id): str(s.share) for s in shares}))
    return parts


def add_person(deal: Deal, person: Person, *, by: Member | None, role: str = "") -> DealPerson:
    """Say that a person on the customer's side takes part in a deal, and as what."""
    demand_writer(by)
    part, _created = DealPerson.objects.update_or_create(
        workspace_id=deal.workspace_id, deal=deal, person=person, defaults={"role": role.strip()}
    )
    record(deal, "deal.person_added", by=by, person=person, role=role)
    return part


def remove_person(deal: Deal, person: Person, *, by: Member | None) -> None:
    """The person takes no part in the deal any more."""
    demand_writer(by)
    DealPerson.objects.filter(deal=deal, person=person).delete()
    record(deal, "deal.person_removed", by=by, person=person)


def set_lines(deal: Deal, lines: Sequence[tuple[Product, Decimal, Decimal]], *, by: Member | None) -> list[DealLine]:
    """Say what a deal sells: (product, quantity, amount) a line. The first line's product is the deal's main one."""
    demand_writer(by)
    with transaction.atomic():
        deal = lock(deal)
        deal.lines.all().delete()
        rows = DealLine.objects.bulk_create(
            DealLine(
                workspace_id=deal.workspace_id, deal=deal, product=product, quantity=quantity, amount=amount, position=n
            )
            for n, (product, quantity, amount) in enumerate(lines)
        )
        Deal.objects.filter(pk=deal.pk).update(product=lines[0][0] if lines else None)
        record(
            deal,
            "deal.lines_set",
            by=by,
            lines=[[line.product_id, str(line.quantity), str(line.amount)] for line in rows],
        )
    return rows
