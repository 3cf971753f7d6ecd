"""Cells of the matrix: drawn by a tag, since a page has hundreds of them."""

from collections.abc import Mapping
from datetime import datetime

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.catalog.models import Component
from releaseorch.core import clock
from releaseorch.environments.models import Installation
from releaseorch.environments.queries import Cell
from releaseorch.environments.states import SourceKind
from releaseorch.runs.models import DeploymentRun
from releaseorch.web import times
from releaseorch.web.markup import format_html, format_html_join
from releaseorch.web.templatetags import ui

register = template.Library()
Changing = Mapping[tuple[int, int], DeploymentRun]


@register.simple_tag
def matrix_cell(component: Component, cell: Cell, changing: Changing) -> SafeString:
    """One `<td>`: the version, leading to its history; marks; since when and by what."""
    run = changing.get((component.pk, cell.environment.pk))
    href = f"/where/{component.pk}/{cell.environment.pk}"
    odd = mark_safe(' class="odd" data-state="unknown"') if cell.is_uncertain else ""
    latest = cell.latest
    if latest is None:
        name = _("History of %(what)s in %(where)s") % {"what": component, "where": cell.environment}
        return format_html(
            '<td><div class="cell"><a class="plain faint" href="{}" aria-label="{}">–</a>'
            '<span class="marks">{}</span></div></td>',
            href,
            name,
            cell_marks(cell, run),
        )
    marks = cell_marks(cell, run)
    # Two versions and their marks don't fit on one line.
    beside = format_html(
        "<small>{}</small>" if len(cell.texts) > 1 else '<span class="marks">{}</span>', marks
    )
    return format_html(
        '<td{}><div class="cell"><a class="plain" href="{}"><code>{}</code></a>{}<small>{}, {}</small></div></td>',
        odd, href, versions_of(cell), beside, day(latest.since), source_of(latest),
    )  # fmt: skip


@register.simple_tag
def versions_of(cell: Cell) -> str:
    """ "5.7.4 or 5.8.0" when nobody knows which, "5.7.4 and 5.8.0" when targets differ."""
    joint = _(" or ") if cell.is_uncertain else _(" and ")
    return joint.join(cell.texts)


@register.simple_tag
def cell_marks(cell: Cell, run: DeploymentRun | None = None) -> SafeString:
    found = []
    if cell.is_uncertain:
        found.append(ui.mark(_("uncertain"), "unknown"))
    if cell.behind:
        found.append(ui.mark(ngettext("%(n)d behind", "%(n)d behind", cell.behind) % {"n": cell.behind}))
    if cell.is_blocked:
        found.append(ui.mark(_("blocked"), "blocked"))
    if run is not None:
        word = format_html('<a class="plain" href="/runs/{}">{}</a>', run.pk, _("changing"))
        found.append(ui.mark(word, "running"))
    return format_html_join(" ", "{}", ((one,) for one in found))


@register.simple_tag
def source_of(row: Installation) -> SafeString:
    """By what it came there: a run, an import, or somebody's word."""
    if row.source_kind == SourceKind.RUN and row.source_id:
        return format_html(
            '<a class="plain" href="/runs/{}" title="{}">{}</a>',
            row.source_id,
            row.source_name,
            _("run #%(id)s") % {"id": row.source_id},
        )
    if row.source_kind == SourceKind.HAND:
        return format_html(_("said by {}"), row.source_name)
    return format_html("{}", row.source_name or row.get_source_kind_display())


@register.simple_tag
def day(moment: datetime) -> SafeString:
    """The day, for today the time; to the second in the title."""
    stamp = times.stamp(moment)
    today = localtime(moment).date() == localtime(clock.now()).date()
    word = _("today %(time)s") % {"time": stamp[-5:]} if today else stamp[:-6]
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), times.exact(moment), word
    )


@register.simple_tag
def lasted(row: Installation) -> str:
    """How long it was there."""
    return times.duration(row.until - row.since) if row.until else ""


@register.simple_tag
def changing_marks(cell: Cell, changing: Mapping[int, DeploymentRun], component_id: int) -> SafeString:
    """The marks of a cell on the page of one environment; `changing` is by component."""
    return cell_marks(cell, changing.get(component_id))
