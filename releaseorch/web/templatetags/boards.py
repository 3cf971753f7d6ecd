"""Rows of the board: drawn by a tag, since a board has one for each request or application."""

from django import template
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from releaseorch.catalog.models import Application
from releaseorch.delivery.board_queries import ApplicationLine, RequestLine
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.verdicts import Readiness
from releaseorch.environments.models import Environment
from releaseorch.features.models import Release
from releaseorch.web.markup import format_html, format_html_join
from releaseorch.web.templatetags import ui

register = template.Library()


@register.simple_tag
def request_row(line: RequestLine, can_be_picked: bool) -> SafeString:
    """A request on the board of an environment."""
    one = line.request
    name = _application(one.application)
    if one.title:
        name = format_html('{}<br><small class="quiet"><bdi>{}</bdi></small>', name, one.title)
    box = pick(can_be_picked, one, one.application)
    release = one.release.name if one.release else "–"
    return _row(
        box, name, format_html('<td data-label="{}">{}</td>', _("Release"), release), _request_cells(line)
    )


@register.simple_tag
def application_row(
    entry: ApplicationLine, can_be_picked: bool, environment: Environment, release: Release
) -> SafeString:
    """An application on the board of a release: its request, or nothing filed."""
    line, application = entry.line, entry.application
    said = _("%(n)s of %(all)s") % {"n": entry.features_ready, "all": len(entry.scopes)}
    return _row(
        pick(can_be_picked, line.request if line else None, application),
        _application(application),
        format_html('<td data-label="{}">{}</td>', _("Features ready"), said),
        _request_cells(line) if line else _nothing_filed(entry, environment, release),
    )


def _row(box: SafeString, name: SafeString, third: SafeString, cells: SafeString) -> SafeString:
    return format_html('<tr><td>{}</td><th scope="row">{}</th>{}{}</tr>', box, name, third, cells)


def _application(application: Application) -> SafeString:
    return format_html('<a class="plain" href="/applications/{}">{}</a>', application.slug, application.name)


def _request_cells(line: RequestLine) -> SafeString:
    """Number, state, checks, what it waits for, since when."""
    one = line.request
    waits_for = "" if line.wait else _("Waits for")
    return format_html(
        '<td data-label=""><a href="/requests/{0}">#{0}</a></td><td data-label="">{1}</td>'
        '<td class="quiet" data-label="">{2}</td><td data-label="{3}">{4}</td>'
        '<td class="num" data-label="{5}">{6}</td>',
        one.pk, _state(line), readiness(line.readiness), waits_for, _waiting(line),
        _("Since"), ui.since(line.wait.started_at if line.wait else one.closed_at),
    )  # fmt: skip


def _state(line: RequestLine) -> SafeString:
    shown = ui.state_badge("changed", _("Changed")) if line.is_changed else ui.state(line.request)
    return format_html("{} {}", shown, ui.mark(_("late"), "warn")) if line.request.late_since else shown


def _waiting(line: RequestLine) -> SafeString:
    one = line.request
    if line.wait:
        said = format_html("{}", line.wait.sentence)
    elif one.run_id:
        said = format_html('<a href="/runs/{0}">{1}</a>', one.run_id, _("run #%(id)s") % {"id": one.run_id})
    else:
        said = format_html('<span class="quiet">–</span>')
    if not line.alone.could or one.is_final:
        return said
    return format_html("{} {}", said, ui.mark(_("could go alone"), "", "alone"))


def _nothing_filed(entry: ApplicationLine, environment: Environment, release: Release) -> SafeString:
    application = entry.application
    chosen = {"application": application.pk, "environment": environment.pk, "release": release.pk}
    who = f"{application.team.name}, {application.contact}" if application.contact else application.team.name
    return format_html(
        '<td data-label=""><a href="/requests/new?{}">{}<span class="sr-only"> {}</span></a></td>'
        '<td data-label=""><span class="faint">{}</span></td><td class="quiet"></td>'
        '<td data-label="{}">{}</td><td class="num" data-label="">{}</td>',
        urlencode(chosen), _("File"), application.name, _("nothing filed"),
        _("Waits for"), who, ui.until(entry.late_since) if entry.late_since else "–",
    )  # fmt: skip


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


def readiness(found: Readiness) -> SafeString:
    """How many checks passed, and what is to be looked at or blocks."""
    said = [_("%(n)s passed") % {"n": found.passed}]
    if found.warn:
        said.append(ui.mark(_("%(n)s to look at") % {"n": found.warn}, "warn"))
    if found.blocked:
        said.append(ui.mark(_("%(n)s blocked") % {"n": found.blocked}, "blocked"))
    return format_html_join(" ", "{}", ((one,) for one in said))
