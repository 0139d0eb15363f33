"""The WSGI application that Granian serves."""

from __future__ import annotations

import os
import threading
import time

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vunnet.settings")
application = get_wsgi_application()

SECONDS_BEFORE = 3.0


def _warm_up() -> None:
    """Load analysis and charts before anybody asks for them: the first Insight page would wait two seconds for it."""
    time.sleep(SECONDS_BEFORE)
    __import__("vunnet.web.insight.views")


threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
