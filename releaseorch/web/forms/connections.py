"""The forms of connections and of their secrets."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from releaseorch.environments.models import Environment
from releaseorch.executors import registry
from releaseorch.web.forms.base import Group, NounForm

MOST = 100_000


class Json(forms.CharField):
    """An object as JSON, each name once."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value or {}, indent=2, ensure_ascii=False)

    def to_python(self, value: Any) -> Any:
        if not (value or "").strip():
            return {}
        try:
            found = json.loads(value, object_pairs_hook=_each_once)
        except (ValueError, RecursionError) as broken:
            raise forms.ValidationError(
                gettext("This is not JSON: %(why)s") % {"why": str(broken)[:200]}
            ) from None
        if not isinstance(found, dict):
            raise forms.ValidationError(gettext("This must be an object: names and values in { }."))
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or {}))
        except forms.ValidationError:
            return True


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(gettext("a name stands there twice"))
    return found


class ConnectionForm(NounForm):
    """Where it leads; its environment and tool stay."""

    name = forms.CharField(
        label=_("Name"), max_length=100,
        help_text=_("Procedures name it; each environment has its own of that name."),
    )  # fmt: skip
    config = Json(
        label=_("Configuration"), max_length=MOST, required=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "code", "spellcheck": "false"}),
    )  # fmt: skip
    groups: ClassVar[Sequence[Group]] = (
        Group(
            _("Where it leads"), ("config",),
            _("As JSON. Everybody can read it: secrets are set on the page of the connection."),
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, kind: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["config"].help_text = said_of(kind) if kind else _all_kinds()


class NewConnectionForm(ConnectionForm):
    environment = forms.ModelChoiceField(
        Environment.objects.all(), label=_("Environment"), empty_label=_("choose an environment")
    )
    kind = forms.ChoiceField(label=_("Tool"))
    field_order = ("environment", "kind", "name", "config")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind, gettext(registry.get(kind).label)) for kind in registry.kinds()]


def said_of(kind: str) -> Any:
    """Which names the configuration of a connection may have, in words."""
    try:
        schema = registry.get(kind).connection_schema
    except registry.UnknownKind as unknown:
        return str(unknown)
    properties: Mapping[str, Any] = schema.get("properties", {})
    if not properties:
        return _("Nothing: a connection of this tool holds secrets alone.")
    said = ", ".join(f"{name} ({gettext(entry.get('title', name))})" for name, entry in properties.items())
    return format_lazy("{}: {}.", _("It may say"), said)


def _all_kinds() -> str:
    return " ".join(f"{gettext(registry.get(kind).label)}: {said_of(kind)}" for kind in registry.kinds())
