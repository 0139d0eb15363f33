from django.db import migrations, models

from vunnet.workspaces import search


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0003_deleted_and_merged"),
        ("workspaces", "0007_exchange_rate"),
    ]

    operations = [
        migrations.AddField(
            model_name="company", name="company_number", field=models.TextField(blank=True, db_default="", default="")
        ),
        search.kept_while_present(
            "contacts_company", "company", texts=["name", "city"], address="domain", number="phone", code="company_number"
        ),
        search.kept_while_present(
            "contacts_person", "person", texts=["name", "title"], address="email", number="phone"
        ),
        search.backwards_added("contacts_company", "company", "phone"),
        search.backwards_added("contacts_person", "person", "phone"),
    ]
