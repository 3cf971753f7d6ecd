"""What workers are told to look at: ids and tokens only."""

from collections.abc import Sequence

from celery import shared_task

from releaseorch.runs import engine
from releaseorch.runs.engine import reattach
from releaseorch.runs.engine.poller import poller
from releaseorch.runs.progress import TASK


@shared_task(name=TASK)
def run_step(step_id: int, token: int, more: Sequence[Sequence[int]] = ()) -> None:
    """`more`: further steps that became ready with it, id and token of each."""
    engine.run_steps([(step_id, token), *((other, of_other) for other, of_other in more)], poller)


@shared_task(name=reattach.TASK)
def reattach_step(attempt_id: int, token: int, more: Sequence[Sequence[int]] = ()) -> None:
    for attempt, of_attempt in ((attempt_id, token), *more):
        if not poller.is_closing:  # asked of its successor soon
            engine.reattach_step(attempt, of_attempt, poller)
