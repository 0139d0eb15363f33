from __future__ import annotations

from django.db import migrations

from vunnet.workspaces.erasure import ERASING


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0003_tag"), ("journal", "0001_initial")]

    operations = [ERASING]
