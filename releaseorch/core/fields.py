"""Field shorthands, so that every name and every text is checked in the same way."""

import hashlib
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from releaseorch.core.text import folded, plain_line, plain_text, web_address

NAME_LENGTH = 200
TEXT_LENGTH = 10_000
LARGEST_LIMIT = 1000


def name(**options: Any) -> "models.CharField[str, str]":
    """One line that people read."""
    return models.CharField(
        max_length=options.pop("max_length", NAME_LENGTH), validators=[plain_line], **options
    )


def text(**options: Any) -> "models.TextField[str, str]":
    """Several lines; may be empty."""
    options.setdefault("blank", True)
    options.setdefault("default", "")
    return models.TextField(max_length=TEXT_LENGTH, validators=[plain_text], **options)


def link(**options: Any) -> "models.CharField[str, str]":
    """A web address; may be empty."""
    return models.CharField(max_length=1000, blank=True, default="", validators=[web_address], **options)


def limit() -> "models.PositiveSmallIntegerField[int | None, int | None]":
    """At most so many, from one on; empty = no limit."""
    return models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(LARGEST_LIMIT)]
    )


class NameKey(models.CharField):
    """What the eye sees of the field it follows, so that the database refuses a name that only looks different.

    Written with every save and `bulk_create`, never by hand; unique alone or within something, as the model says.
    """

    def __init__(self, *, follows: str = "name", **options: Any) -> None:
        self.follows = follows
        super().__init__(**{"max_length": NAME_LENGTH, "blank": True, "editable": False, **options})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "follows": self.follows}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = name_key(str(getattr(model_instance, self.follows)))
        setattr(model_instance, self.attname, key)
        return key


def name_key(value: str) -> str:
    """The folded name; folding may make it longer than its column, then its digest tells it apart."""
    key = folded(value)
    if len(key) <= NAME_LENGTH:
        return key
    return f"{key[: NAME_LENGTH - 33]}~{hashlib.sha256(key.encode()).hexdigest()[:32]}"
