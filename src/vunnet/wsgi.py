"""The WSGI application that Granian serves."""

from __future__ import annotations

import gc
import os
import threading
import time

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vunnet.settings")
application = get_wsgi_application()

SECONDS_BEFORE = 3.0


def _warm_up() -> None:
    """Load analysis and charts, and ask once, before anybody does: the first Insight page would wait seconds for it."""
    time.sleep(SECONDS_BEFORE)
    __import__("vunnet.web.insight.views")
    from vunnet.reports import asking

    asking.rehearse()
    # What is loaded by now stays: searching all of it for garbage held one request in forty up for a fifth of a second.
    gc.freeze()


threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
