"""Every verb that people have for runs and steps; `actor` is a person, `seen` the version the form was drawn from."""

from releaseorch.runs.services.decisions import decide_step
from releaseorch.runs.services.drops import drop_steps
from releaseorch.runs.services.endings import cancel_run, stop_run
from releaseorch.runs.services.manual import finish_step, hand_back_step, reassign_step, take_step
from releaseorch.runs.services.starting import start_run
from releaseorch.runs.services.steering import comment_run, pause_run, resume_run

__all__ = [
    "cancel_run",
    "comment_run",
    "decide_step",
    "drop_steps",
    "finish_step",
    "hand_back_step",
    "pause_run",
    "reassign_step",
    "resume_run",
    "start_run",
    "stop_run",
    "take_step",
]
