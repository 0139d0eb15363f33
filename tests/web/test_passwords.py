"""A forgotten password: the letter speaks of Vunnet alone, and no mail is promised where none is sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from tests.web.test_pages import signed_in
from vunnet.web.accounts import passwords


@pytest.mark.parametrize("sends", [True, False])
def test_a_link_is_promised_only_where_mail_is_sent(db: None, monkeypatch: Any, sends: bool) -> None:
    monkeypatch.setitem(passwords.SENDS, "sends_mail", sends)
    for address in ("/accounts/password/reset/", "/accounts/password/reset/done/"):
        page = Client().get(address).content.decode()
        assert ("on its way" in page) is sends
        assert ("whoever runs this Vunnet" in page) is not sends


def test_the_letter_leads_to_a_new_password(house: Any) -> None:
    client = Client()
    assert client.post("/accounts/password/reset/", {"email": "bob@example.org"}).status_code == 302
    [letter] = mail.outbox
    assert letter.subject == "A new password for Vunnet"
    assert "Thank you for using" not in letter.body
    link = next(line for line in letter.body.splitlines() if "/accounts/password/reset/key/" in line)
    page = client.get(link.split("testserver")[-1].strip(), follow=True)
    new = "warm floors in winter"
    answer = client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert answer.status_code == 302
    assert Client().login(email="bob@example.org", password=new)


def test_nobody_is_written_to_whose_address_is_not_known(db: None) -> None:
    assert Client().post("/accounts/password/reset/", {"email": "nobody@example.org"}).status_code == 302
    assert mail.outbox == []


def test_fields_are_called_what_they_are_called_elsewhere(house: Any) -> None:
    assert "E-mail" in Client().get("/accounts/password/reset/").content.decode()
    page = signed_in("alice").get("/accounts/password/change/").content.decode()
    assert "Your password now" in page
    assert "Current Password" not in page
