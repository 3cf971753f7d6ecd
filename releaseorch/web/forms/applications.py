"""The form of an application."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from releaseorch.accounts.models import Team
from releaseorch.catalog.states import Level
from releaseorch.web.forms.base import Group, NounForm


class Tags(forms.CharField):
    """Words with commas between them."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else ", ".join(value)

    def to_python(self, value: Any) -> Any:
        return [tag.strip() for tag in (value or "").split(",") if tag.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


class ApplicationForm(NounForm):
    name = forms.CharField(label=_("Name"), max_length=200)
    team = forms.ModelChoiceField(
        Team.objects.filter(retired_at=None), label=_("Team"), empty_label=_("choose a team"),
        help_text=_("Owns it: files its requests, takes its steps."),
    )  # fmt: skip
    criticality = forms.CharField(
        label=_("Criticality"), max_length=40, required=False,
        help_text=_("In the words of your house: vital, internal …"),
    )  # fmt: skip
    tags = Tags(label=_("Tags"), max_length=1000, required=False, help_text=_("With commas between them."))
    contact = forms.CharField(
        label=_("Contact"), max_length=200, required=False,
        help_text=_("Whom to ask in office hours; empty: the team’s contact."),
    )  # fmt: skip
    runbook_url = forms.CharField(
        label=_("Runbook"), max_length=1000, required=False,
        widget=forms.TextInput(attrs={"inputmode": "url"}),
        help_text=_("A link that starts with https:// or http://; it stands on each failed step."),
    )  # fmt: skip
    on_call_note = forms.CharField(
        label=_("On call"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whom to call at night, as one reads it then; empty: the team’s note."),
    )  # fmt: skip
    level = forms.TypedChoiceField(
        label=_("On the way out of the train"), choices=Level.choices, coerce=Level, initial=Level.TRAIN,
    )  # fmt: skip
    is_restricted = forms.BooleanField(
        label=_("Restricted"), required=False,
        help_text=_("Its logs and evidence are for its team and operators only."),
    )  # fmt: skip

    groups: ClassVar[Sequence[Group]] = (
        Group(_("What it is"), ("name", "team", "criticality", "tags")),
        Group(_("Who helps when it fails"), ("contact", "runbook_url", "on_call_note")),
        Group(_("How it is released"), ("level", "is_restricted")),
    )
