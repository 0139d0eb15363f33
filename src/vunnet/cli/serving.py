"""What a process of the web server loads: the application, and the wish to end with the server that started it."""

from __future__ import annotations

from vunnet.cli.parents import end_with_parent
from vunnet.wsgi import application

__all__ = ["application"]

end_with_parent()
