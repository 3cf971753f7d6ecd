"""What a worker is asked by those who want to know whether it answers."""

from celery import shared_task

from releaseorch.core import signs

ANSWER = "maint.answer"


@shared_task(name=ANSWER)
def answer() -> None:
    signs.give(signs.ANSWER)
