"""Tags of a record: by the same action as many rows', with the same refusals, and named in its history."""

from __future__ import annotations

from typing import Any

from tests.web.addresses import Rows
from tests.web.test_pages import signed_in
from vunnet.journal.models import Entry
from vunnet.workspaces.models import Tag


def test_a_tag_is_put_on_once_and_taken_off_and_both_are_told(house: Any) -> None:
    rows = Rows(house)
    alice = signed_in("alice")
    for table, row in (("deals", rows.deal), ("companies", rows.company), ("people", rows.person)):
        here = f"/w/{house.workspace.slug}/{table}/{row.pk}/"
        for _twice in range(2):
            alice.post(f"{here}tags/", {"put": " fair "})
        assert [link.tag for link in row.tags.all()] == [rows.tag]
        assert "Fair" in alice.get(here).content.decode()
        alice.post(f"{here}tags/", {"off": rows.tag.pk})
        assert not row.tags.exists()
        told = Entry.objects.filter(table=row._meta.db_table, row_id=row.pk, changes__has_key="tag")
        assert sorted(entry.verb.split(".")[1] for entry in told) == ["tagged", "untagged"]
        past = alice.get(f"{here}history/").content.decode()
        assert "put a tag on it" in past
        assert "<ins>Fair</ins>" in past


def test_a_viewer_cannot_tag(house: Any) -> None:
    deal = house.deal()
    answer = signed_in("carol").post(f"/w/{house.workspace.slug}/deals/{deal.pk}/tags/", {"put": "Fair"})
    assert answer.status_code == 422
    assert not Tag.objects.exists()


def test_an_empty_tag_is_refused(house: Any) -> None:
    deal = house.deal()
    answer = signed_in("alice").post(f"/w/{house.workspace.slug}/deals/{deal.pk}/tags/", {"put": "  "})
    assert answer.status_code == 422
