"""Days without a time were kept as midnight where they were planned; now as ten o'clock UTC (activities/rules.py).

What imports and bulk changes wrote down of them moves along, so that either can still be taken back.
"""

from django.db import migrations

# Thirteen hours after a midnight anywhere from Honolulu to Auckland it is still that day by UTC.
DAY = "((({moment} AT TIME ZONE 'UTC') + interval '13 hours')::date + time '10:00') AT TIME ZONE 'UTC'"


def _moved(column: str, more: str = "") -> str:
    due = DAY.format(moment=f"(r.{column}->>'due_at')::timestamptz")
    return f"""{column} = CASE WHEN jsonb_typeof(r.{column}) = 'object' THEN r.{column} {more} ||
      CASE WHEN r.{column}->>'due_at' IS NULL OR a.due_has_time THEN '{{}}'::jsonb ELSE jsonb_build_object('due_at', {due}) END ELSE r.{column} END"""


# Of an activity's state two columns more are kept by now.
MORE = "|| jsonb_build_object('minutes', a.minutes, 'due_has_time', a.due_has_time)"
# Row-level security binds the owner too: one workspace after the other.
SHIFT = f"""
DO $$ DECLARE room bigint; BEGIN
  FOR room IN SELECT generate_series(1, (SELECT last_value FROM workspaces_workspace_id_seq)) LOOP
    PERFORM set_config('vunnet.workspace', room::text, true);
    UPDATE imports_importrow r SET {_moved("after", MORE)}, {_moved("before", MORE)}
      FROM activities_activity a WHERE r."table" = 'activities' AND a.id = r.row_id AND a.workspace_id = r.workspace_id;
    UPDATE lists_bulkrow r SET {_moved("after")}, {_moved("before")}
      FROM lists_bulkchange b, activities_activity a
      WHERE b.id = r.bulk_id AND b."table" = 'activities' AND a.id = r.row_id AND a.workspace_id = r.workspace_id;
    UPDATE activities_activity SET due_at = {DAY.format(moment="due_at")} WHERE due_at IS NOT NULL AND NOT due_has_time;
  END LOOP;
  PERFORM set_config('vunnet.workspace', '', true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0004_sent_once"),
        ("workspaces", "0006_formats"),
        ("imports", "0003_undoing"),
        ("lists", "0001_saved_view_and_bulk_change"),
    ]

    operations = [migrations.RunSQL(SHIFT, migrations.RunSQL.noop)]
