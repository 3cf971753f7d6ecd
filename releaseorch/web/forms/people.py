"""The forms of people and teams."""

from django import forms
from django.utils.translation import gettext_lazy as _

from releaseorch.accounts.models import PersonKind
from releaseorch.core.fields import NAME_LENGTH, TEXT_LENGTH
from releaseorch.web.forms.base import NounForm


class PersonForm(NounForm):
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False, widget=forms.EmailInput)
    contact = forms.CharField(
        label=_("Contact"), max_length=NAME_LENGTH, required=False, help_text=_("Such as an extension")
    )


class NewPersonForm(PersonForm):
    username = forms.CharField(
        label=_("User name"), max_length=100, help_text=_("Small letters, digits and . _ @ -; it stays.")
    )
    kind = forms.ChoiceField(
        label=_("Who is it"),
        choices=PersonKind.choices,
        help_text=_("A robot never approves, and has no password."),
    )
    field_order = ("name", "username", "kind", "email", "contact")


class TeamForm(NounForm):
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    contact = forms.CharField(
        label=_("Contact"), max_length=NAME_LENGTH, required=False, help_text=_("Such as an extension")
    )
    on_call_note = forms.CharField(
        label=_("On call"), max_length=TEXT_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Who is called at night, in which order"),
    )  # fmt: skip
