"""Loaded before Django reads its settings: what they demand, for tests. The real database's address comes from conftest.py."""

import os

os.environ["VUNNET_SECRET_KEY"] = "a key for tests only, of more than forty characters"
os.environ["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/not_started"
os.environ.setdefault("VUNNET_DATABASE_ROLE", "vunnet_app")
os.environ["VUNNET_EMAIL_BACKEND"] = "django.core.mail.backends.locmem.EmailBackend"
