"""New rows from staged ones, one kind a function, with what belongs to them: a deal's history, its seller's seat, its contact."""

from __future__ import annotations

from vunnet.imports.kinds import ACTIVITY_KIND, SOURCE
from vunnet.imports.staging import run_set


def _number_of_its_own(table: str) -> str:
    """The file's number for the row, unless a row here has it already."""
    return f"""CASE WHEN EXISTS (SELECT 1 FROM {table} k WHERE k.workspace_id = {{W}} AND k.source = '{SOURCE}' AND k.external_id = i.external_id AND k.external_id <> '')
      THEN '' ELSE coalesce(i.external_id, '') END"""


def _insert_people() -> None:
    run_set(f"""INSERT INTO contacts_person (id, workspace_id, first_name, last_name, email, phone, title, company_id, owner_id, custom, source, external_id, created_at)
      SELECT i.new_id, {{W}}, coalesce(i.first_name, ''), coalesce(i.last_name, ''), coalesce(i.email, ''), coalesce(i.phone, ''), coalesce(i.title, ''), i.company_id, i.owner_id,
        coalesce(i.custom::jsonb, '{{}}'), '{SOURCE}', {_number_of_its_own("contacts_person")}, now() FROM in_rows i WHERE i.new_id IS NOT NULL""")


def _insert_companies() -> None:
    run_set(f"""INSERT INTO contacts_company (id, workspace_id, name, company_number, domain, website, phone, industry, city, country, employees, owner_id, custom, source, external_id, created_at)
      SELECT i.new_id, {{W}}, i.name, coalesce(i.company_number, ''), coalesce(i.domain, ''), coalesce(i.website, ''), coalesce(i.phone, ''), coalesce(i.industry, ''), coalesce(i.city, ''), coalesce(i.country, ''),
        i.employees::bigint, i.owner_id, coalesce(i.custom::jsonb, '{{}}'), '{SOURCE}', {_number_of_its_own("contacts_company")}, now() FROM in_rows i WHERE i.new_id IS NOT NULL""")


# A deal that comes in open without a day was opened, as far as anybody here knows, when it came. Of one that comes in closed only the
# order is kept where the file does not say when: links of its history that have no date.
OPENED = "coalesce((i.created_at)::timestamp AT TIME ZONE 'UTC', CASE WHEN i.closes THEN (i.closed_at)::timestamp AT TIME ZONE 'UTC' END, now())"
ENDED = f"greatest({OPENED}, coalesce((i.closed_at)::timestamp AT TIME ZONE 'UTC', now()))"


def _insert_deals() -> None:
    """Deals with their history as far as the file tells it: opened in their stage, or in the first one and then closed."""
    run_set(f"""INSERT INTO deals_deal (id, workspace_id, pipeline_id, stage_id, name, company_id, owner_id, amount, currency, product_id, origin_id, expected_close_on,
        closed_at, stage_entered_at, close_note, competitor, custom, source, external_id, created_at)
      SELECT i.new_id, {{W}}, i.pipeline_id, i.stage_id, coalesce(i.name, i.company), i.company_id, i.owner_id, i.amount::numeric, coalesce(upper(i.currency), w.base_currency),
        i.product_id, i.origin_id, i.expected_close_on::date, CASE WHEN i.closes AND i.closed_at IS NOT NULL THEN {ENDED} END, CASE WHEN i.closes THEN {ENDED} ELSE {OPENED} END, '', '',
        coalesce(i.custom::jsonb, '{{}}'), '{SOURCE}', {_number_of_its_own("deals_deal")}, {OPENED}
      FROM in_rows i JOIN workspaces_workspace w ON w.id = {{W}} WHERE i.new_id IS NOT NULL""")
    run_set(f"""INSERT INTO deals_stagechange (workspace_id, deal_id, link, from_stage_id, to_stage_id, changed_at, is_dated, recorded_at, source, amount)
      SELECT {{W}}, i.new_id, 1, NULL, CASE WHEN i.closes THEN f.id ELSE i.stage_id END, {OPENED}, NOT i.closes OR i.created_at IS NOT NULL, now(), 'import:{SOURCE}', i.amount::numeric
      FROM in_rows i CROSS JOIN LATERAL (SELECT id FROM deals_stage s WHERE s.pipeline_id = i.pipeline_id AND s.kind = 'open' AND NOT s.is_archived ORDER BY s.position LIMIT 1) f
      WHERE i.new_id IS NOT NULL
      UNION ALL SELECT {{W}}, i.new_id, 2, f.id, i.stage_id, {ENDED}, i.closed_at IS NOT NULL, now(), 'import:{SOURCE}', i.amount::numeric
      FROM in_rows i CROSS JOIN LATERAL (SELECT id FROM deals_stage s WHERE s.pipeline_id = i.pipeline_id AND s.kind = 'open' AND NOT s.is_archived ORDER BY s.position LIMIT 1) f
      WHERE i.new_id IS NOT NULL AND i.closes""")
    run_set(f"""INSERT INTO deals_dealmember (workspace_id, deal_id, member_id, share, role, joined_at)
      SELECT {{W}}, i.new_id, i.owner_id, 1.0, '', {OPENED} FROM in_rows i WHERE i.new_id IS NOT NULL AND i.owner_id IS NOT NULL""")
    # A name that several bear is told as unclear, and belongs to none of them.
    run_set("""INSERT INTO deals_dealperson (workspace_id, deal_id, person_id, role)
      SELECT {W}, i.new_id, i.person_id, '' FROM in_rows i WHERE i.new_id IS NOT NULL AND i.person_id IS NOT NULL AND coalesce(i.persons, 1) = 1""")


def _insert_activities() -> None:
    run_set(f"""INSERT INTO activities_activity (id, workspace_id, kind, subject, body, direction, at, due_at, due_has_time, done_at, minutes, deal_id, company_id, person_id, member_id, source, external_id, created_at)
      SELECT i.new_id, {{W}}, {ACTIVITY_KIND}, coalesce(i.subject, ''), coalesce(i.body, ''), '', i.happened, i.due, i.due IS NOT NULL AND i.due_on IS NULL, i.done, i.minutes::int,
        i.deal_id, i.company_id, i.person_id, i.owner_id, '{SOURCE}', {_number_of_its_own("activities_activity")}, coalesce(i.happened, now()) FROM in_rows i WHERE i.new_id IS NOT NULL""")


INSERTS = {
    "people": _insert_people,
    "companies": _insert_companies,
    "deals": _insert_deals,
    "activities": _insert_activities,
}
