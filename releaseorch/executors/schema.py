"""Checks a configuration against its JSON Schema and words each problem for the person who fills in the form."""

from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

_TYPE_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "empty",
    "number": "a number",
    "object": "a set of named values",
    "string": "text",
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
        return [(".".join([*path, name]), "This field is required.") for name in missing]
    if error.validator == "additionalProperties" and limit is False:
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        unknown = [str(name) for name in instance if name not in known]
        return [(".".join([*path, name]), "There is no such field.") for name in unknown]
    if error.validator == "propertyNames" or (error.parent and error.parent.validator == "propertyNames"):
        return [(".".join(path) or "configuration", "A name in here is not allowed.")]
    return [(".".join(path) or "configuration", _sentence(str(error.validator), limit))]


def _sentence(keyword: str, limit: Any) -> str:
    if keyword == "type":
        kinds = limit if isinstance(limit, list) else [limit]
        return f"This must be {' or '.join(_TYPE_NAMES.get(kind, str(kind)) for kind in kinds)}."
    if keyword == "enum":
        return f"This must be one of {', '.join(map(str, limit))}."
    sentences = {
        "minItems": f"At least {limit} needed.",
        "maxItems": f"At most {limit} allowed.",
        "minLength": "This must not be empty." if limit == 1 else f"At least {limit} characters are needed.",
        "maxLength": f"At most {limit} characters are allowed.",
        "minimum": f"This must be {limit} or more.",
        "maximum": f"This must be {limit} or less.",
        "exclusiveMinimum": f"This must be more than {limit}.",
        "maxProperties": f"At most {limit} allowed.",
        "uniqueItems": "Each entry may appear only once.",
    }
    return sentences.get(keyword, "This is not in the form that is expected here.")
