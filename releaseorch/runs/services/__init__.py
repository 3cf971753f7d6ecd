"""Every verb that people have for runs and steps; `actor` is a person, `seen` the version the form was drawn from."""

from releaseorch.runs.services.confirming import confirm_step, decline_step, review_step
from releaseorch.runs.services.decisions import (
    mark_done_step,
    mark_failed_step,
    retry_step,
    skip_step,
    take_over_step,
)
from releaseorch.runs.services.drops import drop_steps
from releaseorch.runs.services.endings import cancel_run, stop_run
from releaseorch.runs.services.holds import release_hold
from releaseorch.runs.services.limiting import limit_run
from releaseorch.runs.services.manual import (
    done_step,
    failed_step,
    hand_back_step,
    reassign_step,
    take_step,
)
from releaseorch.runs.services.repeating import retry_from_step
from releaseorch.runs.services.starting import start_run
from releaseorch.runs.services.steering import comment_run, finish_run, pause_run, resume_run

__all__ = [
    "cancel_run",
    "comment_run",
    "confirm_step",
    "decline_step",
    "done_step",
    "drop_steps",
    "failed_step",
    "finish_run",
    "hand_back_step",
    "limit_run",
    "mark_done_step",
    "mark_failed_step",
    "pause_run",
    "reassign_step",
    "release_hold",
    "resume_run",
    "retry_from_step",
    "retry_step",
    "review_step",
    "skip_step",
    "start_run",
    "stop_run",
    "take_over_step",
    "take_step",
]
