"""Cells of the board: drawn by tags, since a board has a row for each request or application."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from releaseorch.catalog.models import Application
from releaseorch.delivery.checks import Readiness
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.web.templatetags import ui

register = template.Library()


@register.simple_tag
def pick(can_be_picked: bool, request: DeploymentRequest | None, application: Application) -> SafeString:
    """The box that selects a row; where it can't be selected it says so."""
    name = application.name
    if request is None:
        return _closed(_("%(name)s has filed nothing") % {"name": name})
    if not can_be_picked:
        return _closed(_("%(name)s can’t be selected now") % {"name": name})
    return format_html(
        '<input type="checkbox" name="request" value="{0}" id="pick-{0}" aria-label="{1}">'
        '<input type="hidden" name="version-{0}" value="{2}">',
        request.pk,
        _("Select %(name)s #%(id)s") % {"name": name, "id": request.pk},
        request.row_version,
    )


def _closed(label: str) -> SafeString:
    return format_html('<input type="checkbox" disabled aria-label="{}">', label)


@register.simple_tag
def readiness(found: Readiness) -> SafeString:
    """How many checks passed, and what is to be looked at or blocks."""
    said = [_("%(n)s passed") % {"n": found.passed}]
    if found.warn:
        said.append(ui.mark(_("%(n)s to look at") % {"n": found.warn}, "warn"))
    if found.blocked:
        said.append(ui.mark(_("%(n)s blocked") % {"n": found.blocked}, "blocked"))
    return format_html_join(" ", "{}", ((one,) for one in said))
