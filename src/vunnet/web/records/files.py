"""Files on records: sent as downloads only, to members who see the entry they belong to."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from vunnet.activities.attaching import read_parts
from vunnet.activities.models import Activity, Attachment
from vunnet.web.asking import Request


@require_GET
def download(request: Request, token: UUID) -> HttpResponseBase:
    """One file, by its random number. Never shown by the browser, whatever it is: what was uploaded is data, not a page of ours."""
    seen = Activity.objects.visible_to(request.member)
    file = Attachment.objects.visible_to(request.member).filter(token=token, activity__in=seen).first()
    if file is None:
        raise Http404
    answer = StreamingHttpResponse(read_parts(file), content_type="application/octet-stream")
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in file.name)
    answer["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    answer["Content-Length"] = str(file.size)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
