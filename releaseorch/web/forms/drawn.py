"""Fields drawn from a JSON schema, such as that of a tool's connection: what has no field of its own stays JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from releaseorch.web.forms.components import Pairs

Schema = Mapping[str, Any]
MOST = 100_000
NO_CORRECTION: dict[str, Any] = {"class": "code", "spellcheck": "false"}
SECRET = re.compile(r"(?P<prefix>.*)\$\{(?P<secret>[A-Za-z][A-Za-z0-9_-]{0,59})\}")


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


class AnyJson(Json):
    """Any value as JSON; left empty it says nothing."""

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def to_python(self, value: Any) -> Any:
        try:
            return json.loads(value) if (value or "").strip() else None
        except (ValueError, RecursionError) as broken:
            raise forms.ValidationError(
                gettext("This is not JSON: %(why)s") % {"why": str(broken)[:200]}
            ) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != (data or None))


class SecretPairs(Pairs):
    """One `name = text ${secret}` per line; the text names a secret and never is one."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return super().prepare_value(
            {name: f"{one.get('prefix', '')}${{{one.get('secret', '')}}}" for name, one in value.items()}
        )

    def to_python(self, value: Any) -> Any:
        return {name: self._read(name, text) for name, text in super().to_python(value).items()}

    def _read(self, name: str, text: str) -> dict[str, str]:
        found = SECRET.fullmatch(text)
        if found is None:
            raise forms.ValidationError(
                gettext(
                    "%(name)s must name a secret, such as ${token}. The secret itself is set on the page of the "
                    "connection, where nobody can read it."
                )
                % {"name": name[:100]}
            )
        return {key: part for key, part in found.groupdict().items() if part}


class Lines(forms.CharField):
    """One text per line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


def fields_of(schema: Schema) -> dict[str, forms.Field]:
    """A field for each property, by its name, in the order of the schema."""
    needed = schema.get("required", ())
    return {
        name: _field(entry, label=gettext(entry.get("title", name)), required=name in needed)
        for name, entry in schema.get("properties", {}).items()
    }


def takes_more(schema: Schema) -> bool:
    """Whether an object may say what the schema doesn't name: its own parameters, as JSON."""
    return schema.get("additionalProperties", True) is not False


def further() -> Json:
    return Json(
        label=_("Further parameters, as JSON"), max_length=MOST, required=False,
        widget=forms.Textarea(attrs={"rows": 8, **NO_CORRECTION}),
    )  # fmt: skip


def _field(entry: Schema, **options: Any) -> forms.Field:
    said = gettext(entry["description"]) if "description" in entry else ""
    kind = entry.get("type")
    if "enum" in entry:
        choices = [(one, one) for one in entry["enum"]]
        empty = [] if options["required"] else [("", _("as the tool does"))]
        return forms.ChoiceField(choices=[*empty, *choices], help_text=said, **options)
    if kind == "boolean":
        ticked = entry.get("default", False)  # what the tool does while nothing is said
        return forms.BooleanField(help_text=said, initial=ticked, **{**options, "required": False})
    if kind in ("number", "integer"):
        return _number(entry, said, **options)
    if kind == "string":
        most = entry.get("maxLength", MOST)
        return forms.CharField(max_length=most, strip=False, help_text=said, **options)
    return _several(entry, said, **options)


def _number(entry: Schema, said: str, **options: Any) -> forms.Field:
    limits: dict[str, Any] = {
        "min_value": entry.get("minimum"),
        "max_value": entry.get("maximum"),
        "help_text": said,
    }
    if entry["type"] == "integer":
        return forms.IntegerField(**limits, **options)
    field = forms.FloatField(**limits, **options)
    field.widget.attrs["step"] = "any"
    return field


def _several(entry: Schema, said: str, **options: Any) -> forms.Field:
    """Names and texts line by line; anything else is JSON."""
    inner, items = entry.get("additionalProperties"), entry.get("items")
    common = {"max_length": MOST, "widget": forms.Textarea(attrs={"rows": 4, **NO_CORRECTION}), **options}
    if isinstance(inner, Mapping) and inner.get("type") == "string":
        return Pairs(help_text=_joined(said, _("One “name = text” per line.")), **common)
    if isinstance(inner, Mapping) and "secret" in inner.get("properties", {}):
        return SecretPairs(
            help_text=_("One per line, with the name of the secret in place of the secret: "
                        "Authorization = Bearer ${token}"), **common,
        )  # fmt: skip
    if isinstance(items, Mapping) and items.get("type") == "string":
        return Lines(help_text=_joined(said, _("One per line.")), **common)
    return AnyJson(help_text=_joined(said, _("As JSON.")), **common)


def _joined(said: str, how: Any) -> Any:
    return format_lazy("{} {}", said, how) if said else how
