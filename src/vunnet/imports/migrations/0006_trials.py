"""Trials have a number, and those of large files are done by a worker."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0005_company_number")]

    operations = [
        migrations.AddField(model_name="import", name="trial", field=models.PositiveIntegerField(default=0, db_default=0)),
        migrations.AlterField(
            model_name="import",
            name="status",
            field=models.CharField(
                choices=[
                    ("uploaded", "Uploaded"),
                    ("trying", "Being tried"),
                    ("queued", "Waiting"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("undoing", "Being undone"),
                ],
                default="uploaded",
                max_length=8,
            ),
        ),
    ]
