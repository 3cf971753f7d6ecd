"""The forms of connections: the fields of each tool are drawn from what its connections may say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from releaseorch.environments.models import Connection
from releaseorch.environments.queries import in_use
from releaseorch.executors import registry
from releaseorch.web.forms import drawn
from releaseorch.web.forms.base import Group, NounForm
from releaseorch.web.forms.environments import steps_at_once

OWN = "config_"  # before the names of the tool's own fields; a tool may call one of them "name"
FURTHER = "config"
EMPTY: tuple[Any, ...] = (None, "", {}, [])  # 0 and false say something


class ConnectionForm(NounForm):
    """Where it leads; its environment and tool stay."""

    name = forms.CharField(
        label=_("Name"), max_length=100,
        help_text=_("Procedures name it; each environment has its own of that name."),
    )  # fmt: skip
    steps_at_once = steps_at_once()

    def __init__(self, *args: Any, kind: str, row: Connection | None = None, **options: Any) -> None:
        schema = schema_of(kind)
        own = drawn.fields_of(schema)
        if row is not None:
            limit = row.steps_at_once
            options["initial"] = {"name": row.name, "steps_at_once": limit, **_initial(row.config, own)}
        super().__init__(*args, **options)
        self.fields.update({OWN + name: field for name, field in own.items()})
        if drawn.takes_more(schema):
            self.fields[FURTHER] = drawn.further()
        told = [name for name in self.fields if name.startswith(FURTHER)]
        self.groups: Sequence[Group] = [  # type: ignore[misc]
            Group(_("Where it leads"), told, _("Everybody can read this. Secrets are set on its page."))
            if told
            else Group(_("Where it leads"), (), _("A connection of this tool holds secrets alone."))
        ]

    def clean(self) -> dict[str, Any]:
        """The tool's own fields are one configuration for the service; what is empty it doesn't say."""
        given = dict(self.cleaned_data)
        config = dict(given.pop(FURTHER, {}))
        for name in [one for one in given if one.startswith(OWN)]:
            value = given.pop(name)
            if value not in EMPTY:
                config[name.removeprefix(OWN)] = _whole(value)
        return {**given, "config": config}

    def add_sentences(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().add_sentences(dict(self._placed(errors)))

    def _placed(self, errors: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Sequence[str]]]:
        """`config.headers.Accept` belongs to the field of the headers."""
        for path, sentences in errors.items():
            config, _dot, rest = path.partition(".")
            name, _dot, inside = rest.partition(".")
            if config == FURTHER and OWN + name in self.fields:
                yield OWN + name, [f"{inside}: {one}" if inside else one for one in sentences]
            else:
                yield config, [f"{rest}: {one}" if rest else one for one in sentences]


class NewConnectionForm(ConnectionForm):
    environment = forms.ModelChoiceField(
        in_use(), label=_("Environment"), empty_label=_("choose an environment")
    )
    kind = forms.CharField(widget=forms.HiddenInput)
    field_order = ("environment", "name")


def schema_of(kind: str) -> drawn.Schema:
    """What a connection of this tool may say; anything, for a tool that isn't installed any more."""
    try:
        return registry.get(kind).connection_schema
    except registry.UnknownKind:
        return {}


def told(row: Connection) -> list[tuple[str, list[str]]]:
    """What it says, as its form shows it: label, and line by line the value."""
    form = ConnectionForm(kind=row.kind, row=row)
    shown = [name for name in form.fields if name in {FURTHER, *(OWN + own for own in row.config)}]
    found = [(form[name].label, form[name].value()) for name in shown]
    return [(str(label), _lines(value)) for label, value in found if value not in (*EMPTY, "{}")]


def tools() -> list[tuple[str, str, str]]:
    """Kind, label, and what its connections say, for whoever chooses one."""
    return [(kind, gettext(registry.get(kind).label), _says(kind)) for kind in registry.kinds()]


def _says(kind: str) -> str:
    titles = [str(field.label) for field in drawn.fields_of(schema_of(kind)).values()]
    return ", ".join(titles) or gettext("A connection of this tool holds secrets alone.")


def _initial(config: Mapping[str, Any], own: Mapping[str, forms.Field]) -> dict[str, Any]:
    further = {name: value for name, value in config.items() if name not in own}
    return {FURTHER: further, **{OWN + name: config[name] for name in own if name in config}}


def _lines(value: Any) -> list[str]:
    if isinstance(value, bool):
        return [gettext("yes") if value else gettext("no")]
    return str(value).splitlines()


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
