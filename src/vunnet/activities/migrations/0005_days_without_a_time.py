"""Days without a time were kept as midnight where they were planned; now as ten o'clock UTC, which is that day wherever it is read."""

from django.db import migrations

# Midnight of the workspace's zone, else of whoever has to do it, tells which day was meant. Row-level security binds the owner too.
SHIFT = """
DO $$ DECLARE room bigint; BEGIN
  FOR room IN SELECT generate_series(1, (SELECT last_value FROM workspaces_workspace_id_seq)) LOOP
    PERFORM set_config('vunnet.workspace', room::text, true);
    UPDATE activities_activity a SET due_at = (coalesce(
        CASE WHEN (a.due_at AT TIME ZONE w.time_zone)::time = '00:00' THEN (a.due_at AT TIME ZONE w.time_zone)::date END,
        (SELECT (a.due_at AT TIME ZONE u.time_zone)::date FROM workspaces_member m JOIN workspaces_user u ON u.id = m.user_id
          WHERE m.id = a.member_id AND u.time_zone <> '' AND (a.due_at AT TIME ZONE u.time_zone)::time = '00:00'),
        (a.due_at AT TIME ZONE w.time_zone)::date) + time '10:00') AT TIME ZONE 'UTC'
    FROM workspaces_workspace w WHERE w.id = a.workspace_id AND a.due_at IS NOT NULL AND NOT a.due_has_time;
  END LOOP;
  PERFORM set_config('vunnet.workspace', '', true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0004_sent_once"),
        ("workspaces", "0006_formats"),
    ]

    operations = [migrations.RunSQL(SHIFT, migrations.RunSQL.noop)]
