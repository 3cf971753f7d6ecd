"""Parts of features on the page of a release: drawn by a tag, since a release has a hundred of them."""

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from releaseorch.delivery.feature_queries import FeaturePart
from releaseorch.web.markup import format_html_join
from releaseorch.web.templatetags import ui

register = template.Library()


@register.simple_tag
def parts_in_lines(parts: Iterable[FeaturePart]) -> SafeString:
    """A line for each application: its status, and how far its part has come."""
    return format_html_join(
        "",
        '<span class="line"><a class="plain" href="/applications/{}">{}</a> {} <small class="quiet">{}</small></span>',
        (
            (
                part.scope.application.slug,
                part.scope.application.name,
                ui.state(part.scope, "status"),
                how_far(part),
            )
            for part in parts
        ),
    )


@register.simple_tag
def how_far(part: FeaturePart) -> str:
    """The environment furthest on that the part has reached."""
    if part.furthest:
        return part.furthest.name
    return _("built, nowhere yet") if part.versions else _("no version yet")
