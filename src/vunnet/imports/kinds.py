"""The kinds of rows an import brings: their tables, what is kept of a row to know whether it changed, and what shows that it is used."""

from __future__ import annotations

from dataclasses import dataclass

# What an import of any table calls itself in the rows it makes.
SOURCE = "csv"
# Of a staged activity, by what it is or by whether it is still to come.
ACTIVITY_KIND = "coalesce(i.kind, CASE WHEN i.due IS NOT NULL AND i.done IS NULL THEN 'task' ELSE 'note' END)"


@dataclass(frozen=True)
class Spec:
    """One kind: its table, the columns a file may hold, those kept of a row (its state), and what shows that somebody worked with it."""

    table: str
    row: str
    given: tuple[str, ...]
    state: tuple[str, ...]
    worked_with: str


SPECS = {
    "people": Spec(
        "contacts_person", "person", ("first_name", "last_name", "email", "phone", "title", "company", "owner", "external_id"),
        ("first_name", "last_name", "email", "phone", "title", "company_id", "owner_id", "custom"),
        "t.id IN (SELECT person_id FROM activities_activity WHERE person_id IS NOT NULL AND deleted_at IS NULL"
        " UNION SELECT p.person_id FROM deals_dealperson p JOIN deals_deal d ON d.id = p.deal_id WHERE d.deleted_at IS NULL)",
    ),
    "companies": Spec(
        "contacts_company", "company", ("name", "company_number", "domain", "website", "phone", "industry", "city", "country", "employees", "owner", "external_id"),
        ("name", "company_number", "domain", "website", "phone", "industry", "city", "country", "employees", "owner_id", "custom"),
        "t.id IN (SELECT company_id FROM activities_activity WHERE company_id IS NOT NULL AND deleted_at IS NULL"
        " UNION SELECT company_id FROM deals_deal WHERE company_id IS NOT NULL AND deleted_at IS NULL"
        " UNION SELECT company_id FROM contacts_person WHERE company_id IS NOT NULL AND deleted_at IS NULL)",
    ),
    "deals": Spec(
        "deals_deal", "deal", ("name", "company", "amount", "currency", "stage", "owner", "product", "source", "expected_close_on", "created_at", "closed_at", "person", "email", "external_id"),
        ("name", "company_id", "amount", "owner_id", "product_id", "origin_id", "expected_close_on", "custom"),
        "t.id IN (SELECT deal_id FROM activities_activity WHERE deal_id IS NOT NULL AND deleted_at IS NULL"
        " UNION SELECT deal_id FROM deals_stagechange WHERE source NOT LIKE 'import:%%')",
    ),
    "activities": Spec(
        "activities_activity", "activity",
        ("kind", "subject", "body", "at", "due_on", "done_at", "minutes", "deal", "company", "person", "email", "owner", "external_id"),
        ("kind", "subject", "body", "at", "due_at", "due_has_time", "done_at", "minutes", "deal_id", "company_id", "person_id", "member_id"),
        "t.id IN (SELECT activity_id FROM activities_attachment)",
    ),
}  # fmt: skip


def state(spec: Spec, row: str = "t") -> str:
    """The kept columns of a row, as JSON."""
    return "jsonb_build_object(" + ", ".join(f"'{name}', {row}.{name}" for name in spec.state) + ")"
