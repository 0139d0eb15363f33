"""An invitation says itself which place it holds: no address is written into a member's row for it."""

import django.db.models.deletion
from django.db import migrations, models

from vunnet.workspaces import walls


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0007_exchange_rate")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="seat",
            field=models.ForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="workspaces.member"
            ),
        ),
        walls.refers("workspaces_invitation", "seat_id", "workspaces_member"),
    ]
