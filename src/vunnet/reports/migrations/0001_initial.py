import django.db.models.deletion
from django.db import migrations, models

from vunnet.workspaces import walls


class Migration(migrations.Migration):
    initial = True

    dependencies = [("workspaces", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Kept",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("body", models.JSONField()),
                ("computed_at", models.DateTimeField()),
                (
                    "workspace",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workspaces.workspace"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="kept",
            constraint=models.UniqueConstraint(fields=("workspace", "name"), name="kept_once"),
        ),
        walls.tenant("reports_kept"),
    ]
