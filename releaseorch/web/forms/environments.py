"""The forms of environments, targets and placements."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from releaseorch.catalog.models import Component
from releaseorch.core.fields import LARGEST_LIMIT
from releaseorch.web.forms.base import Group, NamedRow, NounForm
from releaseorch.web.forms.components import Pairs


def parameters() -> Pairs:
    return Pairs(
        label=_("Parameters"), max_length=400_000, required=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "code", "spellcheck": "false"}),
        help_text=_("One “name = text” per line; each stands for ${name} in the steps. Everybody can read them: "
                    "passwords and keys belong into a connection."),
    )  # fmt: skip


def steps_at_once() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Steps at once"), min_value=1, max_value=LARGEST_LIMIT, required=False,
        help_text=_("At most so many tools work here at the same time; the other steps wait for a place. "
                    "Empty: as many as there are."),
    )  # fmt: skip


class EnvironmentForm(NounForm):
    name = forms.CharField(label=_("Name"), max_length=200)
    rank = forms.IntegerField(
        label=_("Place in the promotion order"), min_value=0, max_value=1000,
        help_text=_("Lower comes first; the same number stands side by side."),
    )  # fmt: skip
    is_protected = forms.BooleanField(
        label=_("Protected"), required=False, help_text=_("Real users or real data: pages mark it as such."),
    )  # fmt: skip
    confirm_within_minutes = forms.IntegerField(
        label=_("Minutes for a second person to confirm"), min_value=1, max_value=24 * 60, initial=10,
        help_text=_("Where it is protected: when nobody knows how a step ended, a second person confirms that it is "
                    "tried again. After these minutes whoever asked may decide alone."),
    )  # fmt: skip
    steps_at_once = steps_at_once()
    parameters = parameters()

    groups: ClassVar[Sequence[Group]] = (
        Group(_("What it is"), ("name", "rank", "is_protected", "confirm_within_minutes", "steps_at_once")),
        Group(_("What procedures are told"), ("parameters",)),
    )


class TargetForm(NounForm):
    name = forms.CharField(
        label=_("Name"), max_length=200, help_text=_("As your tools call it: a host, a cluster.")
    )
    kind = forms.CharField(
        label=_("Kind"), max_length=60, required=False, help_text=_("Such as server, cluster, device.")
    )
    steps_at_once = steps_at_once()
    parameters = parameters()

    groups: ClassVar[Sequence[Group]] = (
        Group(_("What it is"), ("name", "kind", "steps_at_once")),
        Group(_("What procedures are told"), ("parameters",)),
    )


class TurnForm(NounForm):
    """In which turn a component is deployed to its target."""

    order = forms.IntegerField(
        label=_("Turn"), min_value=0, max_value=10_000, initial=0,
        help_text=_("Rolling deployments go from the lowest to the highest."),
    )  # fmt: skip
    group = forms.CharField(
        label=_("Group"), max_length=60, required=False,
        help_text=_("Neighbours of the same group are deployed together."),
    )  # fmt: skip


class _Components(forms.ModelChoiceField):
    """By application: two may have a component of the same name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.application} / {obj.name}"


class NamedComponent(NamedRow):
    """By application and name, as a select shows them; a name alone where one application has it."""

    def __init__(self, field: forms.ModelChoiceField, rows: QuerySet[Any]) -> None:
        super().__init__(field, rows)
        self.help_text = _("Its name; “Application / component” where several have one of that name.")

    def prepare_value(self, value: Any) -> Any:
        row = self._rows.filter(pk=value).first() if str(value).isdigit() else value
        return f"{row.application} / {row.name}" if isinstance(row, Component) else value

    def to_python(self, value: Any) -> Any:
        owner, slash, name = str(value or "").strip().rpartition(" / ")
        rows = self._rows.filter(name__iexact=name.strip())
        found = list((rows.filter(application__name__iexact=owner.strip()) if slash else rows)[:2])
        if len(found) > 1:
            raise forms.ValidationError(
                _("Several applications have a component of this name: write “Application / component”.")
            )
        return found[0] if found else super().to_python(value)


class PlacementForm(TurnForm):
    component = _Components(
        Component.objects.none(), label=_("Component"), empty_label=_("choose a component")
    )
    field_order = ("component", "order", "group")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Component.objects.filter(retired_at=None).select_related("application")
        self.offer("component", rows.order_by("application__name", "name"), NamedComponent)
