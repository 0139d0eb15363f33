"""The statements of an import: sets of staged rows into the CRM's tables. Run inside the workspace's scope.

`in_…` are the staged tables. Names are looked up as the names step made them. Times come as naive UTC.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from vunnet.imports.kinds import SPECS, state

WORKSPACE = "current_setting('vunnet.workspace')::bigint"
COMPANY_COLUMNS = (
    "external_id",
    "name",
    "company_number",
    "domain",
    "website",
    "phone",
    "industry",
    "city",
    "country",
    "employees",
    "owner",
    "created_at",
)
PEOPLE_COLUMNS = (
    "external_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "title",
    "company_id",
    "owner",
    "created_at",
)
ACTIVITY_COLUMNS = (
    "external_id",
    "deal_id",
    "company_id",
    "person_id",
    "kind",
    "subject",
    "body",
    "at",
    "due_on",
    "done_at",
    "member",
)
DEAL_COLUMNS = (
    "deal_id", "outcome", "created_at", "closed_at", "amount", "currency", "owner", "company_id", "product", "source", "pipeline", "stage",
    "stage_now", "stage_entered_at", "expected_close_on", "name", "loss_reason", "win_reason", "custom",
)  # fmt: skip
OF_DEALS = {
    "visits": ("deal_id", "stage", "entered_at", "amount"),
    "members": ("deal_id", "member", "joined_at", "left_at", "share"),
    "lines": ("deal_id", "product", "quantity", "amount"),
}


def json_object(keys: Sequence[str], values: Sequence[object]) -> str | None:
    """The values that are there, by key; None where there are none."""
    found = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
    return json.dumps(found, ensure_ascii=False) if found else None


# Whom a file means: who was imported under that name, else who has that address; never what people call themselves.
SELLERS = f"""(SELECT DISTINCT ON (said) said, id FROM (
    SELECT lower(imported_as) AS said, id, is_active, 1 AS rank FROM workspaces_member WHERE workspace_id = {WORKSPACE} AND imported_as <> ''
    UNION ALL SELECT lower(email), id, is_active, 2 FROM workspaces_member WHERE workspace_id = {WORKSPACE} AND email <> '') s
  ORDER BY said, rank, is_active DESC, id)"""


# Of names those that mean nobody yet, each once in any case of letters, in their order.
NOT_HERE = f"""SELECT (array_agg(f.name ORDER BY f.n))[1] FROM unnest(%s::text[]) WITH ORDINALITY f (name, n)
  WHERE lower(f.name) NOT IN (SELECT said FROM {SELLERS} s) GROUP BY lower(f.name) ORDER BY min(f.n)"""


def _seller(row: str, said: str) -> str:
    return f"{SELLERS} {row} ON {row}.said = lower({said})"


def _named(table: str) -> str:
    """One id a name: where two share it, the oldest one."""
    return f"(SELECT DISTINCT ON (name) name, id FROM {table} ORDER BY name, id)"


def _known(table: str, row: str, key: str) -> str:
    return f"LEFT JOIN {table} {row} ON {row}.workspace_id = {WORKSPACE} AND {row}.source = %(source)s AND {row}.external_id = {key} AND {row}.external_id <> ''"


def _meant(table: str, row: str) -> str:
    """The id a reference to a known row means: of a merged one the record it lives on in, of a deleted one none."""
    kept = f"(SELECT k.id FROM {table} k WHERE k.id = {row}.merged_into_id AND k.deleted_at IS NULL)"
    return f"CASE WHEN {row}.deleted_at IS NULL THEN {row}.id ELSE {kept} END"


THE_COMPANY, THE_PERSON = _meant("contacts_company", "c"), _meant("contacts_person", "p")


def _utc(column: str) -> str:
    return f"({column})::timestamp AT TIME ZONE 'UTC'"


def _noted(kind: str, outcome: str) -> str:
    """What was done to each row, so that it can be undone; of a new row nothing is kept but that it is this import's."""
    kept = "before, after" if outcome == "updated" else "NULL::jsonb, NULL::jsonb"
    return f"""INSERT INTO imports_importrow (workspace_id, run_id, line, "table", row_id, outcome, before, after)
      SELECT {WORKSPACE}, %(run)s::bigint, 0, '{kind}', id, '{outcome}', {kept} FROM touched WHERE %(run)s::bigint IS NOT NULL"""


def _journal(kind: str) -> str:
    verb, table = f"{SPECS[kind].row}.imported", SPECS[kind].table
    return f"""INSERT INTO journal_entry (workspace_id, at, verb, "table", row_id, changes, source, request_id)
      SELECT {WORKSPACE}, now(), '{verb}', '{table}', id, '{{}}', 'import:' || %(source)s, '' FROM touched"""


def _same_as_before(kind: str, row: str, number: str = "i.external_id") -> str:
    """What makes a staged row of a kind the same as a row that is here."""
    need = " AND i.name IS NOT NULL" if kind == "companies" else ""
    return f"{row}.workspace_id = {WORKSPACE} AND {row}.source = %(source)s AND {row}.external_id = {number} AND {row}.external_id <> '' AND {row}.deleted_at IS NULL{need}"


def _unchanged(kind: str, rows: str, row: str, differs: str) -> str:
    """Which rows that are here the staged ones leave as they are. Asked before any of them is written."""
    return f"""INSERT INTO imports_importrow (workspace_id, run_id, line, "table", row_id, outcome)
      SELECT {WORKSPACE}, %(run)s::bigint, 0, '{kind}', {row}.id, 'same' FROM {rows} WHERE NOT ({differs}) AND %(run)s::bigint IS NOT NULL"""


def _counted(rows: str, differs: str) -> str:
    """How many of the staged rows are here, and how many of those they would change."""
    return f"SELECT count(*), count(*) FILTER (WHERE {differs}) FROM {rows}"


# The first of two staged rows with one external id counts.
ONCE = "(SELECT DISTINCT ON (external_id) * FROM {table} WHERE external_id IS NOT NULL ORDER BY external_id, n)"

IN_COMPANIES = ONCE.format(table="in_companies")
COMPANY_DIFFERS = """(i.name, coalesce(i.company_number, c.company_number), coalesce(i.domain, c.domain), coalesce(i.website, c.website), coalesce(i.phone, c.phone), coalesce(i.industry, c.industry),
         coalesce(i.city, c.city), coalesce(i.country, c.country), coalesce(i.employees::bigint, c.employees))
      IS DISTINCT FROM (c.name, c.company_number, c.domain, c.website, c.phone, c.industry, c.city, c.country, c.employees::bigint)"""
COMPANIES_HERE = f"{IN_COMPANIES} i JOIN contacts_company c ON {_same_as_before('companies', 'c')}"
NEW_COMPANIES = f"""
WITH touched AS (
  INSERT INTO contacts_company (workspace_id, name, company_number, domain, website, phone, industry, city, country, employees, owner_id, custom, source, external_id, created_at)
  SELECT {WORKSPACE}, i.name, coalesce(i.company_number, ''), coalesce(i.domain, ''), coalesce(i.website, ''), coalesce(i.phone, ''), coalesce(i.industry, ''), coalesce(i.city, ''),
    coalesce(i.country, ''), i.employees::bigint, o.id, '{{}}', %(source)s, i.external_id, coalesce({_utc("i.created_at")}, now())
  FROM {IN_COMPANIES} i {_known("contacts_company", "c", "i.external_id")}
  LEFT JOIN {_seller("o", "i.owner")}
  WHERE c.id IS NULL AND i.name IS NOT NULL RETURNING id
), noted AS ({_noted("companies", "created")}) {_journal("companies")}
"""
CHANGED_COMPANIES = f"""
WITH touched AS (
  UPDATE contacts_company c SET name = i.name, company_number = coalesce(i.company_number, c.company_number), domain = coalesce(i.domain, c.domain), website = coalesce(i.website, c.website),
    phone = coalesce(i.phone, c.phone), industry = coalesce(i.industry, c.industry), city = coalesce(i.city, c.city),
    country = coalesce(i.country, c.country), employees = coalesce(i.employees::bigint, c.employees)
  FROM {IN_COMPANIES} i, contacts_company b
  WHERE b.id = c.id AND {_same_as_before("companies", "c")} AND {COMPANY_DIFFERS} RETURNING c.id, {state(SPECS["companies"], "b")} AS before, {state(SPECS["companies"], "c")} AS after
), noted AS ({_noted("companies", "updated")}) {_journal("companies")}
"""
IN_PEOPLE = ONCE.format(table="in_people")
PERSON_DIFFERS = """(coalesce(i.first_name, p.first_name), coalesce(i.last_name, p.last_name), coalesce(i.email, p.email), coalesce(i.phone, p.phone), coalesce(i.title, p.title))
      IS DISTINCT FROM (p.first_name, p.last_name, p.email, p.phone, p.title)"""
PEOPLE_HERE = f"{IN_PEOPLE} i JOIN contacts_person p ON {_same_as_before('people', 'p')}"
NEW_PEOPLE = f"""
WITH touched AS (
  INSERT INTO contacts_person (workspace_id, first_name, last_name, email, phone, title, company_id, owner_id, custom, source, external_id, created_at)
  SELECT {WORKSPACE}, coalesce(i.first_name, ''), coalesce(i.last_name, ''), coalesce(i.email, ''), coalesce(i.phone, ''), coalesce(i.title, ''), {THE_COMPANY}, o.id,
    '{{}}', %(source)s, i.external_id, coalesce({_utc("i.created_at")}, now())
  FROM {IN_PEOPLE} i {_known("contacts_person", "p", "i.external_id")} {_known("contacts_company", "c", "i.company_id")}
  LEFT JOIN {_seller("o", "i.owner")}
  WHERE p.id IS NULL RETURNING id
), noted AS ({_noted("people", "created")}) {_journal("people")}
"""
CHANGED_PEOPLE = f"""
WITH touched AS (
  UPDATE contacts_person p SET first_name = coalesce(i.first_name, p.first_name), last_name = coalesce(i.last_name, p.last_name),
    email = coalesce(i.email, p.email), phone = coalesce(i.phone, p.phone), title = coalesce(i.title, p.title)
  FROM {IN_PEOPLE} i, contacts_person b
  WHERE b.id = p.id AND {_same_as_before("people", "p")} AND {PERSON_DIFFERS} RETURNING p.id, {state(SPECS["people"], "b")} AS before, {state(SPECS["people"], "p")} AS after
), noted AS ({_noted("people", "updated")}) {_journal("people")}
"""

# Every link the history of a staged deal should have, in order: its recorded visits, made to end where the deal stands.
# A deal without recorded visits began where it stands, or where it was lost from; one that is closed goes on to the closed stage.
LINKS = f"""
DROP TABLE IF EXISTS in_links;
CREATE TEMPORARY TABLE in_links ON COMMIT DROP AS
WITH deal AS (
  SELECT DISTINCT ON (i.deal_id) i.*, p.id AS pipeline_id, w.id AS closed_stage_id, now_s.id AS now_id, from_s.id AS from_id, first_s.id AS first_id,
    {_utc("coalesce(i.created_at::timestamp, i.closed_at::timestamp)")} AS opened_at
  FROM in_deals i JOIN deals_pipeline p ON p.name = i.pipeline AND p.workspace_id = {WORKSPACE}
  LEFT JOIN deals_stage w ON w.pipeline_id = p.id AND w.kind = i.outcome AND i.outcome <> 'open'
  LEFT JOIN deals_stage now_s ON now_s.pipeline_id = p.id AND now_s.name = i.stage_now AND now_s.kind = 'open'
  LEFT JOIN deals_stage from_s ON from_s.pipeline_id = p.id AND from_s.name = i.stage AND from_s.kind = 'open'
  LEFT JOIN LATERAL (SELECT id FROM deals_stage f WHERE f.pipeline_id = p.id AND f.kind = 'open' ORDER BY f.position LIMIT 1) first_s ON true
  ORDER BY i.deal_id, i.n
), visit AS (
  SELECT d.deal_id, s.id AS stage_id, {_utc("v.entered_at")} AS at, v.amount::numeric, v.n
  FROM in_visits v JOIN deal d ON d.deal_id = v.deal_id JOIN deals_stage s ON s.pipeline_id = d.pipeline_id AND s.name = v.stage
  WHERE v.entered_at IS NOT NULL
), last_visit AS (SELECT DISTINCT ON (deal_id) deal_id, stage_id, at FROM visit ORDER BY deal_id, at DESC, n DESC
), every AS (
  SELECT deal_id, stage_id, at, true AS is_dated, amount, 1 AS part, n FROM visit
  UNION ALL
  SELECT d.deal_id, coalesce(d.now_id, d.from_id, d.first_id), coalesce(d.opened_at, now()), d.outcome = 'open' OR d.created_at IS NOT NULL, NULL, 0, 0
  FROM deal d LEFT JOIN last_visit l USING (deal_id) WHERE l.deal_id IS NULL
  UNION ALL  -- the end: where the deal stands now, if its visits do not end there
  SELECT d.deal_id, target.id, greatest(coalesce(l.at, d.opened_at), coalesce({_utc("CASE WHEN d.outcome <> 'open' THEN d.closed_at ELSE d.stage_entered_at END")}, l.at, d.opened_at, now())),
    d.outcome = 'open' OR d.closed_at IS NOT NULL, NULL, 2, 0
  FROM deal d LEFT JOIN last_visit l USING (deal_id) CROSS JOIN LATERAL (SELECT coalesce(d.closed_stage_id, d.now_id, d.from_id) AS id) target
  WHERE target.id IS NOT NULL AND (l.deal_id IS NULL AND d.outcome <> 'open' OR l.stage_id <> target.id)
), stays AS (
  SELECT *, lag(stage_id) OVER (PARTITION BY deal_id ORDER BY at, part, n) AS before FROM every
), changes AS (SELECT * FROM stays WHERE before IS DISTINCT FROM stage_id)
SELECT c.deal_id, c.stage_id, c.at, c.is_dated, c.amount, row_number() OVER w AS link, lag(c.stage_id) OVER w AS from_id,
  last_value(c.stage_id) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS end_id,
  last_value(c.at) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS end_at,
  last_value(c.is_dated) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS end_is_dated
FROM changes c WINDOW w AS (PARTITION BY c.deal_id ORDER BY c.at, c.part, c.n);
CREATE INDEX ON in_links (deal_id, link);
ANALYZE in_links
"""
ONCE_DEALS = "(SELECT DISTINCT ON (deal_id) * FROM in_deals ORDER BY deal_id, n)"
DEAL_NAMES = f"""
  LEFT JOIN {_seller("o", "i.owner")}
  LEFT JOIN {_named("deals_product")} pr ON pr.name = i.product
  LEFT JOIN {_named("deals_source")} so ON so.name = i.source
  LEFT JOIN deals_reason re ON re.workspace_id = {WORKSPACE} AND re.kind = i.outcome AND re.name = CASE i.outcome WHEN 'won' THEN i.win_reason WHEN 'lost' THEN i.loss_reason END
  {_known("contacts_company", "c", "i.company_id")}
"""
NEW_DEALS = f"""
WITH touched AS (
  INSERT INTO deals_deal (workspace_id, pipeline_id, stage_id, name, company_id, owner_id, amount, currency, product_id, origin_id, expected_close_on,
    closed_at, stage_entered_at, close_reason_id, close_note, competitor, custom, source, external_id, created_at)
  SELECT {WORKSPACE}, s.pipeline_id, s.id, coalesce(i.name, c.name, i.deal_id), {THE_COMPANY}, o.id, i.amount::numeric, coalesce(i.currency, w.base_currency), pr.id, so.id,
    i.expected_close_on::date, CASE WHEN s.kind <> 'open' AND l.end_is_dated THEN l.end_at END, l.end_at, re.id, '', '', coalesce(i.custom::jsonb, '{{}}'), %(source)s, i.deal_id,
    least(coalesce({_utc("i.created_at")}, l.at), l.at)
  FROM {ONCE_DEALS} i JOIN in_links l ON l.deal_id = i.deal_id AND l.link = 1 JOIN deals_stage s ON s.id = l.end_id
  JOIN workspaces_workspace w ON w.id = {WORKSPACE} {DEAL_NAMES} {_known("deals_deal", "d", "i.deal_id")}
  WHERE d.id IS NULL RETURNING id
), noted AS ({_noted("deals", "created")}) {_journal("deals")}
"""
# What the staged deals would make of those that are here. `names_new`: one of their names is not here yet, as in a trial.
DEALS_MEANT = f"""(SELECT d.id, coalesce(i.name, d.name) AS name, coalesce(i.amount::numeric, d.amount) AS amount, coalesce(o.id, d.owner_id) AS owner_id,
          coalesce({THE_COMPANY}, d.company_id) AS company_id, coalesce(pr.id, d.product_id) AS product_id, coalesce(so.id, d.origin_id) AS origin_id,
          coalesce(i.expected_close_on::date, d.expected_close_on) AS expected_close_on, d.custom || coalesce(i.custom::jsonb, '{{}}') AS custom,
          i.owner IS NOT NULL AND o.id IS NULL OR i.product IS NOT NULL AND pr.id IS NULL OR i.source IS NOT NULL AND so.id IS NULL AS names_new,
          CASE WHEN c.id IS NULL THEN i.company_id END AS company_not_here
        FROM {ONCE_DEALS} i JOIN deals_deal d ON {_same_as_before("deals", "d", "i.deal_id")} {DEAL_NAMES}) n"""
DEAL_DIFFERS = """(n.name, n.amount, n.owner_id, n.company_id, n.product_id, n.origin_id, n.expected_close_on, n.custom)
    IS DISTINCT FROM (d.name, d.amount, d.owner_id, d.company_id, d.product_id, d.origin_id, d.expected_close_on, d.custom)"""
DEALS_HERE = f"{DEALS_MEANT} JOIN deals_deal d ON d.id = n.id"
CHANGED_DEALS = f"""
WITH touched AS (
  UPDATE deals_deal d SET name = n.name, amount = n.amount, owner_id = n.owner_id, company_id = n.company_id, product_id = n.product_id,
    origin_id = n.origin_id, expected_close_on = n.expected_close_on, custom = n.custom
  FROM {DEALS_MEANT}, deals_deal b
  WHERE n.id = d.id AND b.id = d.id AND {DEAL_DIFFERS} RETURNING d.id, {state(SPECS["deals"], "b")} AS before, {state(SPECS["deals"], "d")} AS after
), noted AS ({_noted("deals", "updated")}) {_journal("deals")}
"""
# "<> ''" is no condition on the rows but what lets PostgreSQL use the index of external ids, which leaves the empty ones out.
DEAL = f"JOIN deals_deal d ON d.workspace_id = {WORKSPACE} AND d.source = %(source)s AND d.external_id = i.deal_id AND d.external_id <> '' AND d.deleted_at IS NULL"

LAST = """LATERAL (SELECT h.link, h.to_stage_id, h.changed_at, h.source LIKE 'import:%%' AS is_imported, s.kind = 'open' AS is_open
      FROM deals_stagechange h JOIN deals_stage s ON s.id = h.to_stage_id WHERE h.deal_id = d.id ORDER BY h.link DESC LIMIT 1) k"""
# That a deal is closed, nobody knows since when, is news of one that stands open and that no one but imports has moved last. It comes
# behind all that is known. Where somebody moved it by hand, or it is closed otherwise, who knows more has spoken.
CLOSED_SOMETIME = "NOT i.is_dated AND i.link > 1"
IS_NEWS = f"(i.at > k.changed_at AND (i.is_dated OR i.link > 1) OR {CLOSED_SOMETIME} AND k.is_imported AND k.is_open)"
# New deals get all their links; known ones those after their last recorded change, if they go on from where the deal stands. That a
# known deal once began, nobody knows when, is nothing new.
FRESH = f"""(
  SELECT * FROM (
    SELECT i.link, i.stage_id, greatest(i.at, k.changed_at) AS at, i.is_dated, i.amount, d.id AS deal_pk, k.link AS link_before, k.to_stage_id AS stage_before,
      lag(i.stage_id) OVER (PARTITION BY i.deal_id ORDER BY i.link) AS prior
    FROM in_links i {DEAL} LEFT JOIN {LAST} ON true
    WHERE k.link IS NULL OR {IS_NEWS}
  ) found WHERE link_before IS NULL OR prior IS NOT NULL OR stage_id <> stage_before
) fresh"""
CLOSINGS_LEFT = f"""
SELECT d.name, s.name, k.is_open FROM in_links i {DEAL} JOIN {LAST} ON true JOIN deals_stage s ON s.id = i.stage_id
WHERE {CLOSED_SOMETIME} AND i.stage_id <> k.to_stage_id AND NOT {IS_NEWS} ORDER BY d.name, d.id
"""
MOVED = f"d.id IN (SELECT deal_pk FROM {FRESH})"
HISTORY = f"""
INSERT INTO deals_stagechange (workspace_id, deal_id, link, from_stage_id, to_stage_id, changed_at, is_dated, recorded_at, source, amount)
SELECT {WORKSPACE}, deal_pk, coalesce(link_before, 0) + row_number() OVER w, coalesce(lag(stage_id) OVER w, stage_before), stage_id, at, is_dated, clock_timestamp(),
  'import:' || %(source)s, amount
FROM {FRESH} WINDOW w AS (PARTITION BY deal_pk ORDER BY link)
"""
TEAM = f"""
INSERT INTO deals_dealmember (workspace_id, deal_id, member_id, share, role, joined_at, left_at)
SELECT {WORKSPACE}, d.id, m.id, round(i.share::numeric, 4), '', coalesce({_utc("i.joined_at")}, d.created_at), {_utc("i.left_at")}
FROM in_members i {DEAL} JOIN {_seller("m", "i.member")} ON CONFLICT DO NOTHING
"""
OWNERS = f"""
INSERT INTO deals_dealmember (workspace_id, deal_id, member_id, share, role, joined_at)
SELECT DISTINCT ON (deal_id, member_id) {WORKSPACE}, deal_id, member_id, CASE WHEN count(*) OVER (PARTITION BY deal_id) = 1 THEN 1.0 END, '', at
FROM (
  SELECT d.id AS deal_id, d.owner_id AS member_id, d.created_at AS at FROM {ONCE_DEALS} i {DEAL} WHERE d.owner_id IS NOT NULL
  UNION SELECT d.id, m.id, d.created_at FROM in_team i {DEAL} JOIN {_seller("m", "i.value")}
) parts WHERE NOT EXISTS (SELECT 1 FROM deals_dealmember k WHERE k.deal_id = parts.deal_id) ON CONFLICT DO NOTHING
"""
PEOPLE = f"""
INSERT INTO deals_dealperson (workspace_id, deal_id, person_id, role)
SELECT DISTINCT {WORKSPACE}, d.id, {THE_PERSON}, '' FROM in_deal_people i {DEAL}
JOIN contacts_person p ON p.workspace_id = {WORKSPACE} AND p.source = %(source)s AND p.external_id = i.value AND p.external_id <> ''
  AND {THE_PERSON} IS NOT NULL
ON CONFLICT DO NOTHING
"""
LINES = f"""
INSERT INTO deals_dealline (workspace_id, deal_id, product_id, quantity, amount, position)
SELECT {WORKSPACE}, d.id, p.id, coalesce(i.quantity::numeric, 1), coalesce(i.amount::numeric, 0), i.n FROM in_lines i {DEAL}
JOIN {_named("deals_product")} p ON p.name = i.product WHERE NOT EXISTS (SELECT 1 FROM deals_dealline k WHERE k.deal_id = d.id)
"""
# Deals of which only the way through the pipeline goes on: as much an update as another amount. Asked before anything is written.
MOVED_ONLY = f"""INSERT INTO imports_importrow (workspace_id, run_id, line, "table", row_id, outcome, before, after)
  SELECT {WORKSPACE}, %(run)s::bigint, 0, 'deals', d.id, 'updated', {state(SPECS["deals"], "d")}, {state(SPECS["deals"], "d")}
  FROM {DEALS_HERE} WHERE NOT ({DEAL_DIFFERS}) AND {MOVED} AND %(run)s::bigint IS NOT NULL"""
AFTER_DEALS = (HISTORY, TEAM, OWNERS, PEOPLE, LINES)

# As activities/rules.py keeps a day without a time.
OF_THE_DAY = "(i.due_on::date + time '10:00') AT TIME ZONE 'UTC'"
IN_ACTIVITIES = ONCE.format(table="in_activities")
ACTIVITY_DIFFERS = "i.done_at IS NOT NULL AND a.done_at IS NULL"
ACTIVITIES_HERE = f"{IN_ACTIVITIES} i JOIN activities_activity a ON {_same_as_before('activities', 'a')}"
NEW_ACTIVITIES = f"""
WITH touched AS (INSERT INTO activities_activity (workspace_id, kind, subject, body, direction, at, due_at, due_has_time, done_at, deal_id, company_id, person_id, member_id, source, external_id, created_at)
SELECT {WORKSPACE}, i.kind, coalesce(i.subject, ''), coalesce(i.body, ''), '', {_utc("coalesce(i.at, i.done_at)")},
  {OF_THE_DAY}, false, {_utc("i.done_at")}, d.id, coalesce({THE_COMPANY}, d.company_id, c.id), coalesce({THE_PERSON}, p.id), m.id, %(source)s, i.external_id,
  coalesce({_utc("i.at")}, now())
FROM {IN_ACTIVITIES} i
{_known("deals_deal", "d", "i.deal_id")} {_known("contacts_company", "c", "i.company_id")} {_known("contacts_person", "p", "i.person_id")}
LEFT JOIN {_seller("m", "i.member")} {_known("activities_activity", "a", "i.external_id")}
WHERE a.id IS NULL AND (i.at IS NOT NULL OR i.due_on IS NOT NULL) RETURNING id
), noted AS ({_noted("activities", "created")}) SELECT id FROM touched
"""
DONE_ACTIVITIES = f"""
WITH touched AS (
  UPDATE activities_activity a SET done_at = {_utc("i.done_at")}, at = coalesce(a.at, {_utc("i.done_at")})
  FROM {IN_ACTIVITIES} i, activities_activity b
  WHERE b.id = a.id AND {_same_as_before("activities", "a")} AND {ACTIVITY_DIFFERS}
  RETURNING a.id, {state(SPECS["activities"], "b")} AS before, {state(SPECS["activities"], "a")} AS after
), noted AS ({_noted("activities", "updated")}) SELECT id FROM touched
"""
UNCHANGED = {
    "companies": _unchanged("companies", COMPANIES_HERE, "c", COMPANY_DIFFERS),
    "people": _unchanged("people", PEOPLE_HERE, "p", PERSON_DIFFERS),
    "deals": _unchanged("deals", DEALS_HERE, "d", f"{DEAL_DIFFERS} OR {MOVED}"),
    "activities": _unchanged("activities", ACTIVITIES_HERE, "a", ACTIVITY_DIFFERS),
}
# The new rows and the changed ones.
WRITTEN = {
    "companies": (NEW_COMPANIES, CHANGED_COMPANIES),
    "people": (NEW_PEOPLE, CHANGED_PEOPLE),
    "deals": (NEW_DEALS, CHANGED_DEALS),
    "activities": (NEW_ACTIVITIES, DONE_ACTIVITIES),
}
# For a trial, of whole tables: how many rows would be new, how many are here, and how many of those would change.
NAMED_NEW = "n.names_new OR n.company_not_here IN (SELECT external_id FROM in_companies)"
TRIED = {
    "companies": (
        f"SELECT count(*) FROM {IN_COMPANIES} i {_known('contacts_company', 'c', 'i.external_id')} WHERE c.id IS NULL AND i.name IS NOT NULL",
        _counted(COMPANIES_HERE, COMPANY_DIFFERS),
    ),
    "people": (
        f"SELECT count(*) FROM {IN_PEOPLE} i {_known('contacts_person', 'p', 'i.external_id')} WHERE p.id IS NULL",
        _counted(PEOPLE_HERE, PERSON_DIFFERS),
    ),
    "deals": (
        f"SELECT count(*) FROM {ONCE_DEALS} i {_known('deals_deal', 'd', 'i.deal_id')} WHERE d.id IS NULL",
        _counted(DEALS_HERE, f"{DEAL_DIFFERS} OR {NAMED_NEW} OR {MOVED}"),
    ),
    "activities": (
        f"SELECT count(*) FROM {IN_ACTIVITIES} i {_known('activities_activity', 'a', 'i.external_id')} WHERE a.id IS NULL AND (i.at IS NOT NULL OR i.due_on IS NOT NULL)",
        _counted(ACTIVITIES_HERE, ACTIVITY_DIFFERS),
    ),
}
