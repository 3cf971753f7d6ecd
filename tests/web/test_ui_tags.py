"""The tags of the pages: safe with whatever people type, and honest about what is missing."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from releaseorch.core import clock, looks
from releaseorch.core.actions import Action, Field
from releaseorch.core.looks import Look
from releaseorch.web.verbs import Bounced

NASTY = '<script>alert("1")</script>'
NOW = datetime(2026, 11, 21, 22, 58, tzinfo=UTC)


def drawn(tag: str, path: str = "/", **context: object) -> str:
    request = RequestFactory().get(path, {"team": "claims"})
    with clock.at(NOW):
        return Template("{% load ui %}" + tag).render(Context({"request": request, **context}))


class Weather(StrEnum):
    FINE = "fine_weather"
    STORM = "stormy_weather"


@pytest.fixture(scope="module", autouse=True)
def weather() -> None:
    looks.register(Weather, {Weather.FINE: Look("Fine", "succeeded"), Weather.STORM: Look("Storm", "failed")})


@pytest.mark.parametrize(
    "tag",
    [
        '{% state_badge "failed" x %}',
        "{% mark x %}",
        "{% change x x %}",
        "{% change '' x %}",
        "{% change x '' %}",
        "{% digest x %}",
        "{% person x %}",
        "{% fact x x x %}",
        '{% notice "warn" x %}',
        "{% empty x x x x %}",
        "{% log x x %}",
        "{% share 1 2 x %}",
        "{% icon x x %}",
    ],
)
def test_what_people_typed_never_becomes_markup(tag: str) -> None:
    assert "<script" not in drawn(tag, x=NASTY)


def test_a_verb_escapes_everything_it_was_given() -> None:
    action = Action(
        NASTY,
        NASTY,
        NASTY,
        True,
        needs_reason=True,
        consequence=NASTY,
        fields=(
            Field(NASTY, NASTY, NASTY),
            Field("a", NASTY, NASTY, "text", help=NASTY),
            Field("b", NASTY, NASTY, "select", choices=((NASTY, NASTY),)),
            Field("c", NASTY, "x", "checkbox"),
        ),
    )
    assert "<script" not in drawn("{% verb action %}", action=action)
    assert "<script" not in drawn("{% verb action %}", action=Action("a", NASTY, "/", False, NASTY))


def test_a_state_has_shape_word_and_tone() -> None:
    html = drawn("{% state value %}", value=Weather.STORM)
    assert 'data-state="failed"' in html
    assert "icons.svg#failed" in html
    assert "Storm" in html


def test_a_bare_word_is_read_when_all_who_have_it_agree() -> None:
    assert "Fine" in drawn("{% state value %}", value="fine_weather")


def test_a_word_nobody_registered_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(LookupError):
        looks.look("no_such_weather")


def test_every_choice_needs_a_look() -> None:
    with pytest.raises(ValueError, match="stormy_weather"):
        looks.register(Weather, {Weather.FINE: Look("Fine", "succeeded")})


def test_a_tone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no tone"):
        Look("Fine", "sunny")


def test_a_plain_verb_is_a_form_with_the_version_it_was_drawn_from() -> None:
    html = drawn("{% verb action 7 %}", action=Action("pause", "Pause", "/runs/1/pause", True))
    assert 'method="post"' in html
    assert 'action="/runs/1/pause"' in html
    assert '<input type="hidden" name="version" value="7">' in html
    assert 'name="csrfmiddlewaretoken"' in html
    assert "<details" not in html


def test_a_verb_that_needs_a_reason_asks_for_it_without_a_script() -> None:
    html = drawn("{% verb action %}", action=Action("skip", "Skip", "/s", True, needs_reason=True))
    assert "<details" in html
    assert "<textarea" in html
    assert 'name="reason" required' in html


def test_a_refused_verb_is_no_form_and_says_why() -> None:
    html = drawn("{% verb action %}", action=Action("start", "Start", "/s", False, "Run #209 holds intake."))
    assert "<form" not in html
    assert 'aria-disabled="true"' in html
    assert "Run #209 holds intake." in html


def test_a_refusal_without_a_reason_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="start"):
        Action("start", "Start", "/s", False)


def test_a_verb_that_bounced_stands_open_with_what_was_typed_and_why_it_was_not_taken() -> None:
    action = Action("skip", "Skip", "/steps/20/skip", True, needs_reason=True)
    bounced = Bounced("skip", {"reason": "too short"}, {"reason": ["Say what you saw."]})
    html = drawn("{% verb action %}", path="/steps/20/skip", action=action, bounced=bounced)
    assert '<details class="verb popover" name="verbs" open>' in html
    assert "too short" in html
    assert "Say what you saw." in html
    assert 'aria-invalid="true"' in html


def test_the_same_verb_of_another_object_stays_closed() -> None:
    action = Action("skip", "Skip", "/steps/21/skip", True, needs_reason=True)
    bounced = Bounced("skip", {"reason": "typed for step 20"}, {"reason": ["Say what you saw."]})
    html = drawn("{% verb action %}", path="/steps/20/skip", action=action, bounced=bounced)
    assert "typed for step 20" not in html


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (38, "38 s"),
        (60, "1 min"),
        (540, "9 min"),
        (3600, "1 h 00"),
        (10680, "2 h 58"),
        (100800, "1 d 4 h"),
        (86400, "1 d"),
        (86400 * 40 + 7200, "40 d"),
        (-1260, "−21 min"),
        (None, "–"),
        (timedelta(minutes=3), "3 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float | timedelta | None, words: str) -> None:
    assert drawn("{% duration value %}", value=seconds) == words


def test_moments_carry_the_exact_time() -> None:
    html = drawn(
        "{% since at %}|{% until late %}|{% when at %}|{% clock at %}",
        at=NOW - timedelta(minutes=14),
        late=NOW - timedelta(minutes=21),
    )
    since, until, when, at = html.split("|")
    assert ">14 min<" in since
    assert 'title="2026-11-21 22:44:00 UTC"' in since
    assert ">21 min late<" in until
    assert ">Sat 21 Nov 22:44<" in when
    assert ">22:44<" in at


def test_another_year_is_named() -> None:
    assert "Mon 10 Jun 2024 09:00" in drawn("{% when at %}", at=datetime(2024, 6, 10, 9, tzinfo=UTC))


def test_a_digest_is_short_and_whole() -> None:
    value = "sha256:" + "91c4" + "0" * 56 + "e07a"
    html = drawn("{% digest value %}", value=value)
    assert ">sha256:91c4…e07a<" in html
    assert f'title="{value}"' in html


def test_the_pager_keeps_the_filter_and_offers_only_what_is_there() -> None:
    html = drawn("{% pager page %}", page=SimpleNamespace(newer="", older="80&x=<", is_by_name=False))
    assert 'href="?team=claims&amp;cursor=80%26x%3D%3C"' in html
    assert 'rel="prev"' not in html
    assert drawn("{% pager page %}", page=SimpleNamespace(newer="", older="")) == ""


def test_a_log_loses_terminal_codes_and_marks_what_failed() -> None:
    html = drawn(
        '{% log text "Log" %}', text="22:44:15 \x1b[31mfatal: no disk\x1b[0m\n22:44:16 ok=5 failed=0\x07"
    )
    assert "<i>22:44:15</i><b> fatal: no disk</b>" in html
    assert "<i>22:44:16</i> ok=5 failed=0<" in html


def test_oneself_is_you_and_nobody_is_nobody() -> None:
    assert ">you<" in drawn("{% person p %}", p="Mei-Ling Chen", me="Mei-Ling Chen")
    assert ">Mei-Ling Chen<" in drawn("{% person p %}", p="Mei-Ling Chen", me="Amara Okafor")
    assert "nobody" in drawn("{% person p %}", p=None)
