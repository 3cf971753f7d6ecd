"""The forms of features and releases."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from releaseorch.accounts.models import Person, PersonKind
from releaseorch.catalog.models import Application
from releaseorch.features.models import Feature
from releaseorch.features.states import MilestoneKind
from releaseorch.web.forms.base import NounForm

MOMENT = "%Y-%m-%dT%H:%M"


def moment(label: Any, help_text: Any = "") -> forms.DateTimeField:
    """A moment in the zone of the installation, to the minute."""
    return forms.DateTimeField(
        label=label, required=False, help_text=help_text, input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"],
        widget=forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local"}),
    )  # fmt: skip


def _people() -> "forms.ModelChoiceField[Person]":
    return forms.ModelChoiceField(
        Person.objects.filter(is_active=True, kind=PersonKind.HUMAN), required=False, empty_label=_("nobody")
    )


class FeatureForm(NounForm):
    title = forms.CharField(label=_("Title"), max_length=300)
    url = forms.CharField(
        label=_("In the tracker"), max_length=1000, required=False,
        widget=forms.TextInput(attrs={"inputmode": "url"}), help_text=_("A link that starts with https:// or http://."),
    )  # fmt: skip
    owner = _people()
    tester = _people()

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self.fields["owner"].label, self.fields["tester"].label = _("Owner"), _("Tester")
        self.fields["tester"].help_text = _("Owner and tester may sign it off.")


class NewFeatureForm(FeatureForm):
    key = forms.CharField(
        label=_("Key"), max_length=60, help_text=_("As in the tracker, such as CR-5003; it stays.")
    )
    applications = forms.ModelMultipleChoiceField(
        Application.objects.filter(retired_at=None), label=_("Touches"),
        widget=forms.SelectMultiple(attrs={"size": 8}), help_text=_("One application, or several."),
    )  # fmt: skip
    field_order = ("key", "title", "owner", "tester", "url", "applications")


class ReleaseForm(NounForm):
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Such as 2026.4"))
    target_date = moment(_("Date"), _("When it shall be in production."))


class NewReleaseForm(ReleaseForm):
    application = forms.ModelChoiceField(
        Application.objects.filter(retired_at=None), label=_("Of"), required=False,
        empty_label=_("the whole organisation"),
    )  # fmt: skip
    field_order = ("name", "application", "target_date")


class CutOffsForm(NounForm):
    """One moment per cut-off; left empty there is none."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        for kind in MilestoneKind:
            self.fields[kind.value] = moment(str(kind.label).capitalize(), HELP[kind])


HELP = {
    MilestoneKind.FILING: _(
        "Filing later is possible, is marked late, and needs a release manager's consent."
    ),
    MilestoneKind.APPROVAL: _("Until then requests should be decided."),
    MilestoneKind.PLAN: _("Until then approved requests should be in a run."),
}


class Features(forms.CharField):
    """Features by their keys, with spaces, commas or line breaks between them."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else "\n".join(one.key for one in value)

    def to_python(self, value: Any) -> Any:
        keys = dict.fromkeys((value or "").replace(",", " ").split())
        found = {feature.key: feature for feature in Feature.objects.filter(key__in=keys)}
        unknown = [key for key in keys if key not in found]
        if unknown:
            said = {"keys": ", ".join(unknown[:20])}
            raise forms.ValidationError(_("There is no feature %(keys)s.") % said)
        return list(found.values())

    def has_changed(self, initial: Any, data: Any) -> bool:
        before: list[str] = self.prepare_value(initial or []).split()
        return before != (data or "").replace(",", " ").split()


class LinesForm(NounForm):
    features = Features(
        label=_("Features"), max_length=50_000, required=False, widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("Their keys, one after the other. What isn't here, isn't in the release."),
    )  # fmt: skip
