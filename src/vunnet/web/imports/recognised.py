"""The page of files that are known by their columns: what each is, and what becomes of each column, in people's words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from vunnet.imports.models import Import, in_readers_words
from vunnet.web.imports.choosing import kinds, meanings

SYSTEMS = {"salesforce": "Salesforce", "hubspot": "HubSpot", "zoho": "Zoho", "pipedrive": "Pipedrive", "vunnet": "Vunnet"}  # fmt: skip


def system_name(source: str) -> str:
    """A source as it calls itself; files described otherwise as what they are."""
    return SYSTEMS.get(source) or {"event_log": _("Log of stages"), "csv": _("Described by a map")}.get(source, source)


def _kind_name(kind: str) -> str:
    more = {
        "contacts": _("People"), "visits": _("Stage history"), "history": _("Stage history"), "field_history": _("Stage history"), "log": _("Stage history"),
        "stages": _("Stages"), "touches": _("Activities"), "members": _("Members"), "lines": _("Products"), "notes": _("Notes"), "tasks": _("Tasks"),
        "quotas": _("Quotas"),
    }  # fmt: skip
    return (kinds() | more).get(kind, kind.replace("_", " "))


def becomes() -> dict[str, str]:
    """What the columns of known exports become, in words."""
    return meanings() | {
        "deal_id": _("Number of the deal"), "company_id": _("Number of the company"), "person_id": _("Number of the person"), "person_ids": _("Numbers of the people"),
        "account": _("Company"), "related": _("What it is about"), "what": _("What it is about"), "who": _("Person"),
        "outcome": _("Won, lost or open"), "status": _("Won, lost or open"), "is_closed": _("Won, lost or open"), "is_won": _("Won, lost or open"), "is_lost": _("Won, lost or open"),
        "close": _("Closed, or expected close"), "won_at": _("Closed"), "lost_at": _("Closed"), "loss_reason": _("Why it was lost"), "win_reason": _("Why it was won"),
        "pipeline": _("Pipeline"), "probability": _("Probability"), "stage_now": _("Stage"), "stage_entered_at": _("In its stage since"), "entered_at": _("In its stage since"),
        "left_at": _("In its stage until"), "ended_at": _("In its stage until"), "changed_at": _("When the stage changed"), "moved_to": _("Next stage"), "next_stage": _("Next stage"),
        "old": _("Stage before"), "days": _("Days in the stage"), "field": _("Which field changed"), "stage entered": _("In its stage since"), "stage exited": _("In its stage until"),
        "time in stage": _("Days in the stage"), "owner_email": _("Owner's e-mail"), "team": _("Team"), "team_members": _("Members"), "member": _("Owner"), "share": _("Share of the credit"),
        "joined_at": _("Took part from"), "next_step": _("Next step"), "description": _("Text"), "call_type": _("Incoming or outgoing"), "direction": _("Incoming or outgoing"),
        "done": _("Done"), "starts": _("When"), "type": _("Kind"), "is_deleted": _("Deleted or not"), "customer_since": _("Customer since"), "segment": _("Segment"),
        "position": _("Order"), "quantity": _("Quantity"), "period_start": _("From"), "period_end": _("Until"),
    }  # fmt: skip


def recognised_page(run: Import) -> list[dict[str, Any]]:
    """Each file with what it is, or why it is not known, and its columns: (header, first values, what it becomes or nothing)."""
    words = becomes()
    return [
        {
            **file,
            "system": file["source"] and system_name(file["source"]),
            "what": _kind_name(file["kind"]),
            "why_not": in_readers_words(file["why_not"]),
            # Only deals take columns that nobody knows; of other rows they are left.
            "keeps_unknown": file["kind"] in ("deals", ""),
            "columns": [
                (c["header"], c["first"], words.get(c["meaning"], c["meaning"].replace("_", " ")))
                for c in file["columns"]
            ],
        }
        for file in run.recognised
    ]
