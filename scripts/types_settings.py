"""The settings as the type checker may load them: it needs the models, no database and no secret."""

import os

os.environ.setdefault("DATABASE_URL", "postgresql:///types-only")
os.environ.setdefault("VUNNET_SECRET_KEY", "for the type checker, which serves nobody, and never anywhere else")

from vunnet.settings import *  # noqa: F403
