"""Settings → Archive: who may, what comes, and what is left afterwards."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.conftest import PASSWORD
from vunnet.archive.models import Restoration
from vunnet.deals.models import Deal
from vunnet.jobs import tasks
from vunnet.reports.copy import home_of
from vunnet.workspaces import walls
from vunnet.workspaces.models import Workspace


def signed_in(name: str) -> Client:
    client = Client()
    assert client.login(email=f"{name}@example.org", password=PASSWORD)
    return client


def downloaded(house: Any) -> bytes:
    answer = signed_in("alice").post(f"/w/{house.workspace.slug}/settings/archive/file/")
    assert answer["Content-Disposition"].endswith('.zip"')
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.parametrize("who", ["bob", "carol"])
def test_only_who_administers_takes_everything(house: Any, who: str) -> None:
    client, base = signed_in(who), f"/w/{house.workspace.slug}/settings"
    assert client.get(f"{base}/archive/").status_code == 403
    assert client.post(f"{base}/archive/file/").status_code == 403
    assert client.post(f"{base}/erase/", {"name": house.workspace.name}).status_code == 422
    assert "settings/archive" not in client.get(f"{base}/").text


def test_an_archive_goes_out_and_comes_back_as_a_workspace(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house.deal("Varmepumpe")
    packed = downloaded(house)
    assert "tables/deals_deal.jsonl" in zipfile.ZipFile(io.BytesIO(packed)).namelist()
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr("vunnet.web.settings.archive.soon_restore", lambda *numbers: asked.append(numbers))
    client, page = signed_in("alice"), f"/w/{house.workspace.slug}/settings/archive/"
    answer = client.post(page, {"file": SimpleUploadedFile("a.zip", packed)}, follow=True)
    assert "hx-trigger" in answer.text
    monkeypatch.setattr(tasks, "soon_refresh_usual", lambda number: None)
    tasks.restore(*asked[0])
    assert f"Open {house.workspace.name}" in client.get(page).text
    with walls.scope(workspace_id=Restoration.objects.get().made):
        assert Deal.objects.get().name == "Varmepumpe"
        assert client.get(f"/w/{Workspace.objects.get().slug}/today/").status_code == 200


def test_what_is_no_archive_is_refused_on_the_page(house: Any) -> None:
    answer = signed_in("alice").post(
        f"/w/{house.workspace.slug}/settings/archive/", {"file": SimpleUploadedFile("a.zip", b"no")}
    )
    assert answer.status_code == 422
    assert "not an archive of Vunnet" in answer.text
    assert signed_in("alice").post(f"/w/{house.workspace.slug}/settings/archive/").status_code == 422


def test_erasing_takes_rows_and_copies(
    house: Any, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    home_of(house.workspace.pk).mkdir(parents=True)
    client, base = signed_in("alice"), f"/w/{house.workspace.slug}/settings"
    assert client.post(f"{base}/erase/", {"name": "Fjell"}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{base}/erase/", {"name": house.workspace.name}).status_code == 302
    assert client.get(f"{base}/").status_code == 404
    assert not home_of(house.workspace.pk).exists()
    assert "No workspace yet" in client.get("/").text


def test_the_sample_goes_with_one_click(house: Any) -> None:
    Workspace.objects.filter(pk=house.workspace.pk).update(is_sample=True)
    client, base = signed_in("alice"), f"/w/{house.workspace.slug}"
    assert "settings/archive/#erase" in client.get(f"{base}/today/").text
    assert client.post(f"{base}/settings/erase/").status_code == 302
    assert client.get(f"{base}/today/").status_code == 404
