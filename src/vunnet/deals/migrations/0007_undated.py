from django.db import migrations, models

from vunnet.deals import history


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0006_closed_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="stagechange", name="is_dated", field=models.BooleanField(db_default=True, default=True)
        ),
        migrations.AddIndex(
            model_name="stagechange",
            index=models.Index(
                condition=models.Q(("is_dated", False)), fields=["workspace", "link", "deal"], name="stage_change_undated"
            ),
        ),
        history.REDEFINED,
    ]
