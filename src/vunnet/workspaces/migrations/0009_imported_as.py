"""What imported files call a member stands in a column of its own, which nobody's new name changes."""

from django.db import migrations, models
from django.db.models.functions import Lower

from vunnet.workspaces.keys import FILL

# Row-level security binds the owner too: one workspace after the other.
FILL_ALL = f"""
DO $$ DECLARE room bigint; BEGIN
  FOR room IN SELECT generate_series(1, (SELECT last_value FROM workspaces_workspace_id_seq)) LOOP
    PERFORM set_config('vunnet.workspace', room::text, true);
    {FILL};
  END LOOP;
  PERFORM set_config('vunnet.workspace', '', true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0008_invitation_seat"), ("journal", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="member",
            name="imported_as",
            field=models.TextField(blank=True, default="", help_text="What imported files call them; empty: by no name."),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL_ALL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(
                "workspace", Lower("imported_as"), condition=~models.Q(imported_as=""), name="member_imported_once"
            ),
        ),
    ]
