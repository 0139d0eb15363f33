"""Staged rows of chosen columns beside the rows that are here: matched, counted, written, by sets. Runs in the workspace's scope."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
from django.db import connection

from vunnet.activities.handing_over import hand_over
from vunnet.deals.models import Product, Source
from vunnet.deals.seats import pass_on
from vunnet.imports.inserting import INSERTS
from vunnet.imports.kinds import ACTIVITY_KIND, SOURCE, SPECS, Spec, state
from vunnet.imports.models import Import
from vunnet.imports.staging import run_set, stage
from vunnet.imports.statements import OF_THE_DAY, SELLERS
from vunnet.journal.record import record
from vunnet.workspaces.models import Member, Role

# What to do with a row that is here already.
KNOWN = ("update", "skip")
# Kind → the rules by which a row is the same as one that is here; the first is proposed.
RULES = {
    "people": ("email", "name_company", "external_id", "none"),
    "companies": ("name", "company_number", "domain", "external_id", "none"),
    "deals": ("name_company", "external_id", "none"),
    "activities": ("same", "external_id", "none"),
}


def _digits_of(number: str) -> str:
    """A company's number however it is written; null where it has no digits."""
    return f"nullif(regexp_replace({number}, '[^0-9]', '', 'g'), '')"


SAME_COMPANY = "(t.company_id = i.company_id OR i.company IS NULL AND t.company_id IS NULL)"
PERSON_NAME = "lower(concat_ws(' ', nullif(i.first_name, ''), nullif(i.last_name, '')))"
DEAL_NAME = "lower(coalesce(i.name, i.company))"
SAME_ACTIVITY = f"""t.kind = {ACTIVITY_KIND} AND lower(t.subject) = lower(coalesce(i.subject, '')) AND t.body = coalesce(i.body, '')
  AND coalesce(t.due_at, t.at) = coalesce(i.due, i.happened) AND t.deal_id IS NOT DISTINCT FROM i.deal_id AND t.person_id IS NOT DISTINCT FROM i.person_id
  AND t.company_id IS NOT DISTINCT FROM i.company_id"""
ACTIVITY_KEY = f"""md5(concat_ws('|', {ACTIVITY_KIND}, lower(i.subject), i.body, coalesce(i.due, i.happened), i.deal_id, i.person_id, coalesce(i.company_id::text, lower(i.company))))"""
# Kind, rule → (the row here, the key by which two rows of the file are the same).
CONDITIONS = {
    ("people", "email"): ("lower(t.email) = i.email", "i.email"),
    ("people", "name_company"): (f"lower(t.name) = {PERSON_NAME} AND {SAME_COMPANY}", f"nullif({PERSON_NAME}, '') || '|' || coalesce(lower(i.company), '')"),
    ("companies", "name"): ("lower(t.name) = lower(i.name)", "lower(i.name)"),
    ("companies", "company_number"): (f"{_digits_of('t.company_number')} = {_digits_of('i.company_number')}", _digits_of("i.company_number")),
    ("companies", "domain"): ("lower(t.domain) = lower(i.domain) AND t.domain <> ''", "lower(i.domain)"),
    ("deals", "name_company"): (f"lower(t.name) = {DEAL_NAME} AND {SAME_COMPANY}", f"{DEAL_NAME} || '|' || coalesce(lower(i.company), '')"),
    ("activities", "same"): (SAME_ACTIVITY, ACTIVITY_KEY),
}  # fmt: skip
BY_NUMBER = (f"t.source = '{SOURCE}' AND t.external_id = i.external_id AND t.external_id <> ''", "i.external_id")
# By what a row is known that lacks what the rule looks at.
OTHERWISE = {"people": "name_company", "companies": "name", "deals": "name_company", "activities": "same"}
# Which meaning a rule looks at, to name the cell that is unclear.
LOOKS_AT = {
    "email": "email",
    "name_company": "name",
    "name": "name",
    "company_number": "company_number",
    "domain": "domain",
    "external_id": "external_id",
    "same": "subject",
    "none": "",
}


def stage_rows(table: pa.Table, kind: str) -> None:
    """The rows as the temporary table `in_rows`, with room for what they are matched with."""
    stage("in_rows", table, ("line", *SPECS[kind].given, "custom"))
    run_set("ALTER TABLE in_rows ADD company_id bigint, ADD owner_id bigint, ADD product_id bigint, ADD origin_id bigint, ADD stage_id bigint, ADD pipeline_id bigint,"
         " ADD deal_id bigint, ADD deals bigint, ADD person_id bigint, ADD persons bigint, ADD happened timestamptz, ADD due timestamptz, ADD done timestamptz,"
         " ADD closes boolean, ADD match_id bigint, ADD match_n int, ADD same_as int, ADD new_id bigint")  # fmt: skip


def match(kind: str, rule: str) -> None:
    """Find what each row names, which row it is the same as, and which repeat an earlier one of the file."""
    _look_up(kind)
    if rule == "none":
        return
    _match_by(kind, rule, "true")
    if rule != OTHERWISE[kind]:
        # Without what the rule looks at a row would be new each time the file comes again.
        _match_by(kind, OTHERWISE[kind], f"{_rule(kind, rule)[1]} IS NULL")


def _rule(kind: str, rule: str) -> tuple[str, str]:
    return CONDITIONS.get((kind, rule), BY_NUMBER)


def _match_by(kind: str, rule: str, among: str) -> None:
    here, key = _rule(kind, rule)
    run_set(f"""UPDATE in_rows i SET match_id = m.id, match_n = m.n FROM (
      SELECT i.n AS row, min(t.id) AS id, count(*) AS n FROM in_rows i JOIN {SPECS[kind].table} t ON t.workspace_id = {{W}} AND t.deleted_at IS NULL AND {here}
      WHERE {among} GROUP BY i.n) m WHERE m.row = i.n""")
    run_set(f"""UPDATE in_rows i SET same_as = d.first FROM (
      SELECT i.n AS row, first_value(i.line) OVER (PARTITION BY {key} ORDER BY i.n) AS first FROM in_rows i WHERE {key} IS NOT NULL AND {among}) d
      WHERE d.row = i.n AND d.first <> i.line""")


def _look_up(kind: str) -> None:
    given = SPECS[kind].given
    if "company" in given:
        run_set("""UPDATE in_rows i SET company_id = c.id FROM (SELECT DISTINCT ON (lower(name)) lower(name) AS name, id FROM contacts_company
          WHERE workspace_id = {W} AND deleted_at IS NULL ORDER BY lower(name), id) c WHERE c.name = lower(i.company)""")
    run_set(f"UPDATE in_rows i SET owner_id = m.id FROM {SELLERS} m WHERE m.said = lower(i.owner)")
    if kind == "activities":
        _look_up_what_it_is_about()
    if kind != "deals":
        return
    _find_people()
    for column, table in (("product", "deals_product"), ("source", "deals_source")):
        run_set(f"""UPDATE in_rows i SET {"product" if column == "product" else "origin"}_id = p.id FROM (SELECT DISTINCT ON (lower(name)) lower(name) AS name, id FROM {table}
          WHERE workspace_id = {{W}} ORDER BY lower(name), id) p WHERE p.name = lower(i.{column})""")
    run_set("""UPDATE in_rows i SET stage_id = s.id, pipeline_id = s.pipeline_id, closes = s.kind <> 'open' FROM (
        SELECT DISTINCT ON (lower(s.name)) lower(s.name) AS name, s.id, s.pipeline_id, s.kind FROM deals_stage s JOIN deals_pipeline p ON p.id = s.pipeline_id
        WHERE s.workspace_id = {W} AND NOT s.is_archived AND NOT p.is_archived ORDER BY lower(s.name), p.position, p.id) s
      WHERE s.name = lower(i.stage)""")
    # However this workspace calls its last rooms.
    for kind, words in LAST_ROOMS.items():
        run_set(
            """UPDATE in_rows i SET stage_id = s.id, pipeline_id = s.pipeline_id, closes = true FROM (
            SELECT s.id, s.pipeline_id FROM deals_stage s JOIN deals_pipeline p ON p.id = s.pipeline_id
            WHERE s.workspace_id = {W} AND s.kind = %(kind)s AND NOT s.is_archived AND NOT p.is_archived ORDER BY p.position, p.id LIMIT 1) s
          WHERE i.stage_id IS NULL AND lower(i.stage) = ANY(%(words)s)""",
            kind=kind,
            words=list(words),
        )
    run_set("""UPDATE in_rows i SET stage_id = s.id, pipeline_id = s.pipeline_id, closes = false FROM (
        SELECT s.id, s.pipeline_id FROM deals_stage s JOIN deals_pipeline p ON p.id = s.pipeline_id
        WHERE s.workspace_id = {W} AND s.kind = 'open' AND NOT s.is_archived AND NOT p.is_archived ORDER BY p.position, p.id, s.position LIMIT 1) s
      WHERE i.stage IS NULL""")
    # One column of closing dates, as most systems have it: of an open deal it is the expected one.
    run_set("""UPDATE in_rows i SET expected_close_on = (i.closed_at::timestamp AT TIME ZONE 'UTC' AT TIME ZONE w.time_zone)::date FROM workspaces_workspace w
      WHERE w.id = {W} AND NOT i.closes AND i.expected_close_on IS NULL AND i.closed_at IS NOT NULL""")


LAST_ROOMS = {
    "won": ("won", "closed won", "vunnet", "solgt"),
    "lost": ("lost", "closed lost", "tapt"),
    "cancelled": ("cancelled", "canceled", "avlyst", "avbrutt", "kansellert", "trukket"),
}
OF_COMPANY = "(i.company IS NULL OR t.company_id = i.company_id)"
AT, DONE = ("i.at::timestamp AT TIME ZONE 'UTC'", "i.done_at::timestamp AT TIME ZONE 'UTC'")


def _look_up_what_it_is_about() -> None:
    """The deal and the person an activity names, and when it happened or is due: what has a day to be done by and is not done is planned."""
    _find("deal", "deals_deal", f"lower(t.name) = lower(i.deal) AND {OF_COMPANY}")
    _find("deal", "deals_deal", "t.external_id = i.deal AND t.external_id <> ''")
    _find_people()
    run_set("""UPDATE in_rows i SET company_id = coalesce(d.company_id, p.company_id) FROM in_rows r LEFT JOIN deals_deal d ON d.id = r.deal_id
      LEFT JOIN contacts_person p ON p.id = r.person_id WHERE r.n = i.n AND i.company IS NULL""")
    run_set(f"""UPDATE in_rows i SET done = {DONE},
        happened = CASE WHEN i.done_at IS NOT NULL THEN coalesce({AT}, {DONE}) WHEN i.due_on IS NULL AND {AT} <= now() THEN {AT} END,
        due = coalesce({OF_THE_DAY}, CASE WHEN i.done_at IS NULL AND {AT} > now() THEN {AT} END)""")


def _find_people() -> None:
    _find("person", "contacts_person", "lower(t.email) = lower(i.email) AND t.email <> ''")
    _find("person", "contacts_person", f"lower(t.name) = lower(i.person) AND {OF_COMPANY}")


def _find(what: str, table: str, same: str) -> None:
    """Where none was found yet: the row of `table` that is the same, and how many are."""
    run_set(f"""UPDATE in_rows i SET {what}_id = f.id, {what}s = f.several FROM (
        SELECT i.n, min(t.id) AS id, count(*) AS several FROM in_rows i JOIN {table} t ON t.workspace_id = {{W}} AND t.deleted_at IS NULL AND {same}
        WHERE i.{what}_id IS NULL GROUP BY i.n) f WHERE f.n = i.n""")


def unclear(kind: str, rule: str) -> list[tuple[int, str, str]]:
    """(line, meaning, reason) of the rows that cannot be taken as they are; the meaning is what the rule looks at."""
    found: list[tuple[int, str, str]] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT line, same_as, match_n FROM in_rows WHERE same_as IS NOT NULL OR match_n > 1 ORDER BY n")
        for line, same_as, _several in cursor.fetchall():
            found.append((line, LOOKS_AT[rule], f"same:{same_as}" if same_as is not None else "several"))
        if kind == "deals":
            cursor.execute("SELECT line, stage FROM in_rows WHERE stage_id IS NULL AND same_as IS NULL ORDER BY n")
            found += [(line, "stage", f"stage:{stage or ''}") for line, stage in cursor.fetchall()]
            cursor.execute(
                "SELECT line, CASE WHEN person IS NULL THEN 'email' ELSE 'person' END, 'people:' || coalesce(person, email)"
                " FROM in_rows WHERE persons > 1 AND same_as IS NULL ORDER BY n"
            )
            found += cursor.fetchall()
        if kind == "activities":
            cursor.execute(f"SELECT line, meaning, reason FROM ({ACTIVITIES_UNCLEAR}) u ORDER BY line")
            found += cursor.fetchall()
    return found


ACTIVITIES_UNCLEAR = """
  SELECT i.line, 'deal' AS meaning, CASE WHEN i.deal_id IS NULL THEN 'deal:' ELSE 'deals:' END || i.deal AS reason FROM in_rows i
  WHERE i.same_as IS NULL AND i.deal IS NOT NULL AND coalesce(i.deals, 0) <> 1
  UNION ALL SELECT i.line, CASE WHEN i.person IS NULL THEN 'email' ELSE 'person' END, CASE WHEN i.person_id IS NULL THEN 'person:' ELSE 'people:' END || coalesce(i.person, i.email) FROM in_rows i
  WHERE i.same_as IS NULL AND coalesce(i.person, i.email) IS NOT NULL AND coalesce(i.persons, 0) <> 1
  UNION ALL SELECT i.line, 'at', 'when' FROM in_rows i WHERE i.same_as IS NULL AND i.happened IS NULL AND i.due IS NULL"""


CLEAR = {"deals": "i.stage_id IS NOT NULL", "activities": f"i.line NOT IN (SELECT line FROM ({ACTIVITIES_UNCLEAR}) u)"}
TAKEN = "i.same_as IS NULL AND coalesce(i.match_n, 0) <= 1"


def count(kind: str, known: str) -> dict[str, int]:
    """How many rows would be new, updated and left as they are."""
    taken = f"{TAKEN} AND {CLEAR.get(kind, 'true')}"
    spec = SPECS[kind]
    after, before = _after(spec), state(spec)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*) FILTER (WHERE t.id IS NULL), count(*) FILTER (WHERE t.id IS NOT NULL AND {after} <> {before})
            FROM in_rows i LEFT JOIN {spec.table} t ON t.id = i.match_id WHERE {taken}"""
        )
        new, changed = cursor.fetchone()
        cursor.execute(f"SELECT count(*) FROM in_rows i WHERE {taken}")
        whole = cursor.fetchone()[0]
    updates = changed if known == "update" else 0
    return {"new": new, "updates": updates, "same": whole - new - updates}


def _after(spec: Spec) -> str:
    """What they would be: the file's where it says something, else as they are."""
    parts = []
    for name in spec.state:
        value = (
            "t.custom || coalesce(i.custom::jsonb, '{}')" if name == "custom" else f"coalesce({_typed(name)}, t.{name})"
        )
        parts.append(f"'{name}', {value}")
    return "jsonb_build_object(" + ", ".join(parts) + ")"


def _typed(name: str) -> str:
    return {
        "amount": "i.amount::numeric",
        "employees": "i.employees::bigint",
        "expected_close_on": "i.expected_close_on::date",
        "minutes": "i.minutes::int",
        # What was planned has not happened because its time has passed: only being done says so.
        "at": "CASE WHEN t.due_at IS NULL OR i.done IS NOT NULL THEN i.happened END",
        "due_at": "i.due",
        "due_has_time": "CASE WHEN i.due IS NOT NULL THEN i.due_on IS NULL END",
        "done_at": "i.done",
        "member_id": "i.owner_id",
    }.get(name, f"i.{name}")


def write(run: Import, kind: str, known: str, *, by: Member | None) -> None:
    """Write the staged rows: those that are new, and those that are here and differ where they shall be updated."""
    _make_names(run, kind, by)
    spec = SPECS[kind]
    run_set(f"UPDATE in_rows SET new_id = nextval(pg_get_serial_sequence('{spec.table}', 'id')) WHERE match_id IS NULL")
    INSERTS[kind]()
    run_set(
        f"""INSERT INTO imports_importrow (workspace_id, run_id, line, "table", row_id, outcome, after)
      SELECT {{W}}, %(run)s, i.line, '{kind}', t.id, 'created', {state(spec)} FROM in_rows i JOIN {spec.table} t ON t.id = i.new_id""",
        run=run.pk,
    )
    _journal(spec, "i.new_id", "FROM in_rows i WHERE i.new_id IS NOT NULL")
    outcome = "CASE WHEN c.before <> c.after THEN 'updated' ELSE 'same' END" if known == "update" else "'same'"
    run_set(f"""DROP TABLE IF EXISTS in_changes; CREATE TEMPORARY TABLE in_changes ON COMMIT DROP AS
      SELECT i.line, t.id, {state(spec)} AS before, {_after(spec)} AS after FROM in_rows i JOIN {spec.table} t ON t.id = i.match_id""")
    run_set(
        f"""INSERT INTO imports_importrow (workspace_id, run_id, line, "table", row_id, outcome, before, after)
      SELECT {{W}}, %(run)s, c.line, '{kind}', c.id, {outcome}, c.before, c.after FROM in_changes c""",
        run=run.pk,
    )
    if known == "update":
        give(spec, "in_changes c", "c.after", "t.id = c.id AND c.before <> c.after")
        _journal(spec, "c.id", f"{CHANGED} FROM in_changes c WHERE c.before <> c.after")
        if kind == "deals":
            _hand_over(by)


def _hand_over(by: Member | None) -> None:
    """What goes along with deals that change hands."""
    with connection.cursor() as cursor:
        cursor.execute("""SELECT id, (before ->> 'owner_id')::bigint, (after ->> 'owner_id')::bigint FROM in_changes
          WHERE before -> 'owner_id' <> after -> 'owner_id'""")
        owners = {deal: (old, new) for deal, old, new in cursor.fetchall()}
    pass_on(owners)
    if by is not None:
        hand_over(owners, by=by)


CHANGED = """, (SELECT jsonb_object_agg(regexp_replace(k, '_id$', ''), jsonb_build_array(c.before -> k, c.after -> k))
  FROM jsonb_object_keys(c.after) k WHERE c.before -> k IS DISTINCT FROM c.after -> k)"""


def give(spec: Spec, rows: str, values: str, where: str) -> int:
    """Write kept columns back into rows, from JSON."""
    columns = ", ".join(f"{name} = x.{name}" for name in spec.state)
    return run_set(
        f"UPDATE {spec.table} t SET {columns} FROM {rows}, jsonb_populate_record(NULL::{spec.table}, {values}) x WHERE {where}"
    )


def _journal(spec: Spec, number: str, rest: str) -> None:
    changes = rest if rest.startswith(",") else f", '{{}}'::jsonb {rest}"
    run_set(f"""INSERT INTO journal_entry (workspace_id, at, verb, "table", row_id, source, request_id, changes)
      SELECT {{W}}, now(), '{spec.row}.imported', '{spec.table}', {number}, 'import:{SOURCE}', '' {changes}""")


def _make_names(run: Import, kind: str, by: Member | None) -> None:
    """What the rows name and is not here: companies, sellers, products, sources."""
    if "company" in SPECS[kind].given:
        run_set("""CREATE TEMPORARY TABLE IF NOT EXISTS in_new_company (line int, id bigint, name text) ON COMMIT DROP; TRUNCATE in_new_company;
          INSERT INTO in_new_company SELECT min(line), nextval(pg_get_serial_sequence('contacts_company', 'id')), min(company)
          FROM in_rows WHERE company_id IS NULL AND company IS NOT NULL GROUP BY lower(company)""")
        run_set(f"""INSERT INTO contacts_company (id, workspace_id, name, domain, website, phone, industry, city, country, custom, source, external_id, created_at)
          SELECT id, {{W}}, name, '', '', '', '', '', '', '{{}}', '{SOURCE}', '', now() FROM in_new_company""")
        run_set(
            f"""INSERT INTO imports_importrow (workspace_id, run_id, line, "table", row_id, outcome, after)
          SELECT {{W}}, %(run)s, n.line, 'companies', t.id, 'created', {state(SPECS["companies"])} FROM in_new_company n JOIN contacts_company t ON t.id = n.id""",
            run=run.pk,
        )
        _journal(SPECS["companies"], "n.id", "FROM in_new_company n")
    for owner in _missing("owner", "owner_id"):
        made = Member.objects.create(
            workspace_id=run.workspace_id, name=owner, imported_as=owner, role=Role.REP, source=SOURCE
        )
        record(made, "member.imported", by=by, name=owner)
    if kind == "deals":
        Product.objects.bulk_create(
            [Product(workspace_id=run.workspace_id, name=name) for name in _missing("product", "product_id")]
        )
        Source.objects.bulk_create(
            [Source(workspace_id=run.workspace_id, name=name) for name in _missing("source", "origin_id")]
        )
    _look_up(kind)
    if kind == "deals":
        _make_people(run)


def _make_people(run: Import) -> None:
    """Contacts that deals name and that are not here: one by an address, else by a name and company."""
    key = "coalesce(lower(i.email), lower(i.person) || ' ' || coalesce(i.company_id, 0))"
    run_set(f"""CREATE TEMPORARY TABLE IF NOT EXISTS in_new_person (line int, id bigint, key text, name text, email text, company_id bigint) ON COMMIT DROP; TRUNCATE in_new_person;
      INSERT INTO in_new_person SELECT min(i.line), nextval(pg_get_serial_sequence('contacts_person', 'id')), {key}, min(coalesce(i.person, '')), min(coalesce(i.email, '')), min(i.company_id)
      FROM in_rows i WHERE i.person_id IS NULL AND coalesce(i.person, i.email) IS NOT NULL GROUP BY {key}""")
    # By the same key, not by the name again: namesakes of two companies would be two to a row that names no company.
    run_set(
        f"UPDATE in_rows i SET person_id = p.id, persons = 1 FROM in_new_person p WHERE i.person_id IS NULL AND p.key = {key}"
    )
    run_set(rf"""INSERT INTO contacts_person (id, workspace_id, first_name, last_name, email, phone, title, company_id, custom, source, external_id, created_at)
      SELECT id, {{W}}, CASE WHEN name ~ '\s' THEN regexp_replace(trim(name), '\s+\S+$', '') ELSE name END, coalesce(substring(trim(name) from '\s(\S+)$'), ''),
        email, '', '', company_id, '{{}}', '{SOURCE}', '', now() FROM in_new_person""")
    run_set(
        f"""INSERT INTO imports_importrow (workspace_id, run_id, line, "table", row_id, outcome, after)
      SELECT {{W}}, %(run)s, n.line, 'people', t.id, 'created', {state(SPECS["people"])} FROM in_new_person n JOIN contacts_person t ON t.id = n.id""",
        run=run.pk,
    )
    _journal(SPECS["people"], "n.id", "FROM in_new_person n")


def not_kept(kind: str) -> dict[str, int]:
    """Of the deals that would be new: how many come in closed without a closing date or without an opening date, and how many open without one.
    Of those that are here: how many the file has in another stage."""
    if kind != "deals":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"""SELECT count(*) FILTER (WHERE t.id IS NULL AND i.closes AND i.closed_at IS NULL), count(*) FILTER (WHERE t.id IS NULL AND i.closes AND i.created_at IS NULL),
          count(*) FILTER (WHERE t.id IS NULL AND NOT i.closes AND i.created_at IS NULL), count(*) FILTER (WHERE i.stage IS NOT NULL AND t.stage_id <> i.stage_id)
          FROM in_rows i LEFT JOIN deals_deal t ON t.id = i.match_id WHERE {TAKEN} AND {CLEAR[kind]}""")
        return dict(zip(("not_closed", "not_opened", "opened_here", "elsewhere"), cursor.fetchone(), strict=True))


def new_sellers(kind: str) -> list[str]:
    """Who the rows name as owner and is not here: they become members who cannot sign in."""
    return list(_missing("owner", "owner_id")) if "owner" in SPECS[kind].given else []


def _missing(column: str, found: str) -> Iterable[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min({column}) FROM in_rows WHERE {found} IS NULL AND {column} IS NOT NULL GROUP BY lower({column}) ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]
