"""Setting up, joining, and where signing in leads."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.utils import perform_login
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vunnet.activities.models import Activity
from vunnet.deals.pipelines import furnish
from vunnet.web.accounts.forms import PasswordForm, ProfileForm, SetUpForm
from vunnet.web.asking import Request
from vunnet.workspaces import actions, inviting, oneself, walls
from vunnet.workspaces.models import Invitation, Member, User


def start(request: HttpRequest) -> HttpResponse:
    """To the workspace one was in last, else the first one."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    places = Member.objects.filter(user=request.user, is_active=True).select_related("workspace")
    place = places.filter(workspace__slug=request.session.get("workspace", "")).first()
    place = place or places.order_by("workspace__is_sample", "pk").first()
    if place is None:
        return render(
            request, "refused.html", {"title": _("No workspace yet"), "why": _("Ask an owner or admin to invite you.")}
        )
    return redirect("today", place.workspace.slug)


def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """The one-time link of a fresh installation."""
    if actions.find_setup_link(token) is None:
        raise Http404
    form = SetUpForm(
        request.POST or None, initial={"currency": "NOK", "time_zone": "Europe/Oslo", "language": request.LANGUAGE_CODE}
    )
    if request.method == "POST" and form.is_valid():
        founded = form.try_to(lambda: _found(token, form))
        if founded:
            return _signed_in(request, founded)
    return render(request, "accounts/set_up.html", {"form": form})


def _found(token: str, form: SetUpForm) -> User:
    user, room = actions.use_setup_link(token, seat=_busiest_seller(token), **form.cleaned_data)
    with walls.scope(workspace_id=room.pk, user_id=user.pk):
        furnish(room, Member.objects.get(user=user, workspace=room))
    return user


def _busiest_seller(token: str) -> int | None:
    """Of the sample's sellers the one with most to do today."""
    link = actions.find_setup_link(token)
    if link is None or link.sample_workspace is None:
        return None
    with walls.scope(workspace_id=link.sample_workspace):
        due = Activity.objects.planned().filter(
            due_at__lt=timezone.now() + timedelta(days=1), member__user__isnull=True
        )
        busiest = due.values("member").annotate(n=Count("pk")).order_by("-n", "member").first()
    return busiest["member"] if busiest else None


def join(request: HttpRequest, workspace_id: int, token: str) -> HttpResponse:
    """An invitation's link: a new person chooses a password, a known one signs in first."""
    with walls.scope(workspace_id=workspace_id):
        invitation = inviting.find_invitation(token)
        if invitation is None:
            raise Http404
        known = User.objects.filter(email=invitation.email).first()
        if known:
            return _join_known(request, known, token)
        return _join_new(request, invitation, token)


def _join_known(request: HttpRequest, known: User, token: str) -> HttpResponse:
    if request.user != known:
        messages.info(request, _("Sign in as %(email)s to accept the invitation.") % {"email": known.email})
        return redirect(f"/accounts/login/?next={request.path}")
    joined = inviting.accept_invitation(token, user=known)
    return redirect("home", joined.workspace.slug)


def _signed_in(request: HttpRequest, user: User) -> HttpResponse:
    answer: HttpResponse = perform_login(request, user, redirect_url="/")
    return answer


def _join_new(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = User.objects.create_user(invitation.email, form.cleaned_data["password"], name=form.cleaned_data["name"])
        inviting.accept_invitation(token, user=user)
        return _signed_in(request, user)
    return render(request, "accounts/join.html", {"form": form, "invitation": invitation})


def me(request: Request) -> HttpResponse:
    """One's own name, language, time zone, formats, password and other workspaces."""
    user = User.objects.get(members=request.member)
    own = {name: getattr(user, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST or None, initial={**own, "name": request.member.name})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data.pop("name")
        if form.try_to(lambda: oneself.call_oneself(request.member, name)):
            oneself.set_formats(user, **form.cleaned_data)
            # In the language that was just chosen.
            with translation.override(user.language or request.member.workspace.language):
                messages.success(request, _("Saved."))
            return redirect(request.path)
    return render(request, "accounts/me.html", {"form": form, "section": "me"})


def start_here(request: Request) -> HttpResponse:
    """The day begins with what there is to do."""
    return redirect("today", request.member.workspace.slug)


@require_POST
def go_to(request: Request) -> HttpResponse:
    """Remember the workspace one works in."""
    request.session["workspace"] = request.member.workspace.slug
    return redirect("today", request.member.workspace.slug)
