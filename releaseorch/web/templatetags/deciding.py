"""Which decisions a procedure allows on a step, in words."""

from collections.abc import Mapping
from typing import Any

from django import template

from releaseorch.catalog import deciding

register = template.Library()


@register.filter
def rules(said: Mapping[str, Any]) -> list[str]:
    """A line for everywhere, and one for each environment where it is otherwise."""
    return deciding.sentences(said)
