"""The style guide: every component of the pages in all its states, in the demo only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from releaseorch.core import clock
from releaseorch.core.actions import Action, Field
from releaseorch.web.charts import Bar, Chart, Lane, Part
from releaseorch.web.verbs import Bounced

LOG = """\
22:43:02 TASK [intake : start service] changed: clm-app-02
22:43:04 TASK [intake : wait for health] clm-app-01 clm-app-02
22:43:34 health clm-app-01 200 after 29.6 s
22:43:35 health clm-app-02 503, retry 1 of 3
22:43:55 health clm-app-02 503, retry 2 of 3
22:44:15 health clm-app-02 503, retry 3 of 3
22:44:15 clm-app-02: cannot reach docstore.prod:9443 (certificate expired 21 Nov 22:30)
22:44:16 fatal: clm-app-02 not healthy after 3 retries, exit 2"""

STATES = [
    ("succeeded", "Succeeded"),
    ("running", "Running"),
    ("person", "Waiting for a person"),
    ("decide", "Needs a decision"),
    ("failed", "Failed"),
    ("errored", "Could not be run"),
    ("unknown", "Outcome unknown"),
    ("blocked", "Blocked"),
    ("changed", "Changed since approved"),
    ("warn", "To look at"),
    ("back", "Sent back"),
    ("draft", "Draft"),
    ("approved", "Approved"),
    ("ready", "Ready"),
    ("scheduled", "Scheduled"),
    ("pending", "Not started"),
    ("skipped", "Skipped"),
    ("not-needed", "Not needed"),
    ("cancelled", "Cancelled"),
]


class SampleForm(forms.Form):
    """A few fields, two of them filled in wrongly."""

    title = forms.CharField(
        label="What is to be done", help_text="One line; it becomes the name of the step."
    )
    team = forms.ChoiceField(
        label="Who carries it out", choices=[("dh", "Data Hub ops"), ("cl", "Claims operations")]
    )
    minutes = forms.IntegerField(
        label="How long, usually", min_value=1, required=False, help_text="In minutes."
    )
    instructions = forms.CharField(
        label="Instructions",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Read on a phone at night: short lines, one action each.",
    )


@dataclass(frozen=True)
class Middle:
    """A page in the middle of a long list."""

    newer: str = "n-40"
    older: str = "o-80"
    is_by_name: bool = False


def _actions() -> dict[str, Action]:
    here = "/styleguide"
    return {
        "approve": Action("approve", "Approve", here, True, primary=True, version=3),
        "send_back": Action(
            "send_back",
            "Send back",
            here,
            True,
            needs_reason=True,
            version=3,
            consequence="Claims gets the request back as a draft; the approvals given so far fall.",
        ),
        "pause": Action("pause", "Pause", here, True, version=3),
        "start": Action(
            "start", "Start", here, False, "Run #209 holds intake until about 23:10. Ask Amara Okafor."
        ),
        "hand_back": Action(
            "hand_back",
            "Hand back",
            here,
            True,
            needs_reason=True,
            version=3,
            consequence="The two others of Data Hub ops are told; the step waits again.",
        ),
        "done": Action(
            "done",
            "Done",
            here,
            True,
            primary=True,
            version=3,
            consequence="Step 26 starts right after.",
            fields=(
                Field("rows", "Rows loaded", kind="number", required=True),
                Field(
                    "verdict",
                    "Totals",
                    kind="select",
                    choices=(("same", "Same as sheet 3"), ("other", "Different")),
                ),
                Field("evidence", "Screenshot of the totals", kind="file"),
            ),
        ),
        "skip": Action(
            "skip",
            "Skip",
            here,
            True,
            needs_reason=True,
            version=3,
            consequence="5 steps go on, intake stays uncertain, request #1188 is not deployed.",
        ),
    }


def _timeline(now: datetime) -> Chart:
    start = now - timedelta(minutes=178)

    def at(minutes: float) -> datetime:
        return start + timedelta(minutes=minutes)

    def bars(*rows: tuple[str, float, float, bool]) -> list[Bar]:
        return [Bar(kind, at(begin), at(end), critical) for kind, begin, end, critical in rows]

    lanes = [
        Lane(
            "Policy Admin",
            bars(
                ("plan", 5, 36, False),
                ("plan", 55, 100, False),
                ("plan", 105, 180, False),
                ("done", 5, 38, True),
                ("done", 52, 108, True),
                ("done", 110, 134, True),
                ("run", 134, 178, True),
                ("next", 179, 189, True),
            ),
        ),
        Lane(
            "Claims",
            bars(
                ("plan", 40, 55, False),
                ("plan", 55, 105, False),
                ("plan", 105, 130, False),
                ("done", 40, 52, False),
                ("done", 52, 118, False),
                ("lost", 124, 141, False),
                ("bad", 156, 164, False),
                ("stuck", 164, 178, False),
                ("next", 190, 210, False),
            ),
        ),
        Lane(
            "Billing",
            bars(
                ("plan", 5, 30, False),
                ("plan", 170, 200, False),
                ("done", 5, 29, False),
                ("next", 190, 220, True),
                ("next", 221, 240, True),
            ),
        ),
        Lane(
            "Data Hub and its many partners",
            bars(("plan", 165, 200, False), ("wait", 169, 178, False), ("next", 200, 224, False)),
        ),
    ]
    return Chart(
        lanes,
        start,
        at(300),
        "Planned against actual; now near the point of no return",
        now=now,
        gate=at(190),
    )


def _content(request: HttpRequest) -> dict[str, Any]:
    now = clock.now()
    wrong = SampleForm(
        {"title": "", "team": "dh", "minutes": "-5", "instructions": "1. Open the payout console."}
    )
    return {
        "states": STATES,
        "log": LOG,
        "actions": _actions(),
        "chart": _timeline(now),
        "page": Middle(),
        "form": wrong,
        "clean_form": SampleForm(),
        "now": now,
        "ago": now - timedelta(minutes=14),
        "long_ago": now - timedelta(days=1, hours=4),
        "ahead": now + timedelta(hours=3, minutes=40),
        "late": now - timedelta(minutes=21),
        "digest": "sha256:91c4f3a2b60d77e8c1d5f0a94b3e2c6d8f7a1b0c9d8e7f6a5b4c3d2e1f0ae07a",
        "parts": [
            Part("work", 19, "work 19 d"),
            Part("others", 41, "other applications 41 d"),
            Part("window", 22, "the release date 22 d"),
            Part("human", 9, "people 9 d"),
            Part("team", 3, "an environment 3 d"),
        ],
        "bounced": Bounced("skip", {"reason": ""}, {"reason": ["Say why: it is kept for ever."]}),
    }


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component on one page."""
    if not settings.DEMO:
        raise Http404
    messages.success(request, "Request #1188 was approved. It waits for a run to be composed.")
    messages.error(request, "Nothing was changed: Ines Duarte edited the request at 22:51.")
    return render(request, "styleguide.html", _content(request))
