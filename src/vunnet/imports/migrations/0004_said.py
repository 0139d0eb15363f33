from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0003_undoing"),
    ]

    operations = [
        migrations.AddField(model_name="importrefusal", name="said", field=models.JSONField(null=True)),
    ]
