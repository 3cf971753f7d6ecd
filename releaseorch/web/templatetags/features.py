"""Rows of features that a person follows: drawn by tags, since each has a line for every application and place."""

from collections.abc import Sequence
from itertools import groupby

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from releaseorch.delivery.followed_queries import FollowedFeature
from releaseorch.web.markup import format_html, format_html_join
from releaseorch.web.templatetags import ui

register = template.Library()
COMMA = mark_safe(", ")
MOST_APPLICATIONS = 8  # of a feature, in its row


@register.simple_tag
def followed_rows(shown: Sequence[FollowedFeature]) -> SafeString:
    """What I am to each feature, where it stands in each application, what can be tried now and where."""
    return format_html_join(
        "",
        '<tr><td data-label=""><a href="/features/{}"><code>{}</code></a></td><td><bdi>{}</bdi></td>'
        '<td class="quiet" data-label="">{}</td><td>{}{}</td><td class="quiet">{}</td></tr>',
        (
            (
                one.feature.pk,
                one.feature.key,
                one.feature.title,
                _mine(one),
                _stands(one),
                _rest(one),
                _there(one),
            )
            for one in shown
        ),
    )


def _mine(one: FollowedFeature) -> str:
    words = [_("own it")] if one.is_owner else []
    return ", ".join([*words, _("test it")] if one.is_tester else words)


def _stands(one: FollowedFeature) -> SafeString:
    rows = ((scope.application.name, ui.state(scope, "status")) for scope in one.scopes[:MOST_APPLICATIONS])
    return format_html_join("", '<span class="line">{} {}</span>', rows)


def _rest(one: FollowedFeature) -> SafeString:
    if len(one.scopes) <= MOST_APPLICATIONS:
        return ui.NOTHING
    said = _("All %(n)d applications") % {"n": len(one.scopes)}
    return format_html('<a href="/features/{}">{}</a>', one.feature.pk, said)


def _there(one: FollowedFeature) -> SafeString | str:
    if not one.arrived:
        return _("nothing has arrived anywhere yet")
    places = groupby(one.arrived, key=lambda arrival: arrival.environment)
    return format_html_join(
        "",
        '<span class="line"><span>{}: {}</span></span>',
        (
            (
                place.name,
                format_html_join(
                    COMMA, "{} <code>{}</code>", ((each.component.name, each.version.text) for each in there)
                ),
            )
            for place, there in places
        ),
    )
