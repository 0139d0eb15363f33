"""Passwords, by django-allauth, with the words of the rest: whether mail is sent here is said, and addresses are called what they are elsewhere."""

from __future__ import annotations

from typing import Any

from allauth.account import views
from allauth.account.forms import ChangePasswordForm, ResetPasswordForm, ResetPasswordKeyForm
from django.conf import settings
from django.utils.translation import gettext_lazy as _

SENDS = {"sends_mail": settings.MAIL_IS_SET}
asked = views.PasswordResetView.as_view(extra_context=SENDS)
sent = views.PasswordResetDoneView.as_view(extra_context=SENDS)
LABELS = {
    "email": _("E-mail"),
    "oldpassword": _("Your password now"),
    "password1": _("The new password"),
    "password2": _("The new password again"),
}


class _Called:
    """A form whose fields are called as here."""

    fields: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class Reset(_Called, ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetByKey(_Called, ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class Change(_Called, ChangePasswordForm):  # type: ignore[misc]
    pass
