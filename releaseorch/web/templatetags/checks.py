"""The checks of a request as a list: drawn in one go, since a request of many lines has a hundred of them."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.delivery.verdicts import BLOCKED, PASSED, Check
from releaseorch.web.markup import format_html, format_html_join
from releaseorch.web.templatetags.ui import NOTHING, icon

register = template.Library()
AT_ONCE = 20


@register.simple_tag
def checks_list(checks: Sequence[Check]) -> SafeString:
    """The blocking ones come first; what goes beyond `AT_ONCE` stands behind a fold."""
    shown, more = checks[:AT_ONCE], checks[AT_ONCE:]
    if not more:
        return _list(shown)
    said = ngettext("%(n)d more", "%(n)d more", len(more)) % {"n": len(more)}
    fold = format_html(
        '<details class="more" id="checks-more"><summary>{}</summary>{}</details>', said, _list(more)
    )
    return _list(shown) + fold


def _list(checks: Sequence[Check]) -> SafeString:
    heads = {tone: _head(tone) for tone in {check.tone for check in checks}}
    rows = (
        (
            check.tone,
            heads[check.tone],
            check.sentence,
            format_html("<small><bdi>{}</bdi></small>", check.help) if check.help else NOTHING,
        )
        for check in checks
    )
    return format_html(
        '<ul class="checks">{}</ul>',
        format_html_join("", '<li data-state="{}">{}<bdi>{}</bdi></span>{}</li>', rows),
    )


def _head(tone: str) -> SafeString:
    """The symbol, and its meaning for those who don't see it."""
    word = {PASSED: _("Passed:"), BLOCKED: _("Blocked:")}.get(tone, _("To look at:"))
    symbol = icon("succeeded" if tone == PASSED else tone)
    return format_html('{}<span><span class="sr-only">{} </span>', symbol, word)
