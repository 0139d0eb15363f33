"""The background work there is. Each task opens its workspace's scope, calls one thing and ends; running it twice does no harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from vunnet.activities.removal import purge_activities
from vunnet.activities.sending import forget_old_numbers
from vunnet.archive import actions as archive
from vunnet.contacts.removal import purge_contacts
from vunnet.deals.removal import forget_purged_people, purge_deals
from vunnet.imports import undoing
from vunnet.imports.actions import carry_out, carry_out_trial
from vunnet.imports.models import Import
from vunnet.journal import record
from vunnet.lists import bulk
from vunnet.lists.models import BulkChange
from vunnet.reports import usual
from vunnet.reports.actions import purge_annotations
from vunnet.workspaces import walls
from vunnet.workspaces.deletion import every_workspace
from vunnet.workspaces.models import Member, Workspace


@app.task(name="refresh_usual", retry=2)
def refresh_usual(workspace_id: int) -> None:
    """Compute anew what is usual in each stage of a workspace."""
    with walls.scope(workspace_id=workspace_id):
        workspace = Workspace.objects.get(pk=workspace_id)
        usual.compute(workspace, timezone.now().astimezone(workspace.zone).date())


def soon_refresh_usual(workspace_id: int) -> None:
    """Ask for it once; a second asking while the first still waits changes nothing."""
    try:
        # A savepoint: the second asking fails on a unique index, and must not take the page's transaction with it.
        with transaction.atomic():
            refresh_usual.configure(queueing_lock=f"usual-{workspace_id}").defer(workspace_id=workspace_id)
    except AlreadyEnqueued:
        return


@app.task(name="run_import", retry=3)
def run_import(import_id: int, workspace_id: int) -> None:
    """Do an import, or go on with one; then what is usual in each stage has changed."""
    carry_out(import_id, workspace_id)
    refresh_usual(workspace_id=workspace_id)


def soon_run_import(import_id: int, workspace_id: int) -> None:
    """One import at a time in a workspace; the job is committed with the page's transaction."""
    run_import.configure(lock=f"import-{workspace_id}").defer(import_id=import_id, workspace_id=workspace_id)


@app.task(name="try_import", retry=3)
def try_import(import_id: int, workspace_id: int, trial: int) -> None:
    """Find out what large files would do. What goes wrong is said on their page, and tried again from there; what could not
    even be said, because the database was away, is tried again by itself."""
    carry_out_trial(import_id, workspace_id, trial)


def soon_try_import(run: Import) -> None:
    """After the imports that run in the workspace, since those change what there is to compare with."""
    job = try_import.configure(lock=f"import-{run.workspace_id}")
    job.defer(import_id=run.pk, workspace_id=run.workspace_id, trial=run.trial)


@app.task(name="undo_import", retry=3)
def undo_import(import_id: int, workspace_id: int, member_id: int) -> None:
    """Take an import back; a killed worker's successor begins again, since all of it is one transaction."""
    with walls.scope(workspace_id=workspace_id):
        by = Member.objects.select_related("workspace").get(pk=member_id)
        undoing.undo(Import.objects.get(pk=import_id), by=by)
    refresh_usual(workspace_id=workspace_id)


def soon_undo_import(import_id: int, by: Member) -> None:
    """Not while another import runs in the workspace; the job is committed with the page's transaction."""
    job = undo_import.configure(lock=f"import-{by.workspace_id}")
    job.defer(import_id=import_id, workspace_id=by.workspace_id, member_id=by.pk)


@app.periodic(cron="20 3 * * *")
@app.task(name="purge_deleted", queueing_lock="purge_deleted")
def purge_deleted(timestamp: int) -> None:
    """Each night: what was deleted more than thirty days ago is gone, in every workspace."""
    for workspace_id in every_workspace():
        with walls.scope(workspace_id=workspace_id):
            purge_activities()
            forget_old_numbers()
            undoing.forget_old_rows()
            purge_deals()
            forget_purged_people()
            purge_contacts()
            purge_annotations()


@app.periodic(cron="* * * * *")
@app.task(name="take_up_again", queueing_lock="take_up_again", pass_context=True)
async def take_up_again(context: JobContext, timestamp: int) -> None:
    """Jobs whose worker was killed: it left no heartbeat, so another takes them up."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        await manager.retry_job(job)


@app.task(name="restore", retry=1)
def restore(restoration_id: int, workspace_id: int) -> None:
    """Make a workspace of an uploaded archive; then what is usual in its stages is known too."""
    made = archive.carry_out(restoration_id, workspace_id, limit=settings.IMPORT_LIMIT_BYTES)
    if made is not None:
        soon_refresh_usual(made)


def soon_restore(restoration_id: int, workspace_id: int) -> None:
    """One archive at a time in a workspace; the job is committed with the page's transaction."""
    restore.configure(lock=f"restore-{workspace_id}").defer(restoration_id=restoration_id, workspace_id=workspace_id)


@app.task(name="do_bulk", retry=3)
def do_bulk(bulk_id: int, workspace_id: int) -> None:
    """Do a change of many rows, piece by piece, each in a transaction of its own."""
    with _known_as(f"bulk-{bulk_id}"):
        _in_pieces(workspace_id, lambda: bulk.do_piece(BulkChange.objects.get(pk=bulk_id)))


@app.task(name="undo_bulk", retry=3)
def undo_bulk(bulk_id: int, workspace_id: int, by: int) -> None:
    """Take such a change back."""
    with _known_as(f"undo-bulk-{bulk_id}"):
        _in_pieces(
            workspace_id, lambda: bulk.undo_piece(BulkChange.objects.get(pk=bulk_id), by=Member.objects.get(pk=by))
        )


@contextmanager
def _known_as(name: str) -> Iterator[None]:
    """All pieces' journal entries carry one name, as a request's do: whoever hears of them hears once."""
    held = record.request_id.set(name)
    try:
        yield
    finally:
        record.request_id.reset(held)


def _in_pieces(workspace_id: int, piece: Callable[[], bool]) -> None:
    left = True
    while left:
        with (
            walls.scope(workspace_id=workspace_id),
            translation.override(Workspace.objects.get(pk=workspace_id).language),
        ):
            left = piece()


def soon_do_bulk(bulk_id: int, workspace_id: int) -> None:
    """Asked for in the transaction that wrote it down; two changes of one workspace go one after the other."""
    do_bulk.configure(lock=f"bulk-{workspace_id}").defer(bulk_id=bulk_id, workspace_id=workspace_id)


def soon_undo_bulk(bulk_id: int, workspace_id: int, by: int) -> None:
    undo_bulk.configure(lock=f"bulk-{workspace_id}").defer(bulk_id=bulk_id, workspace_id=workspace_id, by=by)
