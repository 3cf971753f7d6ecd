"""Field shorthands, so that every name and every text is checked in the same way."""

from typing import Any

from django.db import models

from releaseorch.core.text import plain_line, plain_text, web_address

NAME_LENGTH = 200
TEXT_LENGTH = 10_000


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
