"""What the database itself promises of stage history, as SQL for the migration.

1. A row of `deals_stagechange` is never changed or removed.
2. The rows of a deal form a chain: links 1, 2, 3 …, each beginning where the one before ended and not earlier, all in the deal's pipeline.
3. A deal's stage, the day it entered it and the day it closed are copies of the last link. The database writes the copies;
   any other writing of them fails, in bulk or one by one, and a deal without a first link cannot be committed. A closing whose
   day nobody knows (`is_dated` is false) gives the deal no closing day.

The checks are statement-wise, so that an import of 400,000 changes pays for sets and not for rows.
"""

from __future__ import annotations

from django.db import migrations

APPENDED = """
CREATE FUNCTION stage_change_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'stage history is appended, never edited (% on %)', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON deals_stagechange FOR EACH STATEMENT EXECUTE FUNCTION stage_change_kept();
"""

CHAINED = """
-- An import's first rows come before any statistics, and a plan that reads the whole table for each would be kept: hence the settings.
CREATE OR REPLACE FUNCTION stage_change_chained() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  broken record;
  -- A list, not a join with the transition table: that one has no statistics either.
  touched bigint[] := ARRAY(SELECT DISTINCT deal_id FROM added);
BEGIN
  SELECT chain.deal_id, chain.is_elsewhere INTO broken FROM (
    SELECT c.deal_id, c.link, c.from_stage_id, c.to_stage_id, c.changed_at, s.pipeline_id <> d.pipeline_id AS is_elsewhere,
           lag(c.link, 1, 0) OVER w AS link_before, lag(c.to_stage_id) OVER w AS stage_before, lag(c.changed_at) OVER w AS at_before
    FROM deals_stagechange c JOIN deals_stage s ON s.id = c.to_stage_id JOIN deals_deal d ON d.id = c.deal_id
    WHERE c.deal_id = ANY(touched)
    WINDOW w AS (PARTITION BY c.deal_id ORDER BY c.link)
  ) chain
  WHERE chain.link <> chain.link_before + 1 OR chain.from_stage_id IS DISTINCT FROM chain.stage_before
     OR chain.from_stage_id = chain.to_stage_id OR chain.changed_at < chain.at_before OR chain.is_elsewhere
  ORDER BY chain.is_elsewhere DESC LIMIT 1;
  IF broken.is_elsewhere THEN
    RAISE EXCEPTION 'deal % cannot enter a stage of another pipeline', broken.deal_id USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_change_pipeline';
  ELSIF FOUND THEN
    RAISE EXCEPTION 'the stage history of deal % is not a chain', broken.deal_id USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_change_chain';
  END IF;
  UPDATE deals_deal d SET stage_id = l.to_stage_id, stage_entered_at = l.changed_at, closed_at = l.closed_at
  FROM (SELECT DISTINCT ON (c.deal_id) c.deal_id, c.to_stage_id, c.changed_at, CASE WHEN s.kind <> 'open' AND c.is_dated THEN c.changed_at END AS closed_at
        FROM deals_stagechange c JOIN deals_stage s ON s.id = c.to_stage_id
        WHERE c.deal_id = ANY(touched) ORDER BY c.deal_id, c.link DESC) l
  WHERE d.id = l.deal_id AND (d.stage_id, d.stage_entered_at, d.closed_at) IS DISTINCT FROM (l.to_stage_id, l.changed_at, l.closed_at);
  RETURN NULL;
END $$;
"""
CHAINING = """
CREATE TRIGGER chained AFTER INSERT ON deals_stagechange REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION stage_change_chained();
"""

COPIED = """
-- Deferred to the commit, where another scope may be open than the one that wrote the row: it looks from the row's own room.
-- One query with a kept plan: an import asks it a hundred thousand times.
CREATE OR REPLACE FUNCTION deal_stage_copied() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  scope_before text := coalesce(current_setting('vunnet.workspace', true), '');
  is_copy boolean;
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.pipeline_id <> OLD.pipeline_id THEN
    RAISE EXCEPTION 'deal % cannot leave its pipeline', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'deal_pipeline_kept';
  END IF;
  IF scope_before <> NEW.workspace_id::text THEN
    PERFORM set_config('vunnet.workspace', NEW.workspace_id::text, true);
  END IF;
  -- Not NEW: the deal may have moved on, or gone, since the statement that queued this check.
  SELECT c.to_stage_id = d.stage_id AND c.changed_at = d.stage_entered_at
      AND d.closed_at IS NOT DISTINCT FROM CASE WHEN s.kind <> 'open' AND c.is_dated THEN c.changed_at END INTO is_copy
    FROM deals_deal d JOIN deals_stagechange c ON c.deal_id = d.id JOIN deals_stage s ON s.id = c.to_stage_id
    WHERE d.id = NEW.id ORDER BY c.link DESC LIMIT 1;
  IF NOT coalesce(is_copy, NOT EXISTS (SELECT 1 FROM deals_deal d WHERE d.id = NEW.id)) THEN
    RAISE EXCEPTION 'the stage of deal % is not the last link of its history', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'deal_stage_copy';
  END IF;
  IF scope_before <> NEW.workspace_id::text THEN
    PERFORM set_config('vunnet.workspace', scope_before, true);
  END IF;
  RETURN NULL;
END $$;
"""
COPYING = """
CREATE CONSTRAINT TRIGGER stage_begun AFTER INSERT ON deals_deal DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION deal_stage_copied();
CREATE TRIGGER stage_copied AFTER UPDATE OF stage_id, stage_entered_at, closed_at, pipeline_id ON deals_deal
  FOR EACH ROW EXECUTE FUNCTION deal_stage_copied();
"""

# The ways out: a deal that was deleted thirty days ago goes with its history, and a workspace that is erased goes whole
# (workspaces/erasure.py). Both are functions of the tables' owner, which decide by themselves what goes; whoever serves may set the
# switch, but is not the owner, and has no right to remove a link either.
PURGE = """
CREATE OR REPLACE FUNCTION stage_change_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'DELETE' AND current_setting('vunnet.purging', true) IN ('deals', 'workspace')
     AND current_user::regrole = (SELECT relowner::regrole FROM pg_class WHERE oid = TG_RELID) THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'stage history is appended, never edited (% on %)', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION purge_deals() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  room bigint := nullif(current_setting('vunnet.workspace', true), '')::bigint;
  part record;
  gone bigint[] := ARRAY(SELECT id FROM deals_deal WHERE workspace_id = room AND deleted_at < now() - interval '30 days' LIMIT 5000);
BEGIN
  PERFORM set_config('vunnet.purging', 'deals', true);
  -- Every table that names a deal, found from the catalogue, so that one born later is not forgotten.
  FOR part IN SELECT c.conrelid::regclass AS name, a.attname AS deal FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) AND a.attname <> 'workspace_id'
    WHERE c.contype = 'f' AND c.confrelid = 'deals_deal'::regclass LOOP
    EXECUTE format('DELETE FROM %s WHERE workspace_id = $1 AND %I = ANY($2)', part.name, part.deal) USING room, gone;
  END LOOP;
  DELETE FROM deals_deal WHERE workspace_id = room AND id = ANY(gone);
  PERFORM set_config('vunnet.purging', '', true);
  INSERT INTO journal_entry (workspace_id, at, verb, "table", row_id, changes, source, request_id)
    SELECT room, now(), 'deal.purged', 'deals_deal', id, '{}', '', '' FROM unnest(gone) id;
  RETURN cardinality(gone);
END $$;
REVOKE ALL ON FUNCTION purge_deals() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_deals() TO vunnet_app;
"""

PURGING = migrations.RunSQL(PURGE, migrations.RunSQL.noop)
TRIGGERS = migrations.RunSQL(APPENDED + CHAINED + CHAINING + COPIED + COPYING, migrations.RunSQL.noop)
# The same, as they are now, for a database that has the triggers already.
REDEFINED = migrations.RunSQL(CHAINED + COPIED, migrations.RunSQL.noop)
