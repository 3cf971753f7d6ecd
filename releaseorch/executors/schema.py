"""Checks a configuration against its JSON Schema and words each problem for the person who fills in the form."""

from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from releaseorch.words import gettext as _
from releaseorch.words import gettext_noop, ngettext

_TYPE_NAMES = {
    "array": gettext_noop("a list"),
    "boolean": gettext_noop("true or false"),
    "integer": gettext_noop("a whole number"),
    "null": gettext_noop("empty"),
    "number": gettext_noop("a number"),
    "object": gettext_noop("a set of named values"),
    "string": gettext_noop("text"),
}


def problems(schema: Mapping[str, Any], value: object) -> dict[str, str]:
    """Return dotted field path → sentence, one per field; values are never repeated, they may be secret."""
    found: dict[str, str] = {}
    for error in _sorted(Draft202012Validator(schema).iter_errors(value)):
        for name, reason in _worded(error):
            found.setdefault(name, reason)
    return found


def _sorted(errors: Iterable[ValidationError]) -> list[ValidationError]:
    return sorted(errors, key=lambda error: [str(part) for part in error.absolute_path])


def _worded(error: ValidationError) -> list[tuple[str, str]]:
    path = [str(part) for part in error.absolute_path]
    limit: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "required":
        missing = [str(name) for name in limit if name not in instance]
        return [(".".join([*path, name]), _("This field is required.")) for name in missing]
    if error.validator == "additionalProperties" and limit is False:
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        unknown = [str(name) for name in instance if name not in known]
        return [(".".join([*path, name]), _("There is no such field.")) for name in unknown]
    if error.validator == "propertyNames" or (error.parent and error.parent.validator == "propertyNames"):
        return [(".".join(path) or "configuration", _("A name in here is not allowed."))]
    return [(".".join(path) or "configuration", _sentence(str(error.validator), limit))]


def _sentence(keyword: str, limit: Any) -> str:
    if keyword == "type":
        return _("This must be %(type)s.") % {"type": _types(limit if isinstance(limit, list) else [limit])}
    if keyword == "enum":
        return _("This must be one of %(choices)s.") % {"choices": ", ".join(map(str, limit))}
    if keyword in ("minLength", "maxLength"):
        return _length_sentence(keyword, limit)
    sentences = {
        "minItems": _("At least %(limit)s needed."),
        "maxItems": _("At most %(limit)s allowed."),
        "minimum": _("This must be %(limit)s or more."),
        "maximum": _("This must be %(limit)s or less."),
        "exclusiveMinimum": _("This must be more than %(limit)s."),
        "maxProperties": _("At most %(limit)s allowed."),
        "uniqueItems": _("Each entry may appear only once."),
    }
    said = sentences.get(keyword)
    return said % {"limit": limit} if said else _("This is not in the form that is expected here.")


def _types(kinds: Iterable[str]) -> str:
    said, *more = (_(_TYPE_NAMES[kind]) if kind in _TYPE_NAMES else str(kind) for kind in kinds)
    for name in more:
        said = _("%(first)s or %(last)s") % {"first": said, "last": name}
    return said


def _length_sentence(keyword: str, limit: int) -> str:
    if keyword == "minLength" and limit == 1:
        return _("This must not be empty.")
    if keyword == "minLength":
        said = ngettext("At least %(n)d character is needed.", "At least %(n)d characters are needed.", limit)
    else:
        said = ngettext("At most %(n)d character is allowed.", "At most %(n)d characters are allowed.", limit)
    return said % {"n": limit}
