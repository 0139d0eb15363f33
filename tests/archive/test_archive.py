"""An archive brought back is equal to what it was made from, and takes nothing on trust."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from vunnet.activities.actions import log_activity, plan_step
from vunnet.activities.attaching import attach_files, read_parts
from vunnet.activities.models import Activity, Attachment
from vunnet.activities.rules import all_day
from vunnet.archive import kept
from vunnet.archive.actions import carry_out, upload
from vunnet.archive.models import Restoration
from vunnet.archive.reading import restore
from vunnet.archive.writing import write
from vunnet.contacts.actions import add_company, add_person
from vunnet.contacts.merging import merge_companies, undo_merge
from vunnet.contacts.models import Company, Person
from vunnet.deals import actions as deals
from vunnet.deals.actions import change_deal, lose_deal, move_deal, win_deal
from vunnet.deals.many import tag_deals
from vunnet.deals.models import Deal, DealPerson, Reason, StageChange
from vunnet.deals.removal import delete_deal
from vunnet.journal.models import Entry
from vunnet.lib.errors import RuleBroken
from vunnet.lists.models import SavedView
from vunnet.reports.actions import annotate
from vunnet.workspaces import tags, walls
from vunnet.workspaces.models import FieldDefinition, Member, Role, User
from vunnet.workspaces.oneself import call_oneself

LIMIT = 50_000_000


@pytest.fixture
def lived_in(house: Any) -> Any:
    """A workspace in which everything happened once."""
    room, alice, bob = house.workspace, house.alice, house.bob
    FieldDefinition.objects.create(workspace=room, table="deal", key="roof", label="Roof", kind="text")
    north = add_company(alice, room, name="Nordlys Bygg «Ås»", phone="+47 22 33 44 55")
    double = add_company(alice, room, name="Nordlys bygg")
    ane = add_person(alice, room, first_name="Ane", last_name="Sæther", company=double)
    deal = house.deal("Varmepumpe \\ 'N'\n\"x\"", amount=Decimal("1234567.89"), company=double)
    change_deal(deal, by=alice, owner=bob, custom={"roof": "torv"})
    call_oneself(bob, "Bob Bakke")
    deals.add_person(deal, ane, by=bob)
    move_deal(deal, house.stage("Contacted"), by=bob)
    won, lost, gone = house.deal("Won", company=north), house.deal("Lost"), house.deal("Gone")
    win_deal(won, by=bob)
    lose_deal(lost, by=bob, reason=Reason.objects.get(kind="lost", name="Price"))
    delete_deal(gone, by=bob)
    tag_deals([deal.pk, won.pk], tags.find_or_make_tag(alice, "VIP"), by=bob)
    note = log_activity(bob, room, "note", deal=deal, body="Likes the quiet model, @Carol Berg")
    attach_files(
        note,
        [("tilbud.pdf", 5, io.BytesIO(b"12345")), ("../x.txt", 2_500_000, io.BytesIO(b"ab" * 1_250_000))],
        by=bob,
        limit=LIMIT,
        total=LIMIT,
    )
    view = f"owner={bob.pk}&stage={house.stage('Contacted').pk}&company={north.pk}&amount.from=10"
    SavedView.objects.create(workspace=room, table="deals", name="Bob's", query=view, owner=alice, audience="all")
    merge_companies(north, double, by=alice)
    annotate(bob, date(2026, 3, 2), "New price list")
    return house


def archived(room: Any) -> bytes:
    target = io.BytesIO()
    write(room, target)
    return target.getvalue()


def told(packed: bytes) -> dict[str, list[Any]]:
    """An archive's rows by table, every number in it replaced by its place."""
    archive = zipfile.ZipFile(io.BytesIO(packed))
    rows = {
        name[7:-6]: [json.loads(line) for line in archive.read(name).splitlines()]
        for name in archive.namelist()
        if name.startswith("tables/")
    }
    place = {t: {row["id"]: n for n, row in enumerate(found)} for t, found in rows.items()}
    for model in kept.tables():
        table = model._meta.db_table
        for row in rows.get(table, []):
            row["id"] = place[table][row["id"]]
            for column, target in kept.references(model).items():
                row[column] = place[target][row[column]] if target in place and row[column] is not None else None
    # By what is in them: as words, file 10 comes before file 9.
    rows["files"] = sorted(archive.read(name) for name in archive.namelist() if name.startswith("files/"))
    return rows


# What differs by design: addresses of files, and what is told apart below.
DIFFERS = {"activities_attachment", "journal_entry", "lists_savedview", "workspaces_member"}


def test_what_comes_back_is_equal(lived_in: Any) -> None:
    first = archived(lived_in.workspace)
    owner = User.objects.get(email="alice@example.org")
    room = restore(io.BytesIO(first), owner, limit=LIMIT)
    with walls.scope(workspace_id=room.pk):
        second = archived(room)
        before, after = told(first), told(second)
        assert before.keys() == after.keys()
        assert len(before) > 15
        for table in before.keys() - DIFFERS:
            assert after[table] == before[table], table
        hidden = {"token": "", "user_id": None}
        for table in ("activities_attachment", "workspaces_member"):
            assert [row | hidden for row in after[table]] == [row | hidden for row in before[table]]
        assert [row["verb"] for row in after["journal_entry"]] == [
            *(row["verb"] for row in before["journal_entry"]),
            "workspace.restored",
        ]
        manifests = [json.loads(zipfile.ZipFile(io.BytesIO(p)).read("manifest.json")) for p in (first, second)]
        assert manifests[0]["workspace"] == manifests[1]["workspace"]


def test_a_day_without_a_time_of_an_older_archive_is_that_day(lived_in: Any) -> None:
    for name, midnight in (
        ("Oslo", "2026-03-02T23:00Z"),
        ("Honolulu", "2026-03-03T10:00Z"),
        ("Auckland", "2026-03-02T11:00Z"),
    ):
        plan_step(lived_in.alice, lived_in.workspace, name, due_at=datetime.fromisoformat(midnight))
    timed = datetime(2026, 3, 2, 23, tzinfo=UTC)
    plan_step(lived_in.alice, lived_in.workspace, "Timed", due_at=timed, due_has_time=True)
    room = restore(io.BytesIO(archived(lived_in.workspace)), User.objects.get(email="alice@example.org"), limit=LIMIT)
    with walls.scope(workspace_id=room.pk):
        due = dict(Activity.objects.filter(due_at__isnull=False).values_list("subject", "due_at"))
    assert due == dict.fromkeys(("Oslo", "Honolulu", "Auckland"), all_day(date(2026, 3, 3))) | {"Timed": timed}


def test_what_names_a_row_by_number_names_the_new_one(lived_in: Any) -> None:
    room = restore(io.BytesIO(archived(lived_in.workspace)), User.objects.get(email="alice@example.org"), limit=LIMIT)
    with walls.scope(workspace_id=room.pk):
        bob = Member.objects.get(imported_as="Bob Berg")
        deal = Deal.objects.get(name__startswith="Varmepumpe")
        assert deal.amount == Decimal("1234567.89")
        assert deal.owner == bob
        assert deal.custom == {"roof": "torv"}
        changed = Entry.objects.get(table="deals_deal", row_id=deal.pk, verb="deal.changed", changes__has_key="owner")
        assert changed.changes["owner"][1] == bob.pk
        north = Company.objects.get(name__startswith="Nordlys Bygg «")
        query = dict(pair.split("=") for pair in SavedView.objects.get().query.split("&"))
        assert (query["owner"], query["company"], query["amount.from"]) == (str(bob.pk), str(north.pk), "10")
        assert {b"".join(read_parts(file)) for file in Attachment.objects.all()} == {b"12345", b"ab" * 1_250_000}


def test_a_merge_can_still_be_undone(lived_in: Any) -> None:
    room = restore(io.BytesIO(archived(lived_in.workspace)), User.objects.get(email="alice@example.org"), limit=LIMIT)
    with walls.scope(workspace_id=room.pk):
        gone = Company.objects.get(name="Nordlys bygg")
        undo_merge(gone, by=Member.objects.get(name="Alice Berg"))
        assert Person.objects.get(first_name="Ane").company == gone
        assert Deal.objects.get(name__startswith="Varmepumpe").company == gone
        assert DealPerson.objects.count() == 1


def test_an_archive_opens_a_door_to_nobody_but_who_brings_it(lived_in: Any) -> None:
    room = restore(io.BytesIO(archived(lived_in.workspace)), User.objects.get(email="mallory@example.org"), limit=LIMIT)
    with walls.scope(workspace_id=room.pk):
        doors = Member.objects.filter(user__isnull=False)
        assert [(m.user.email, m.role) for m in doors] == [("mallory@example.org", Role.OWNER)]
        assert Member.objects.count() == 4
    with walls.scope(user_id=lived_in.bob.user_id):
        assert [m.workspace_id for m in Member.objects.filter(user_id=lived_in.bob.user_id)] == [lived_in.workspace.pk]


def test_the_same_archive_makes_two_workspaces(lived_in: Any) -> None:
    packed, owner = archived(lived_in.workspace), User.objects.get(email="alice@example.org")
    one, two = (restore(io.BytesIO(packed), owner, limit=LIMIT) for _n in range(2))
    with walls.scope(workspace_id=one.pk):
        numbers = set(Deal.objects.values_list("pk", flat=True))
    with walls.scope(workspace_id=two.pk):
        assert not numbers & set(Deal.objects.values_list("pk", flat=True))
        assert StageChange.objects.count() == 7


def edited(packed: bytes, name: str, change: Callable[[list[Any]], Any]) -> io.BytesIO:
    """The archive with one file's rows (or the manifest) changed."""
    source, target = zipfile.ZipFile(io.BytesIO(packed)), io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for entry in source.namelist():
            body = source.read(entry)
            if entry == name and entry == "manifest.json":
                body = json.dumps(change(json.loads(body))).encode()
            elif entry == name:
                rows = [json.loads(line) for line in body.splitlines()]
                body = b"".join(json.dumps(row).encode() + b"\n" for row in change(rows))
            made.writestr(entry, body)
    return target


def lie(row: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {**row, **values}


HOSTILE: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "points nowhere": ("tables/deals_deal.jsonl", lambda rows: [lie(rows[0], company_id=999_999), *rows[1:]], "line 1: company_id names a row"),
    "a row is missing": ("tables/deals_deal.jsonl", lambda rows: rows[1:], "rows are missing"),
    "a row too many": ("tables/deals_deal.jsonl", lambda rows: [*rows, lie(rows[0], id=7)], "more rows than"),
    "twice the same": ("tables/deals_deal.jsonl", lambda rows: [rows[0], rows[0], *rows[2:]], "stand twice"),
    "no number": ("tables/deals_deal.jsonl", lambda rows: [lie(rows[0], id="1; DROP"), *rows[1:]], "not a row with a number"),
    "history broken": ("tables/deals_stagechange.jsonl", lambda rows: [lie(rows[0], link=9), *rows[1:]], "not a chain"),
    "no amount": ("tables/deals_deal.jsonl", lambda rows: [lie(rows[0], amount="many"), *rows[1:]], "breaks a rule"),
    "no role": ("tables/workspaces_member.jsonl", lambda rows: [lie(rows[0], role="king"), *rows[1:]], "breaks a rule"),
    "custom is a list": ("tables/deals_deal.jsonl", lambda rows: [lie(rows[0], custom=[1]), *rows[1:]], "custom has another shape"),
    "a column is missing": ("tables/deals_deal.jsonl", lambda rows: [{k: v for k, v in rows[0].items() if k != "pipeline_id"}, *rows[1:]], "line 1: pipeline_id names a row"),
    "a journal's parts are no rows": ("tables/journal_entry.jsonl", lambda rows: [lie(rows[0], changes={"parts": {"deals_dealperson.person": [1]}}), *rows[1:]], "line 1: this is not a row as"),
    "a row's number is a list": ("tables/journal_entry.jsonl", lambda rows: [lie(rows[0], row_id=[1]), *rows[1:]], "line 1: this is not a row as"),
    "a view asks a number": ("tables/lists_savedview.jsonl", lambda rows: [lie(rows[0], query=7), *rows[1:]], "line 1: this is not a row as"),
    "newer": ("manifest.json", lambda m: {**m, "format": 99}, "newer Vunnet"),
    "unknown table": ("manifest.json", lambda m: {**m, "tables": {**m["tables"], "auth_user": {"rows": 1, "columns": []}}}, "does not know"),
    "unknown column": ("manifest.json", lambda m: {**m, "tables": {**m["tables"], "deals_deal": {"rows": 4, "columns": ["id", "secret"]}}}, "deals_deal.secret"),
    "no time zone": ("manifest.json", lambda m: {**m, "workspace": {**m["workspace"], "time_zone": "../etc"}}, "not a time zone"),
    "not a manifest": ("manifest.json", lambda m: [], "not an archive"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_is_refused_with_its_place_and_leaves_nothing(lived_in: Any, what: str) -> None:
    name, change, why = HOSTILE[what]
    body = edited(archived(lived_in.workspace), name, change)
    with pytest.raises(RuleBroken, match=why):
        restore(body, User.objects.get(email="alice@example.org"), limit=LIMIT)
    with walls.scope(user_id=lived_in.alice.user_id):
        assert Member.objects.filter(user_id=lived_in.alice.user_id).count() == 1


def test_history_decides_over_a_deals_row(lived_in: Any) -> None:
    won = lived_in.pipeline.stages.get(kind="won")
    body = edited(
        archived(lived_in.workspace), "tables/deals_deal.jsonl", lambda rows: [lie(r, stage_id=won.pk) for r in rows]
    )
    room = restore(body, User.objects.get(email="alice@example.org"), limit=LIMIT)
    with walls.scope(workspace_id=room.pk):
        assert Deal.objects.filter(stage__kind="won").count() == 1


def test_a_deal_without_history_is_refused(lived_in: Any) -> None:
    def fewer(manifest: Any) -> Any:
        manifest["tables"]["deals_stagechange"]["rows"] = 0
        return manifest

    body = edited(archived(lived_in.workspace), "tables/deals_stagechange.jsonl", lambda rows: [])
    body = edited(body.getvalue(), "manifest.json", fewer)
    with pytest.raises(RuleBroken, match="last link of its history"):
        restore(body, User.objects.get(email="alice@example.org"), limit=LIMIT)


def test_a_bomb_is_refused_by_its_directory(lived_in: Any) -> None:
    target = io.BytesIO(archived(lived_in.workspace))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("files/1/zeros", b"\0" * 3_000_000)
    with pytest.raises(RuleBroken, match="unpacks to more than"):
        restore(target, User.objects.get(email="alice@example.org"), limit=3_000_000)


@pytest.mark.parametrize("name", ["../../etc/passwd", "tables/../x", "files/x/y", "tables/auth_user.jsonl"])
def test_a_strange_name_is_refused(lived_in: Any, name: str) -> None:
    target = io.BytesIO(archived(lived_in.workspace))
    with zipfile.ZipFile(target, "a") as packed:
        packed.writestr(name, b"x")
    with pytest.raises(RuleBroken, match="not an archive"):
        restore(target, User.objects.get(email="alice@example.org"), limit=LIMIT)


def test_half_a_download_is_refused(lived_in: Any) -> None:
    with pytest.raises(RuleBroken, match="damaged"):
        restore(
            io.BytesIO(archived(lived_in.workspace)[:-200]), User.objects.get(email="alice@example.org"), limit=LIMIT
        )


def test_bytes_that_rotted_are_refused(lived_in: Any) -> None:
    packed = bytearray(archived(lived_in.workspace))
    entry = zipfile.ZipFile(io.BytesIO(packed)).getinfo("tables/journal_entry.jsonl")
    middle = entry.header_offset + 100 + entry.compress_size // 2
    packed[middle : middle + 20] = b"\xff" * 20
    with pytest.raises(RuleBroken, match=r"damaged|not a row"):
        restore(io.BytesIO(bytes(packed)), User.objects.get(email="alice@example.org"), limit=LIMIT)


def test_a_job_brings_it_in_once_and_says_what_stopped_it(lived_in: Any) -> None:
    packed = archived(lived_in.workspace)
    row = upload(lived_in.alice, "a.zip", len(packed), io.BytesIO(packed), limit=LIMIT)
    carry_out(row.pk, lived_in.workspace.pk, limit=LIMIT)
    row.refresh_from_db()
    assert (row.status, row.parts.count()) == (Restoration.Status.DONE, 0)
    made = row.made
    carry_out(row.pk, lived_in.workspace.pk, limit=LIMIT)
    row.refresh_from_db()
    assert row.made == made
    with walls.scope(workspace_id=made):
        assert Deal.objects.count() == 4
    broken = edited(packed, "tables/deals_deal.jsonl", lambda rows: rows[1:]).getvalue()
    row = upload(lived_in.alice, "b.zip", len(broken), io.BytesIO(broken), limit=LIMIT)
    carry_out(row.pk, lived_in.workspace.pk, limit=LIMIT)
    row.refresh_from_db()
    assert row.status == Restoration.Status.FAILED
    assert "rows are missing" in row.failure
    with pytest.raises(RuleBroken, match="Only owners and admins"):
        upload(lived_in.bob, "a.zip", len(packed), io.BytesIO(packed), limit=LIMIT)
    with pytest.raises(RuleBroken, match="larger than"):
        upload(lived_in.alice, "a.zip", len(packed), io.BytesIO(packed), limit=10)


def test_only_named_tables_are_left_out(db: None) -> None:
    from django.apps import apps

    of_a_workspace = {m._meta.db_table for m in apps.get_models() if kept._is_of_a_workspace(m)} | {
        "workspaces_workspace"
    }
    named = {model._meta.db_table for model in kept.tables()}
    assert named | kept.LEFT_OUT.keys() == of_a_workspace
    assert not named & kept.LEFT_OUT.keys()


def test_an_archive_from_before_a_column_was_born_comes_in(lived_in: Any) -> None:
    older = io.BytesIO(archived(lived_in.workspace))
    for table, column in (
        ("contacts_company", "company_number"),
        ("deals_stagechange", "is_dated"),
        ("workspaces_member", "imported_as"),
    ):

        def without(rows: list[Any], column: str = column) -> Any:
            return [{name: value for name, value in row.items() if name != column} for row in rows]

        def unsaid(manifest: Any, table: str = table, column: str = column) -> Any:
            manifest["tables"][table]["columns"].remove(column)
            return manifest

        older = edited(older.getvalue(), f"tables/{table}.jsonl", without)
        older = edited(older.getvalue(), "manifest.json", unsaid)
    room = restore(older, User.objects.get(email="alice@example.org"), limit=LIMIT)
    with walls.scope(workspace_id=room.pk):
        assert set(Company.objects.values_list("company_number", flat=True)) == {""}
        assert set(StageChange.objects.values_list("is_dated", flat=True)) == {True}
        assert all(Deal.objects.won().values_list("closed_at", flat=True))
        assert Member.objects.get(name="Bob Bakke").imported_as == "Bob Berg"
