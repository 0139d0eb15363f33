"""How a workspace's rows become the tables of analysis/schema.py. Selections and names only; no figure is computed here.

Stages, owners, products and companies carry their names, since that is what people read; where two share a name, the number
is added. A stage merged into another bears that one's name. Deals that were lost or cancelled stand in the stage they were lost from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from vunnet.analysis import schema

# Deals in another currency than the workspace's, with what one of theirs was worth on the day they closed (open ones: is worth now): the
# last rate said by then, else the first ever said.
RATES = """SELECT d.id, w.base_currency AS base, x.rate FROM deals_deal d JOIN workspaces_workspace w ON w.id = d.workspace_id
      CROSS JOIN LATERAL (SELECT (coalesce(d.closed_at, now()) AT TIME ZONE w.time_zone)::date AS day) held
      CROSS JOIN LATERAL (SELECT e.rate FROM workspaces_exchangerate e
        WHERE e.workspace_id = d.workspace_id AND e.base = w.base_currency AND e.currency = d.currency
        ORDER BY e."on" > held.day, CASE WHEN e."on" <= held.day THEN e."on" END DESC NULLS LAST, e."on" LIMIT 1) x
      WHERE d.currency <> w.base_currency"""
HAS_RATES = """SELECT EXISTS (SELECT FROM workspaces_exchangerate e JOIN workspaces_workspace w ON w.id = e.workspace_id AND w.base_currency = e.base)"""
# No transaction older than this is still running, so that everything below it can be seen.
POSITION = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# A company's name stands in its deals' rows, and where two share a name both are told apart, so that a change of one changes
# the deals of all that bear the name or bore it.
CHANGED_DEALS = """
    WITH companies AS (
      SELECT row_id, changes->'name' AS names FROM journal_entry
      WHERE "table" = 'contacts_company' AND transaction >= %(since)s AND verb NOT IN ('company.tagged', 'company.untagged')
        AND (verb <> 'company.changed' OR changes ?| ARRAY['name', 'customer_since']))
    SELECT row_id FROM journal_entry WHERE "table" = 'deals_deal' AND transaction >= %(since)s
    UNION
    SELECT (changes->>'deal')::bigint FROM journal_entry
    WHERE "table" = 'activities_activity' AND changes->>'deal' IS NOT NULL AND transaction >= %(since)s
    UNION
    SELECT d.id FROM deals_deal d JOIN contacts_company c ON c.id = d.company_id
    WHERE EXISTS (SELECT FROM companies) AND c.name IN (
      SELECT x.name FROM companies JOIN contacts_company x ON x.id = row_id
      UNION SELECT jsonb_array_elements_text(names) FROM companies WHERE jsonb_typeof(names) = 'array')
"""
# Other names stand in too many rows to look for: when one changes, or an import ran, all is read again.
ALL_CHANGED = """
    SELECT EXISTS (SELECT 1 FROM journal_entry WHERE transaction >= %(since)s AND (
      "table" IN ('deals_pipeline', 'deals_stage', 'workspaces_member', 'workspaces_team', 'workspaces_fielddefinition', 'imports_import',
        'workspaces_exchangerate')
        AND verb NOT IN ('member.knows_the_way', 'member.invited', 'member.role_changed', 'member.deactivated', 'field.moved',
          'import.uploaded', 'import.columns_chosen', 'import.started', 'import.undo_begun')
      OR verb IN ('product.renamed', 'source.renamed')))
"""
CUSTOM_FIELDS = "SELECT key FROM workspaces_fielddefinition WHERE \"table\" = 'deal' AND NOT is_archived ORDER BY key"


@dataclass(frozen=True)
class Query:
    """One table of the copy: its columns with the expression behind each, where they come from, and the deal's column."""

    name: str
    columns: dict[str, str]
    source: str
    deal: str | None = None
    # Which columns are in other words where amounts are converted.
    converted: Mapping[str, str] = field(default_factory=dict)

    def in_one_currency(self) -> Query:
        """With amounts in the workspace's own currency where it has a rate."""
        rates = f"LEFT JOIN ({RATES}) rate ON rate.id = {self.deal} "
        return replace(
            self, columns=self.columns | dict(self.converted), source=self.source.replace("/* rates */", rates)
        )

    def statement(self, changed: Sequence[int] | None) -> tuple[str, list[Any]]:
        """The selection of all rows, or of those of some deals."""
        picked = ", ".join(f"{expression} AS {column}" for column, expression in self.columns.items())
        only = f" AND {self.deal} = ANY(%s)" if changed is not None and self.deal else ""
        return f"SELECT {picked} FROM {self.source.replace('/* only */', only)}", [
            list(changed)
        ] if only and changed is not None else []

    def arrow_schema(self) -> pa.Schema:
        known = schema.ALL[self.name].columns
        return pa.schema([(c, known.field(c).type if c in known.names else pa.string()) for c in self.columns])


def _utc(column: str) -> str:
    return f"{column} AT TIME ZONE 'UTC'"


def _worth(amount: str) -> str:
    """In the workspace's own currency; nothing where that is more than an amount can be."""
    return f"CASE WHEN rate.rate IS NULL THEN {amount} WHEN abs({amount} * rate.rate) < 1e16 THEN round({amount} * rate.rate, 2) END"


def _told_apart(table: str, row: str) -> str:
    present = "" if table == "workspaces_member" else " AND twin.deleted_at IS NULL"
    twin = f"EXISTS (SELECT 1 FROM {table} twin WHERE twin.workspace_id = {row}.workspace_id AND twin.name = {row}.name AND twin.id <> {row}.id{present})"
    return f"CASE WHEN {row}.id IS NULL THEN NULL WHEN {twin} THEN {row}.name || ' #' || {row}.id ELSE {row}.name END"


def _present(row: str) -> str:
    """Of a deal that is not deleted. Few ever are, so they are listed rather than joined."""
    return f"{row}.deal_id NOT IN (SELECT id FROM deals_deal WHERE deleted_at IS NOT NULL)"


def _undated(which: str) -> str:
    """Deals with a link of their history whose time nobody knows. Few have one, and an index holds them."""
    return f"SELECT deal_id FROM deals_stagechange WHERE NOT is_dated AND {which}"


MEMBER = _told_apart("workspaces_member", "m")
DEALS = Query(
    "deals",
    {
        "deal_id": "d.id::text",
        "outcome": "s.kind",
        # Of a deal that came in closed, without the day of its opening, the moment it came in says nothing of how long it took.
        "created_at": _utc(f"CASE WHEN d.id NOT IN ({_undated('link = 1')}) THEN d.created_at END"),
        "closed_at": _utc("d.closed_at"),
        "amount": "d.amount",
        "currency": "d.currency",
        "owner": MEMBER,
        "team": "t.name",
        "company": _told_apart("contacts_company", "c"),
        "product": "p.name",
        "source": "r.name",
        "pipeline": "pl.name",
        "stage": "coalesce(lost_from.name, whole.name, s.name)",
        "expected_close_on": "d.expected_close_on",
        "customer_since": "c.customer_since",
    },
    """deals_deal d
    JOIN deals_stage s ON s.id = d.stage_id
    LEFT JOIN deals_stage whole ON whole.id = s.merged_into_id
    JOIN deals_pipeline pl ON pl.id = d.pipeline_id
    LEFT JOIN workspaces_member m ON m.id = d.owner_id
    LEFT JOIN workspaces_team t ON t.id = m.team_id
    LEFT JOIN contacts_company c ON c.id = d.company_id
    LEFT JOIN deals_product p ON p.id = d.product_id
    LEFT JOIN deals_source r ON r.id = d.origin_id
    LEFT JOIN LATERAL (SELECT coalesce(i.name, f.name) AS name FROM deals_stagechange h
      JOIN deals_stage f ON f.id = h.from_stage_id LEFT JOIN deals_stage i ON i.id = f.merged_into_id
      WHERE s.kind IN ('lost', 'cancelled') AND h.deal_id = d.id ORDER BY h.link DESC LIMIT 1) lost_from ON true
    /* rates */WHERE d.deleted_at IS NULL/* only */""",
    "d.id",
    {"amount": _worth("d.amount"), "currency": "coalesce(rate.base, d.currency)"},
)
VISITS = Query(
    "visits",
    {
        "deal_id": "h.deal_id::text",
        "stage": "h.stage",
        "entered_at": _utc("h.changed_at"),
        "left_at": _utc("lead(h.changed_at) OVER w"),
        "next_stage": "lead(h.stage) OVER w",
        "amount": "h.amount",
    },
    # A stage merged into another is that one: going from one to the other is no change.
    """(SELECT h.*, coalesce(i.name, s.name) AS stage, lag(coalesce(i.name, s.name)) OVER w AS before
      FROM deals_stagechange h JOIN deals_stage s ON s.id = h.to_stage_id LEFT JOIN deals_stage i ON i.id = s.merged_into_id
      WHERE """
    + _present("h")
    # Of a deal that closed nobody knows when, nobody knows how long it stayed anywhere.
    + f" AND h.deal_id NOT IN ({_undated('link > 1')})"
    + """/* only */ WINDOW w AS (PARTITION BY h.deal_id ORDER BY h.link)) h
    /* rates */WHERE h.before IS DISTINCT FROM h.stage WINDOW w AS (PARTITION BY h.deal_id ORDER BY h.link)""",
    "h.deal_id",
    {"amount": _worth("h.amount")},
)
STAGES = Query(
    "stages",
    {
        "pipeline": "p.name",
        "stage": "s.name",
        "position": "s.position",
        "kind": "s.kind",
        "probability": "(s.probability / 100)::float8",
    },
    "deals_stage s JOIN deals_pipeline p ON p.id = s.pipeline_id WHERE s.kind <> 'cancelled' AND s.merged_into_id IS NULL",
)
TOUCHES = Query(
    "touches",
    {
        "deal_id": "a.deal_id::text",
        "at": _utc("a.at"),
        "kind": "a.kind",
        "member": MEMBER,
        "person": "a.person_id::text",
        "direction": "nullif(a.direction, '')",
    },
    """activities_activity a LEFT JOIN workspaces_member m ON m.id = a.member_id
    WHERE a.deal_id IS NOT NULL AND a.at IS NOT NULL AND a.kind IN ('call', 'mail', 'meeting')
      AND a.deleted_at IS NULL AND """
    + _present("a")
    + "/* only */",
    "a.deal_id",
)
MEMBERS = Query(
    "members",
    {
        "deal_id": "d.deal_id::text",
        "member": MEMBER,
        "joined_at": _utc("d.joined_at"),
        "left_at": _utc("d.left_at"),
        "share": "d.share::float8",
    },
    "deals_dealmember d JOIN workspaces_member m ON m.id = d.member_id WHERE " + _present("d") + "/* only */",
    "d.deal_id",
)
LINES = Query(
    "lines",
    {"deal_id": "l.deal_id::text", "product": "p.name", "quantity": "l.quantity::float8", "amount": "l.amount"},
    "deals_dealline l JOIN deals_product p ON p.id = l.product_id /* rates */WHERE " + _present("l") + "/* only */",
    "l.deal_id",
    {"amount": _worth("l.amount")},
)


def queries(custom: Sequence[str], *, has_rates: bool = False) -> list[Query]:
    """All tables; the deals with one attribute a custom field. Keys are slugs by constraint of their making."""
    attributes = {f"x_{key}": f"d.custom->>'{key}'" for key in custom if key.replace("_", "").isalnum()}
    tables = [
        replace(DEALS, columns=DEALS.columns | attributes),
        VISITS,
        STAGES,
        TOUCHES,
        MEMBERS,
        LINES,
    ]
    return [query.in_one_currency() if has_rates and query.converted else query for query in tables]
