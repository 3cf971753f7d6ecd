"""Timelines and strips as SVG, drawn on the server; x is in per cent, so that text never stretches."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from releaseorch.web.markup import format_html, format_html_join

NOTHING = mark_safe("")
LANE, TOP = 28, 28
KINDS = ("plan", "done", "run", "stuck", "wait", "bad", "lost", "next")
# The distance of the ticks in minutes: the first that gives at most eight of them.
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880, 10080)


@dataclass(frozen=True)
class Bar:
    """One stretch of time in a lane; kind is one of KINDS, `critical` underlines it."""

    kind: str
    start: datetime
    end: datetime
    critical: bool = False
    title: str = ""


@dataclass(frozen=True)
class Lane:
    """One line of the timeline, usually an application, with the bars in it."""

    name: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True)
class Chart:
    """All lanes between two moments; `label` says in words what the picture shows."""

    lanes: list[Lane]
    start: datetime
    end: datetime
    label: str
    now: datetime | None = None
    gate: datetime | None = None  # the point of no return
    relative: bool = False  # ticks as "+30 min" instead of the time of day


@dataclass(frozen=True)
class Part:
    """One cause in a ledger: kind is work, others, window, human or team; weight in any one unit."""

    kind: str
    weight: float
    word: str


def joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def legend() -> list[tuple[str, str]]:
    return [
        ("plan", _("planned")),
        ("done", _("succeeded")),
        ("run", _("running")),
        ("stuck", _("needs a decision")),
        ("wait", _("waits for a person")),
        ("bad", _("failed attempt")),
        ("lost", _("outcome unknown")),
        ("next", _("expected")),
        ("crit", _("critical path")),
    ]


def swatch(kind: str) -> SafeString:
    if kind == "crit":
        return mark_safe(
            '<svg class="bars" aria-hidden="true"><line class="crit" x2="24" y1="6" y2="6"/></svg>'
        )
    y, height = (3, 3) if kind == "plan" else (0, 9)
    return format_html(
        '<svg class="bars" aria-hidden="true"><rect class="{}" width="24" y="{}" height="{}" rx="2"/></svg>',
        kind,
        y,
        height,
    )


def draw_timeline(chart: Chart) -> SafeString:
    """Names on the left, bars on the right; scrolls sideways where there is no room."""
    height = TOP + LANE * len(chart.lanes)
    names = format_html_join("", '<li title="{}">{}</li>', ((lane.name, lane.name) for lane in chart.lanes))
    return format_html(
        '<div class="timeline" tabindex="0" role="region" aria-label="{}"><ol class="list">{}</ol>'
        '<svg class="bars" height="{}" role="img" aria-label="{}">{}{}{}{}</svg></div>',
        _("Timeline, scrolls sideways"),
        names,
        height + 4,
        chart.label,
        _ticks(chart, height),
        joined(_lane(chart, n, lane) for n, lane in enumerate(chart.lanes)),
        _gate(chart, height),
        _now(chart, height),
    )


def _x(chart: Chart, moment: datetime) -> float:
    whole = max((chart.end - chart.start).total_seconds(), 1)
    return round(min(max(100 * (moment - chart.start).total_seconds() / whole, 0), 100), 2)


def _moments(chart: Chart) -> Iterable[datetime]:
    minutes = (chart.end - chart.start).total_seconds() / 60
    step = timedelta(minutes=next((one for one in STEPS if minutes / one <= 8), STEPS[-1] * 4))
    moment = chart.start
    if not chart.relative:
        local = timezone.localtime(chart.start)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        moment = midnight + step * -((midnight - local) // step)
    while moment <= chart.end:
        yield moment
        moment += step


def _tick_text(chart: Chart, moment: datetime) -> str:
    if chart.relative:
        minutes = int((moment - chart.start).total_seconds() // 60)
        return _("+%(n)d min") % {"n": minutes} if minutes else _("start")
    local = timezone.localtime(moment)
    if (chart.end - chart.start) > timedelta(days=2):
        return formats.date_format(local, "j M")
    return f"{local:%H:%M}"


def _words_in_the_way(chart: Chart) -> list[tuple[float, float]]:
    """Where the words of now and of the point of no return stand, in per cent: no tick is named there."""
    ways = []
    if chart.now:
        ways.append((_x(chart, chart.now) - 9, _x(chart, chart.now) + 5))
    if chart.gate:
        x = _x(chart, chart.gate)
        ways.append((x - 22, x + 4) if x > 70 else (x - 4, x + 22))
    return ways


def _ticks(chart: Chart, height: int) -> SafeString:
    taken = _words_in_the_way(chart)
    drawn = []
    for moment in _moments(chart):
        x = _x(chart, moment)
        anchor = "start" if x < 3 else "end" if x > 97 else "middle"
        crowded = any(left < x < right for left, right in taken)
        word = "" if crowded else _tick_text(chart, moment)
        drawn.append((x, x, height, x, anchor, word))
    return format_html_join(
        "",
        '<line class="tick" x1="{}%" x2="{}%" y1="22" y2="{}"/>'
        '<text x="{}%" y="14" text-anchor="{}">{}</text>',
        drawn,
    )


def _lane(chart: Chart, number: int, lane: Lane) -> SafeString:
    top = TOP + LANE * number
    bars = joined(_bar(chart, top, bar) for bar in lane.bars)
    return format_html(
        '<g><line class="lane" x1="0" x2="100%" y1="{}" y2="{}"/>{}</g>', top + LANE, top + LANE, bars
    )


def _bar(chart: Chart, top: int, bar: Bar) -> SafeString:
    if bar.kind not in KINDS:
        raise ValueError(f"There is no kind of bar {bar.kind!r}.")
    left, right = _x(chart, bar.start), _x(chart, bar.end)
    width = max(round(right - left, 2), 0.4)
    y, height = (top + 5, 3) if bar.kind == "plan" else (top + 11, 9)
    line = NOTHING
    if bar.critical:
        line = format_html(
            '<line class="crit" x1="{}%" x2="{}%" y1="{}" y2="{}"/>', left, left + width, top + 23, top + 23
        )
    title = format_html("<title>{}</title>", bar.title) if bar.title else NOTHING
    return format_html(
        '<rect class="{}" x="{}%" y="{}" width="{}%" height="{}" rx="2">{}</rect>{}',
        bar.kind,
        left,
        y,
        width,
        height,
        title,
        line,
    )


def _gate(chart: Chart, height: int) -> SafeString:
    if chart.gate is None:
        return NOTHING
    x = _x(chart, chart.gate)
    anchor, dx = ("end", -6) if x > 70 else ("start", 6)
    return format_html(
        '<line class="gate" x1="{}%" x2="{}%" y1="4" y2="{}"/>'
        '<text class="gate-text" x="{}%" dx="{}" y="14" text-anchor="{}">{}</text>',
        x,
        x,
        height,
        x,
        dx,
        anchor,
        _("point of no return"),
    )


def _now(chart: Chart, height: int) -> SafeString:
    if chart.now is None or not chart.start <= chart.now <= chart.end:
        return NOTHING
    x = _x(chart, chart.now)
    shift = 0 if x < 4 else -38 if x > 50 else -19
    return format_html(
        '<line class="now" x1="{}%" x2="{}%" y1="18" y2="{}"/>'
        '<rect class="now-tag" x="{}%" y="2" width="38" height="16" rx="3" transform="translate({})"/>'
        '<text class="now-text" x="{}%" dx="{}" y="14" text-anchor="middle">{}</text>',
        x,
        x,
        height,
        x,
        shift,
        x,
        shift + 19,
        f"{timezone.localtime(chart.now):%H:%M}",
    )


def draw_ledger(parts: list[Part], label: str) -> SafeString:
    """One strip, the widths in proportion, with the words below."""
    whole = sum(part.weight for part in parts) or 1
    drawn, x = [], 0.0
    for part in parts:
        width = 100 * part.weight / whole
        drawn.append((part.kind, round(x, 2), round(width, 2)))
        x += width
    strip = format_html_join("", '<rect class="{}" x="{}%" width="{}%" height="18"/>', drawn)
    words = format_html_join(
        "",
        '<li><svg class="ledger" aria-hidden="true"><rect class="{}" width="24" height="10"/></svg>{}</li>',
        ((part.kind, part.word) for part in parts),
    )
    return format_html(
        '<svg class="ledger" role="img" aria-label="{}">{}</svg><ul class="legend flush">{}</ul>',
        label,
        strip,
        words,
    )
