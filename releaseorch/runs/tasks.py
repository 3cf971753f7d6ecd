"""What workers are told to look at: ids and tokens only."""

from celery import shared_task

from releaseorch.runs import engine
from releaseorch.runs.progress import TASK


@shared_task(name=TASK)
def run_step(step_id: int, token: int) -> None:
    engine.run_step(step_id, token)
