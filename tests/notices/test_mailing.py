"""Mails: written when they are sent, in the reader's language, for what they may see; tried again; never needed."""

from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail as post
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import timezone

from tests.conftest import House, build_house
from vunnet.activities.actions import log_activity
from vunnet.deals.removal import delete_deal
from vunnet.lib.errors import RuleBroken
from vunnet.notices import mailing
from vunnet.notices.actions import choose, chosen
from vunnet.notices.deriving import derive
from vunnet.notices.letters import token_of
from vunnet.notices.models import Mail, Notice
from vunnet.notices.rules import AGAIN
from vunnet.workspaces import walls
from vunnet.workspaces.actions import deactivate
from vunnet.workspaces.oneself import set_formats


@pytest.fixture
def told(committed: str) -> House:
    """Alice mentioned Bob: one mail waits."""
    house = build_house()
    with walls.scope(workspace_id=house.workspace.pk):
        set_formats(house.bob.user, language="nb")
        deal = house.deal("Offer\r\nBcc: eve@example.org")
        log_activity(house.alice, house.workspace, "note", body="@Bob Berg: <b>ring</b> dem", deal=deal)
        derive(house.workspace.pk, below=2**60)
    post.outbox = []
    return house


def later(minutes: float = 3) -> Any:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True)


def mails(house: House) -> list[Mail]:
    with walls.scope(workspace_id=house.workspace.pk):
        return list(Mail.objects.order_by("pk"))


def test_a_mail_is_sent_once_in_the_readers_language_as_text_and_html(told: House) -> None:
    assert mailing.send_waiting(told.workspace.pk) == 0
    with later():
        assert [mailing.send_waiting(told.workspace.pk) for _n in range(3)] == [1, 0, 0]
    (sent,) = post.outbox
    assert sent.to == ["bob@example.org"]
    assert sent.subject == "Alice Berg nevnte deg: Offer Bcc: eve@example.org"
    html = sent.alternatives[0][0]
    assert "&lt;b&gt;ring&lt;/b&gt; dem" in html
    assert "<b>ring</b> dem" in sent.body
    assert 'lang="nb"' in html
    assert "script" not in html
    assert "http" not in html.replace("http://127.0.0.1:8000", "")
    assert mails(told)[0].status == Mail.Status.SENT


def test_nothing_typed_becomes_a_header(told: House) -> None:
    with later():
        mailing.send_waiting(told.workspace.pk)
    written = post.outbox[0].message()
    assert "Bcc" not in written
    assert written["To"] == "bob@example.org"
    assert written["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_without_mail_set_up_nothing_is_made_and_nothing_sent(house: Any, settings: Any) -> None:
    settings.MAIL_IS_SET = False
    log_activity(house.alice, house.workspace, "note", body="@Bob Berg", deal=house.deal())
    derive(house.workspace.pk, below=2**60)
    assert not Mail.objects.exists()
    assert mailing.send_waiting(house.workspace.pk) == 0


class Broken(EmailBackend):
    """A server that fails."""

    fault: Exception = SMTPServerDisconnected("gone")

    def send_messages(self, messages: Any) -> int:
        raise self.fault


@pytest.fixture
def broken(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    Broken.fault = SMTPServerDisconnected("gone")


def test_what_fails_is_tried_again_later_and_later_and_then_has_failed(
    told: House, broken: None, settings: Any
) -> None:
    at = timezone.now() + timedelta(minutes=3)
    for tries, minutes in enumerate(AGAIN, start=1):
        with time_machine.travel(at, tick=False):
            mailing.send_waiting(told.workspace.pk)
            mailing.send_waiting(told.workspace.pk)
        (mail,) = mails(told)
        assert (mail.status, mail.tries) == (Mail.Status.WAITING, tries)
        assert mail.next_try_at == at + timedelta(minutes=minutes)
        at = mail.next_try_at
    with time_machine.travel(at, tick=False):
        mailing.send_waiting(told.workspace.pk)
    assert mails(told)[0].status == Mail.Status.FAILED
    assert "gone" in mails(told)[0].error
    client = signed_in("alice")
    page = f"/w/{told.workspace.slug}/settings/mail/"
    assert "SMTPServerDisconnected: gone" in client.get(page).content.decode()
    assert client.post(page).status_code == 302
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mailing.send_waiting(told.workspace.pk) == 1


def test_an_address_that_is_refused_is_not_tried_again(told: House, broken: None) -> None:
    Broken.fault = SMTPRecipientsRefused({"bob@example.org": (550, b"no such user")})
    with later():
        mailing.send_waiting(told.workspace.pk)
    assert mails(told)[0].status == Mail.Status.FAILED


def test_a_killed_workers_mail_is_taken_up_again(told: House) -> None:
    with later():
        assert mailing._claim(told.workspace.pk) != []
        assert mailing._claim(told.workspace.pk) == []
    with later(14):
        assert mailing.send_waiting(told.workspace.pk) == 1


def test_what_is_gone_or_whoever_is_gone_gets_no_mail(told: House) -> None:
    with walls.scope(workspace_id=told.workspace.pk):
        from vunnet.deals.models import Deal

        delete_deal(Deal.objects.get(), by=told.alice)
    with later():
        assert mailing.send_waiting(told.workspace.pk) == 0
    assert mails(told)[0].status == Mail.Status.DROPPED


def test_a_closed_member_gets_no_mail(told: House) -> None:
    with walls.scope(workspace_id=told.workspace.pk):
        deactivate(told.bob, by=told.alice)
    with later():
        assert mailing.send_waiting(told.workspace.pk) == 0


def signed_in(name: str) -> Client:
    from django.contrib.auth import get_user_model

    client = Client()
    user = get_user_model().objects.get(email=f"{name}@example.org")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_only_administrators_see_how_the_mails_go(house: Any) -> None:
    assert signed_in("bob").get(f"/w/{house.workspace.slug}/settings/mail/").status_code == 404
    with pytest.raises(RuleBroken, match="no mail"):
        mailing.try_again(house.alice)


def test_the_link_in_a_mail_shows_and_keeps_choices_without_signing_in(house: Any) -> None:
    address = f"/mail/{token_of(house.bob)}/"
    visitor = Client(enforce_csrf_checks=True)
    assert 'name="mentioned_mail" checked' in visitor.get(address).content.decode()
    assert visitor.post(address, {"mentioned_app": "on", "due_mail": "on"}).status_code == 200
    assert chosen(house.bob)["mentioned"] == (True, False)
    assert chosen(house.bob)["due"] == (False, True)
    assert visitor.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [by_mail for _in_app, by_mail in chosen(house.bob).values()] == [False] * 6
    assert chosen(house.bob)["mentioned"] == (True, False)
    assert visitor.get(f"/mail/{token_of(house.bob)[:-2]}xx/").status_code == 404
    assert chosen(house.alice)["mentioned"] == (True, True)


def test_ones_choices_are_kept_under_my_settings(house: Any) -> None:
    carol = signed_in("carol")
    assert carol.post(f"/w/{house.workspace.slug}/me/notices/", {"moved_mail": "on"}).status_code == 302
    assert chosen(house.carol)["moved"] == (False, True)
    assert chosen(house.carol)["assigned"] == (False, False)
    with pytest.raises(RuleBroken, match="no notice called"):
        choose(house.carol, {"weather": (True, True)})


def test_the_page_of_notices_and_what_opening_one_does(house: Any) -> None:
    deal = house.deal("Heat pump", owner=house.bob)
    derive(house.workspace.pk, below=2**60)
    bob, page = signed_in("bob"), f"/w/{house.workspace.slug}/notices/"
    assert "Alice Berg gave you a deal" in bob.get(page).content.decode()
    notice = Notice.objects.get(member=house.bob)
    assert signed_in("alice").get(f"{page}{notice.pk}/").status_code == 404
    assert bob.get(f"{page}{notice.pk}/")["Location"] == f"/w/{house.workspace.slug}/deals/{deal.pk}/"
    notice.refresh_from_db()
    assert notice.read_at is not None
    bob.post(f"{page}{notice.pk}/read/")
    notice.refresh_from_db()
    assert notice.read_at is None
    bob.post(page)
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_a_long_name_leaves_room_for_what_was_done(house: Any) -> None:
    house.alice.name = "Alice " + "Berg" * 40
    house.alice.save()
    house.deal("Heat pump", owner=house.bob)
    derive(house.workspace.pk, below=2**60)
    said = re.search(
        r"<span>(Alice [^<]*)</span>", signed_in("bob").get(f"/w/{house.workspace.slug}/notices/").content.decode()
    )
    assert said
    assert len(said[1]) < 60
    assert said[1].endswith("… gave you a deal")


def test_one_mail_that_cannot_be_written_stops_no_other(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = build_house()
    with walls.scope(workspace_id=told.workspace.pk):
        for by, other in ((told.alice, "Bob"), (told.bob, "Alice")):
            log_activity(by, told.workspace, "note", body=f"@{other} Berg: ring", deal=told.deal(f"For {other}"))
        derive(told.workspace.pk, below=2**60)
    was, broken = mailing.letters.write, []

    def write(mail: Any) -> Any:
        if not broken:
            broken.append(mail.pk)
            raise RuntimeError("a non-XML character")
        return was(mail)

    monkeypatch.setattr(mailing.letters, "write", write)
    with later():
        assert mailing.send_waiting(told.workspace.pk) == 1
    with walls.scope(workspace_id=told.workspace.pk):
        failed = Mail.objects.get(pk=broken[0])
    assert (failed.status, failed.tries) == (Mail.Status.WAITING, 1)
    assert "non-XML" in failed.error
