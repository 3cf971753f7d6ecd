"""Rows of a request's page and of its form: drawn by tags, since a request has a line for each of its components."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.catalog.models import Application, ComponentVersion
from releaseorch.core.looks import look as look_of
from releaseorch.delivery.request_facts import Ran
from releaseorch.delivery.request_form import VersionChoice
from releaseorch.delivery.request_queries import FeatureLine, ItemLine, RequestRow
from releaseorch.delivery.states import ItemKind
from releaseorch.features.models import Feature
from releaseorch.web.filing_page import FeatureView, LineView
from releaseorch.web.markup import format_html, format_html_join
from releaseorch.web.templatetags import ui

register = template.Library()
COMMA = mark_safe(", ")
BREAK = mark_safe("<br>")
SELECTED, DISABLED, CHECKED = mark_safe(" selected"), mark_safe(" disabled"), mark_safe(" checked")
DASH = mark_safe('<span class="faint">–</span>')
FOLDED_FROM = 7  # lines: from there on the facts of each stand behind a fold


@register.simple_tag
def request_line(line: ItemLine) -> SafeString:
    """The cells of a line that deploys something: name, change, built, where it ran."""
    version = line.version
    marks = [ui.mark(_("uncertain"), "unknown")] if line.is_uncertain else []
    if line.is_there_already:
        marks.append(ui.mark(_("there already")))
    if version is not None and version.is_blocked:
        marks.append(ui.mark(_("blocked"), "blocked"))
    return format_html(
        '<th scope="row"><a class="plain" href="/components/{}">{}</a></th><td data-label="">{}{}</td>'
        '<td class="quiet" data-label="{}">{}</td><td class="quiet">{}</td>',
        line.item.component_id,
        line.item.component,
        ui.change(line.from_text, line.to_text),
        format_html_join("", " {}", ((mark,) for mark in marks)) if marks else ui.NOTHING,
        _("Built"),
        joined((ui.when(_made(version)), ui.digest(version.digest)), BREAK) if version else ui.NOTHING,
        _where(line.ran, ON_PAGE) if version else ui.NOTHING,
    )


def _made(version: ComponentVersion) -> Any:
    return version.built_at or version.registered_at


# How a place where a version ran is written, and that it is there no longer.
ON_PAGE = ("{} {}{}", ' <span class="faint">{}</span>')
ON_FORM = ('{} <span class="quiet">{}{}</span>', ", {}")


def _where(ran: Sequence[Ran], words: tuple[str, str]) -> SafeString | str:
    """Such as "Test 6 d, Acceptance 1 d no longer"."""
    if not ran:
        return _("nowhere yet")
    place, gone = words
    no_longer = ui.NOTHING if all(one.is_there for one in ran) else format_html(gone, _("no longer"))
    rows = (
        (one.environment.name, ui.since(one.since), ui.NOTHING if one.is_there else no_longer) for one in ran
    )
    return format_html_join(COMMA, place, rows)


@register.simple_tag
def features(shown: Sequence[Feature], nothing: SafeString = DASH) -> SafeString:
    """The keys of features, each leading to its page."""
    if not shown:
        return nothing
    rows = ((one.pk, one.title, one.key) for one in shown)
    return format_html_join(COMMA, '<a href="/features/{}" title="{}"><code>{}</code></a>', rows)


@register.simple_tag
def applications(shown: Iterable[Application]) -> SafeString:
    """The names of applications, each leading to its page."""
    return format_html_join(
        COMMA, '<a href="/applications/{}">{}</a>', ((one.slug, one.name) for one in shown)
    )


@register.simple_tag
def request_tasks(rows: Sequence[RequestRow]) -> SafeString:
    """Requests as a list of tasks: what each waits for, or what it would deploy; since when."""
    word = _("Open")
    return format_html_join(
        "",
        '<li class="task" data-state="{}">{}<div><strong class="strong"><a class="plain" href="/requests/{}">'
        '<bdi>{}</bdi></a></strong><p>{}</p></div><p class="due">{}</p>'
        '<a class="button" href="/requests/{}">{}</a></li>',
        ((*_task(row), row.request.pk, word) for row in rows),
    )


def _task(row: RequestRow) -> tuple[Any, ...]:
    request, look = row.request, look_of(row.request)
    said = row.wait.sentence if row.wait else ", ".join(row.lines[:4])
    at = row.wait.started_at if row.wait else request.closed_at
    return (
        look.tone,
        ui.icon("succeeded" if request.is_final else "scheduled"),
        request.pk,
        request,
        f"{look.word} · {said}" if said else str(look.word),
        ui.since(at) if at else ui.NOTHING,
    )


@register.simple_tag
def feature_rows(lines: Sequence[FeatureLine]) -> SafeString:
    """Features of a request: status in its application, which versions hold them, what else they touch."""
    foreign = format_html('<span class="faint">{}</span>', _("not of this application"))
    held, touches, none = _("Held by"), _("Also touches"), _("none")
    rows = (
        (
            line.feature.pk,
            line.feature.key,
            line.feature.title,
            ui.state(line.part.status) if line.part else foreign,
            held,
            ", ".join(line.held_by) or "–",
            touches,
            applications(part.application for part in line.others) or none,
        )
        for line in lines
    )
    return format_html_join(
        "",
        '<tr><td data-label=""><a href="/features/{}"><code>{}</code></a></td><td><bdi>{}</bdi></td>'
        '<td data-label="">{}</td><td class="quiet" data-label="{}">{}</td>'
        '<td class="quiet" data-label="{}">{}</td></tr>',
        rows,
    )


@register.simple_tag
def feature_choices(shown: Sequence[FeatureView]) -> SafeString:
    """Features on the form: what holds them, and whether the request is about them."""
    foreign = format_html('<span class="faint">{}</span>', _("not of this release"))
    held, about = _("Held by"), _("This request is about %(key)s")
    rows = (
        (
            one.feature.pk,
            one.feature.key,
            one.feature.title,
            ui.state(one.scope, "status") if one.scope else foreign,
            held,
            _held(one.held_by),
            one.feature.pk,
            about % {"key": one.feature.key},
            CHECKED if one.ticked else ui.NOTHING,
        )
        for one in shown
    )
    return format_html_join(
        "",
        '<tr><td data-label=""><a href="/features/{}"><code>{}</code></a></td><td><bdi>{}</bdi></td>'
        '<td data-label="">{}</td><td class="quiet" data-label="{}">{}</td>'
        '<td class="num" data-label=""><input type="checkbox" name="feature" value="{}" aria-label="{}"{}></td></tr>',
        rows,
    )


def _held(versions: Sequence[ComponentVersion]) -> SafeString | str:
    if not versions:
        return _("no version yet")
    return format_html_join(COMMA, "{} <code>{}</code>", ((one.component.name, one.text) for one in versions))


@register.simple_tag
def line_form(one: LineView, here: str, kinds: Sequence[ItemKind], number: int) -> SafeString:
    """A line of the form that deploys something, of `number` lines: kind, version, what is there, its facts."""
    component = one.line.component
    name = component.name if component else ""
    return format_html(
        '<div class="line-form" role="group" aria-label="{}"><input type="hidden" name="component-{}" value="{}">'
        '<div class="row"><strong class="strong line-name"><bdi>{}</bdi></strong>{} {} '
        '<span class="quiet small">{}</span> <span class="row tight push">{}{}</span></div>{}</div>',
        name,
        one.place,
        component.pk if component else "",
        name or _("no component"),
        _kinds(one, here, kinds),
        _versions(one, here),
        format_html("{} <code>{}</code>", _("there now:"), one.there)
        if one.there
        else _("nothing there now"),
        _button("up", _("Up"), one.place, here, name) if one.place else ui.NOTHING,
        _button("remove", _("Remove"), one.place, here, name),
        _facts(one, one.chosen, folded=number >= FOLDED_FROM) if one.chosen else ui.NOTHING,
    )


_SELECT = (
    '<label class="{}"><span class="sr-only">{}</span><select name="{}" id="{}" hx-post="{}" hx-trigger="change"'
    """ hx-vals='{{"do":"update"}}'>{}</select></label>"""
)


def _kinds(one: LineView, here: str, kinds: Sequence[ItemKind]) -> SafeString:
    options = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((kind.value, SELECTED if kind.value == one.line.kind else ui.NOTHING, kind.label) for kind in kinds),
    )
    name = f"kind-{one.place}"
    return format_html(_SELECT, "inline-field", _("What happens"), name, name, here, options)


def _versions(one: LineView, here: str) -> SafeString:
    found = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (
                option.version.pk,
                SELECTED if option.chosen else DISABLED if option.blocked else ui.NOTHING,
                option.label,
            )
            for option in one.options
        ),
    )
    options = format_html('<option value="">{}</option>{}', _("no version"), found)
    name = f"version-{one.place}"
    return format_html(_SELECT, "inline-field grow", _("Version"), name, name, here, options)


def _button(do: str, word: str, place: int, here: str, name: str) -> SafeString:
    return format_html(
        '<button class="button link" name="do" value="{}-{}" formaction="{}#steps" hx-post="{}">{}'
        '<span class="sr-only"> {}</span></button>',
        do,
        place,
        here,
        here,
        word,
        name,
    )


def _facts(one: LineView, chosen: VersionChoice, folded: bool) -> SafeString:
    """What the chosen version holds, where it comes from and ran, what it replaces."""
    version, built = chosen.version, ui.when(_made(chosen.version))
    none = format_html('<span class="quiet">{}</span>', _("no feature is noted"))
    made = [built if version.built_at else format_html("{} {}", _("registered"), built)]
    if version.commit:
        short = version.commit if len(version.commit) <= 12 else f"{version.commit[:11]}…"
        made.append(format_html(" {} <code>{}</code>", _("from"), short))
    if version.build_url:
        made.append(format_html(', <a href="{}" rel="noreferrer">{}</a>', version.build_url, _("build")))
    facts = format_html(
        '<dl class="pairs tight"><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{} · {}</dd><dt>{}</dt><dd>{}</dd>{}</dl>',
        _("Holds"),
        features(chosen.features, none),
        _("Built"),
        joined(made, ui.NOTHING),
        ui.digest(version.digest),
        _("Ran in"),
        _where(chosen.ran, ON_FORM),
        _replaced(one, chosen) if one.installed else ui.NOTHING,
    )
    if not folded:
        return facts
    count = len(chosen.features)
    said = ngettext("%(count)s feature", "%(count)s features", count) % {"count": count}
    return format_html(
        '<details id="facts-{}"><summary class="quiet small">{}, {} {}</summary>{}</details>',
        one.place,
        said,
        _("built"),
        built,
        facts,
    )


def _replaced(one: LineView, chosen: VersionChoice) -> SafeString:
    source = format_html(", {}", one.installed.source_name) if one.installed.source_name else ui.NOTHING
    return format_html(
        '<dt>{}</dt><dd>{} <span class="quiet">{} {}{}</span></dd>',
        _("Replaces"),
        _("nothing: it is there already") if chosen.is_there else ui.change(one.there, chosen.version.text),
        _("there since"),
        ui.when(one.installed.since),
        source,
    )


def joined(parts: Iterable[SafeString], between: SafeString = COMMA) -> SafeString:
    return format_html_join(between, "{}", ((part,) for part in parts))
