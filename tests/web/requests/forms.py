"""Reads a form off a page and sends it again, as a browser without JavaScript does."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from releaseorch.launcher import forms
from releaseorch.launcher.forms import Form

NEW = "/requests/new"


def form_of(answer: HttpResponse, action: str) -> Form:
    """The form of the page whose address is `action`."""
    for form in forms.read(answer.content.decode()).forms:
        if form.action == action and form.method == "post":
            return form
    raise AssertionError(f"no form for {action}")


def press(client: Client, answer: HttpResponse, action: str, do: str, **typed: Any) -> HttpResponse:
    """Fill in `typed` and press the button `do`; everything else goes as it stands on the page."""
    form = form_of(answer, action)
    assert any(button.value == do for button in form.buttons), [button.value for button in form.buttons]
    unknown = set(typed) - set(form.values) - set(form.choices)
    assert not unknown, unknown
    return client.post(action, {**form.values, **typed, "do": do})


def verb(client: Client, page: str, action: str, **typed: Any) -> HttpResponse:
    """Open `page` and send its form for `action`."""
    form = form_of(client.get(page), action)
    return client.post(action, {**form.values, **typed})
