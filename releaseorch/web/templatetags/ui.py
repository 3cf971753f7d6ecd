"""The small parts of every page as tags that return safe text: fast in rows, the same everywhere."""

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from html import escape
from typing import Any

from django import template
from django.middleware.csrf import get_token
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from releaseorch.core import clock as core_clock
from releaseorch.core.actions import Action
from releaseorch.core.looks import Look
from releaseorch.core.looks import look as look_of
from releaseorch.web import charts, kept, times, verbs
from releaseorch.web.choices import Offer
from releaseorch.web.markup import format_html, format_html_join

register = template.Library()
NOTHING = mark_safe("")
NEVER = mark_safe('<span class="faint">–</span>')
_SELECTED = mark_safe(" selected")

# Terminal colours and other control characters of a log; tabs and line breaks stay.
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
_LOG_TIME = re.compile(r"^(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?=\s)")
_LOG_BAD = re.compile(r"(?<!\b0 )(?<!\bno )\b(fatal|error|failed|traceback|panic)\b(?!=0)", re.IGNORECASE)


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """One of our own symbols; decoration beside its word unless a title gives it a name."""
    return _picture(name, str(title)) if title else _decoration(name)


@lru_cache(maxsize=256)
def _picture(name: str, title: str) -> SafeString:
    return format_html(
        '<svg class="i" role="img" aria-label="{}"><use href="{}"/></svg>', title, _symbol(name)
    )


@cache  # as many as there are symbols, and pages draw hundreds
def _decoration(name: str) -> SafeString:
    return format_html('<svg class="i" aria-hidden="true"><use href="{}"/></svg>', _symbol(name))


@cache
def _symbol(name: str) -> str:
    return f"{static('icons.svg')}#{name}"


@register.simple_tag
def state_badge(tone: str, word: str, shape: str = "") -> SafeString:
    """Shape, word and colour from explicit values."""
    return _badge(Look(word, tone, shape), word)


@register.simple_tag
def state(value: Any, field: str = "state", word: str = "") -> SafeString:
    """The state of an object, of a member of registered choices, or a Look; `word` says it otherwise."""
    look = look_of(value, field)
    return _badge(look, str(word or look.word))


def _badge(look: Look, word: str) -> SafeString:
    return format_html("{}<span>{}</span></span>", _shape(look.tone, look.icon), word)


@cache
def _shape(tone: str, icon_name: str) -> SafeString:
    return format_html('<span class="state" data-state="{}">{}', tone, _decoration(icon_name))


@register.simple_tag
def tone(value: Any, field: str = "state") -> str:
    """Only the tone, for data-state of a row or a task."""
    return look_of(value, field).tone


@register.simple_tag
def mark(word: str, tone: str = "", shape: str = "") -> SafeString:
    """A short quiet word beside a value: lag, drift, late."""
    if not tone:
        return format_html('<span class="mark">{}{}</span>', icon(shape) if shape else NOTHING, word)
    look = Look(word, tone, shape)
    return format_html('<span class="mark" data-state="{}">{}{}</span>', tone, icon(look.icon), word)


@register.simple_tag
def change(old: Any, new: Any) -> SafeString:
    """From → to; without an old one it is new here, without a new one it is removed."""
    arrow = icon("arrow", _("to"))
    if not old:
        return format_html('<span class="change"><s>{}</s>{}<span>{}</span></span>', _("new"), arrow, new)
    if not new:
        return format_html('<span class="change"><s>{}</s>{}<span>{}</span></span>', old, arrow, _("removed"))
    if str(old) == str(new):
        return format_html('<span class="change"><span>{}</span> <s>{}</s></span>', new, _("again"))
    return format_html('<span class="change"><s>{}</s>{}<span>{}</span></span>', old, arrow, new)


@register.simple_tag
def digest(value: str | None) -> SafeString:
    """The two ends of a digest, all of it in the title; its algorithm stays readable."""
    if not value:
        return format_html('<span class="faint">{}</span>', _("no digest"))
    kind, _colon, hexa = str(value).rpartition(":")
    short = f"{hexa[:4]}…{hexa[-4:]}" if len(hexa) > 12 else hexa
    return format_html(
        '<span class="digest" title="{}">{}{}</span>', value, f"{kind}:" if kind else "", short
    )


@register.simple_tag
def since(moment: datetime | None) -> SafeString:
    """How long ago, kept current by clock.js."""
    return NEVER if moment is None else _time(moment, times.age(moment), " data-since")


@register.simple_tag
def until(moment: datetime | None) -> SafeString:
    """How long still ("in 3 h 40") or how late ("21 min late")."""
    return NEVER if moment is None else _time(moment, times.until(moment), " data-until")


@register.simple_tag
def when(moment: datetime | None) -> SafeString:
    """A moment as people say it, to the second in the title."""
    return NEVER if moment is None else _time(moment, times.stamp(moment))


@register.simple_tag
def clock(moment: datetime | None) -> SafeString:
    """Only the time of day, where the day is known: in a night's run, a feed."""
    return NEVER if moment is None else _time(moment, times.time_of_day(moment))


def _time(moment: datetime, said: str, mark: str = "") -> SafeString:
    """A page has hundreds of these, of which only the words can need escaping."""
    return SafeString(
        f'<time datetime="{moment.isoformat()}" title="{times.exact(moment)}"{mark}>{escape(said)}</time>'
    )


@register.simple_tag
def present() -> SafeString:
    """The time in the head of every page, kept going by clock.js."""
    moment = core_clock.now()
    return format_html(
        '<time datetime="{}" data-clock data-zone="{}" data-words="{}">{}</time>',
        moment.isoformat(),
        timezone.get_current_timezone_name(),
        json.dumps(times.patterns()),
        times.stamp(moment),
    )


@register.simple_tag
def duration(span: timedelta | float | None) -> str:
    """Seconds or a timedelta as "2 h 58"."""
    return times.duration(span)


@register.simple_tag(takes_context=True)
def person(context: Context, who: Any) -> SafeString:
    """A person's name, "you" for oneself; nobody when there is none."""
    if not who:
        return format_html('<span class="faint">{}</span>', _("nobody"))
    me = context.get("me")
    if me is not None and who == me:
        return format_html('<span class="person" title="{}">{}</span>', who, _("you"))
    return format_html('<bdi class="person">{}</bdi>', who)


@register.simple_tag
def fact(label: str, value: Any, note: Any = "") -> SafeString:
    """One fact for <dl class="facts">: what, its value, a quiet addition."""
    small = format_html(" <small>{}</small>", note) if note else NOTHING
    return format_html("<div><dt>{}</dt><dd>{}{}</dd></div>", label, value, small)


@register.simple_tag
def notice(tone: str, sentence: str) -> SafeString:
    """One sentence that should be read before acting."""
    return format_html(
        '<div class="notice" data-state="{}">{}<p>{}</p></div>', tone, icon(Look("", tone).icon), sentence
    )


@register.simple_tag
def empty(head: str, sentence: str = "", url: str = "", label: str = "") -> SafeString:
    """Nothing here: what would be here, why it isn't, and the one thing to do."""
    link = format_html('<a class="button" href="{}">{}</a>', url, label) if url else NOTHING
    text = format_html("<p>{}</p>", sentence) if sentence else NOTHING
    return format_html('<div class="empty"><strong>{}</strong>{}{}</div>', head, text, link)


@register.simple_tag
def share(done: int, total: int, label: str = "") -> SafeString:
    """A share as a short bar with its numbers in words."""
    width = round(100 * done / total) if total else 0
    return format_html(
        '<svg class="share" aria-hidden="true"><rect width="{}%" height="6"/></svg> <span>{}</span>',
        width,
        label or _("%(done)s of %(total)s") % {"done": done, "total": total},
    )


@register.simple_tag(takes_context=True)
def verb(context: Context, action: Action | None, version: int | None = None) -> SafeString:
    """A verb as button; asks for its reason where it needs one, says why where it is refused."""
    if not action:  # None, or the empty text that a template makes of a verb that isn't in a dict
        return NOTHING
    return verbs.draw(action, _csrf(context), version, _bounced(context, action))


@register.simple_tag(takes_context=True)
def verb_form(context: Context, action: Action, version: int | None = None) -> SafeString:
    """What a verb asks as a form that stands open on the page."""
    return verbs.form(action, _csrf(context), version, _bounced(context, action))


def _csrf(context: Context) -> str:
    """The token of the page, masked once and not for each of its verbs."""
    request = context.get("request")
    return "" if request is None else str(context.get("csrf_token") or get_token(request))


def _bounced(context: Context, action: Action) -> verbs.Bounced | None:
    """The answer to an earlier try of this very verb (same word, same address), or what was typed before a login."""
    bounced: verbs.Bounced | None = context.get("bounced")
    request = context.get("request")
    if bounced is not None and bounced.verb == action.verb and (not request or request.path == action.url):
        return bounced
    if request is None or not (action.allowed and action.asks):
        return None
    row = kept.filled(request, action.url)
    return verbs.Bounced.of_kept(action.verb, row) if row else None


@register.simple_tag(takes_context=True)
def pager(context: Context, page: Any, parameter: str = "cursor") -> SafeString:
    """For a keyset page: an object with `newer` and `older`, each a cursor or empty, and `is_by_name`."""
    if not (page.newer or page.older):
        return NOTHING
    back, on = (_("Before"), _("Further")) if page.is_by_name else (_("Newer"), _("Older"))
    links = [
        _page_link(context, parameter, page.newer, back, "prev"),
        _page_link(context, parameter, page.older, on, "next"),
    ]
    return format_html(
        '<nav class="pager" aria-label="{}">{}</nav>',
        _("Pages"),
        format_html_join(" ", "{}", ((link,) for link in links)),
    )


def _page_link(context: Context, parameter: str, cursor: str, label: str, rel: str) -> SafeString:
    if not cursor:
        return format_html('<span class="button" aria-disabled="true">{}</span>', label)
    query = context["request"].GET.copy()
    query[parameter] = cursor
    return format_html('<a class="button" rel="{}" href="?{}">{}</a>', rel, query.urlencode(), label)


@register.simple_tag
def choose(offer: Offer, nothing: str) -> SafeString:
    """The choice of a filter: a select with `nothing` first, or a field for a name where there are too many."""
    if offer.options is None:
        return format_html(
            '<input type="search" name="{}" value="{}" maxlength="200" size="14" placeholder="{}">',
            offer.name,
            offer.typed,
            _("its name"),
        )
    return format_html(
        '<select name="{}"><option value="">{}</option>{}</select>',
        offer.name,
        nothing,
        format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((pk, _SELECTED if pk == offer.chosen else NOTHING, name) for pk, name in offer.options),
        ),
    )


@register.simple_tag
def log(text: str | Iterable[str], label: str, tall: bool = False) -> SafeString:
    """Log lines in a box that shows its end: times quiet, failures loud, terminal codes gone."""
    lines = text.splitlines() if isinstance(text, str) else text
    body = format_html_join("\n", "{}", ((_log_line(_CONTROL.sub("", line)),) for line in lines))
    return format_html(
        '<div class="log{}" tabindex="0" role="region" aria-label="{}"><pre>{}</pre></div>',
        " tall" if tall else "",
        label,
        body,
    )


def _log_line(line: str) -> SafeString:
    found = _LOG_TIME.match(line)
    at = found.end() if found else 0
    head = format_html("<i>{}</i>", line[:at]) if at else NOTHING
    return format_html("{}<b>{}</b>" if _LOG_BAD.search(line, at) else "{}{}", head, line[at:])


@register.simple_tag
def timeline(chart: charts.Chart) -> SafeString:
    """Planned against actual by lane; see web/charts.py."""
    return charts.draw_timeline(chart)


@register.simple_tag
def ledger(parts: Iterable[charts.Part], label: str) -> SafeString:
    """Waiting by cause as one strip with its legend."""
    return charts.draw_ledger(list(parts), label)


@register.simple_tag
def bar_legend() -> SafeString:
    """What the bars of a timeline mean."""
    items = ((charts.swatch(kind), word) for kind, word in charts.legend())
    rows = format_html_join("", "<li>{}{}</li>", items)
    return format_html('<ul class="legend" aria-label="{}">{}</ul>', _("What the bars mean"), rows)
