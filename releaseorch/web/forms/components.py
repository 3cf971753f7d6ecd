"""The form of a component."""

import json
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from releaseorch.catalog.models import Procedure
from releaseorch.catalog.procedure_queries import newest
from releaseorch.web.forms.base import Group, NamedRow, NounForm

VERSIONED = re.compile(r"(?P<name>.+) v(?P<version>[0-9]{1,9})", re.DOTALL)


class Pairs(forms.CharField):
    """One `name = text` per line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{name} = {_one_line(text)}" for name, text in sorted(value.items()))
        return value

    def to_python(self, value: Any) -> Any:
        found: dict[str, str] = {}
        for number, line in enumerate((value or "").splitlines(), start=1):
            name, equals, text = (part.strip() for part in line.partition("="))
            if not name and not text:
                continue
            if not name or not equals:
                raise forms.ValidationError(gettext("Line %(line)d is not “name = text”.") % {"line": number})
            if name in found:
                raise forms.ValidationError(
                    gettext("Line %(line)d: %(name)s stands there twice.") % {"line": number, "name": name}
                )
            found[name] = text
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial or {}) != (data or "").replace("\r\n", "\n").strip())


def _one_line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class NamedProcedure(NamedRow):
    """By name and version, as a select shows them; a name alone is its newest version."""

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, Procedure) else super().prepare_value(value)

    def to_python(self, value: Any) -> Any:
        exact = VERSIONED.fullmatch(str(value or "").strip())
        found = (
            self._rows.filter(name__iexact=exact["name"], version=exact["version"]).first() if exact else None
        )
        return found or super().to_python(value)


class ComponentForm(NounForm):
    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.CharField(
        label=_("Kind"), max_length=60, required=False,
        help_text=_("Such as database, service, web front, batch."),
    )  # fmt: skip
    procedure = forms.ModelChoiceField(
        Procedure.objects.none(), label=_("Procedure"), required=False,
        empty_label=_("none yet: nobody can deploy it"),
        help_text=_("How it is deployed. Runs that are planned keep the steps they have."),
    )  # fmt: skip
    parameters = Pairs(
        label=_("Values for its procedure"), max_length=100_000, required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "code", "spellcheck": "false"}),
        help_text=_("One “name = text” per line; each stands for ${name} in the steps."),
    )  # fmt: skip

    groups: ClassVar[Sequence[Group]] = (
        Group(_("What it is"), ("name", "kind")),
        Group(_("How it is deployed"), ("procedure", "parameters")),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        present = getattr(self.initial.get("procedure"), "pk", None)
        rows = Procedure.objects.filter(newest() | Q(pk=present)).order_by("name", "-version")
        self.offer("procedure", rows, NamedProcedure)
