"""Erasing a whole workspace: the sample once it has served, or one's own by law. With actions.py the only writer of this room's tables."""

from __future__ import annotations

from django.db import connection, migrations
from django.utils.translation import gettext as _

from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.models import Member, Role, Workspace

# Only the tables' owner may remove history and journal, and only of the workspace whose scope is open. The tables are found from the
# catalogue, so that one born later is not forgotten; their references are checked at the end, so that the order does not matter.
ERASE = """
CREATE OR REPLACE FUNCTION journal_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'DELETE' AND current_setting('vunnet.purging', true) = 'workspace'
     AND current_user::regrole = (SELECT relowner::regrole FROM pg_class WHERE oid = TG_RELID) THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'the journal is appended, never edited' USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION erase_workspace() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  room bigint := nullif(current_setting('vunnet.workspace', true), '')::bigint;
  part regclass;
BEGIN
  IF room IS NULL THEN
    RAISE EXCEPTION 'no workspace is open' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SET CONSTRAINTS ALL DEFERRED;
  PERFORM set_config('vunnet.purging', 'workspace', true);
  -- Words to find rows by first: the triggers that would remove them one by one then find none.
  FOR part IN SELECT c.oid::regclass FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname <> 'workspaces_searchtoken' LOOP
    EXECUTE format('DELETE FROM %s WHERE workspace_id = $1', part) USING room;
  END LOOP;
  DELETE FROM workspaces_workspace WHERE id = room;
  PERFORM set_config('vunnet.purging', '', true);
  SET CONSTRAINTS ALL IMMEDIATE;
END $$;
REVOKE ALL ON FUNCTION erase_workspace() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_workspace() TO vunnet_app;
"""

ERASING = migrations.RunSQL(ERASE, "DROP FUNCTION erase_workspace()")


def erase_workspace(room: Workspace, *, by: Member, name: str) -> None:
    """Erase a workspace with everything in it, for ever. Its people can still sign in elsewhere.

    Owners only, who say its name; the sample goes without a name, by whoever administers it. Runs in the workspace's scope.
    """
    if by.workspace_id != room.pk or not by.may_administer or (by.role != Role.OWNER and not room.is_sample):
        raise RuleBroken(_("Only an owner can erase a workspace."))
    if not room.is_sample and " ".join(name.split()) != room.name:
        raise RuleBroken(_("Write the workspace's name, “%(name)s”, to erase it.") % {"name": room.name}, "name")
    with connection.cursor() as cursor:
        cursor.execute("SELECT erase_workspace()")
