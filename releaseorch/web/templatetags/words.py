"""The word of a state without its shape, where the shape stands beside it already."""

from typing import Any

from django import template

from releaseorch.core.looks import look

register = template.Library()


@register.simple_tag
def word(value: Any, field: str = "state") -> str:
    """Such as "In approval", from the look of an object or of a member of registered choices."""
    return str(look(value, field).word)
