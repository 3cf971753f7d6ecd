"""What workers are told to look at: ids and tokens only."""

from celery import shared_task

from releaseorch.runs import engine
from releaseorch.runs.engine import reattach
from releaseorch.runs.engine.poller import poller
from releaseorch.runs.progress import TASK


@shared_task(name=TASK)
def run_step(step_id: int, token: int) -> None:
    engine.run_step(step_id, token, poller)


@shared_task(name=reattach.TASK)
def reattach_step(attempt_id: int, token: int) -> None:
    if not poller.is_closing:  # asked of its successor soon
        engine.reattach_step(attempt_id, token, poller)
