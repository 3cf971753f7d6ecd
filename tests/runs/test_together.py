"""What threads say of one run at the same moment is one transaction, and nobody fails for another."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from releaseorch.core.statements import Asking
from releaseorch.runs.engine import together
from releaseorch.runs.engine.together import Word
from releaseorch.runs.models import DeploymentRun
from tests.characters import Cast
from tests.runs import builders as a

pytestmark = pytest.mark.django_db(transaction=True)
Then = Callable[[], bool]


class Talk:
    """Who was heard in which transaction, and what each was answered."""

    def __init__(self, run: DeploymentRun) -> None:
        self.run = run
        self.transactions: dict[str, DeploymentRun] = {}
        self.answers: dict[str, object] = {}

    def speak(self, name: str, then: Then) -> None:
        def say(locked: DeploymentRun, _answers: object) -> Asking[bool]:
            self.transactions[name] = locked
            yield [("SELECT %s", [name])]
            return then()

        try:
            self.answers[name] = together.say(self.run.pk, Word((), say))
        except ValueError as broken:
            self.answers[name] = str(broken)
        finally:
            connection.close()

    def hold(self, **others: Then) -> None:
        """One speaks, until the others wait."""
        threads = [threading.Thread(target=self.speak, args=other) for other in others.items()]
        a_moment = threading.Event()

        def until_they_wait() -> bool:
            for thread in threads:
                thread.start()
            while len(together._lines[self.run.pk].words) < len(threads):
                a_moment.wait(0.01)
            return True

        self.speak("first", until_they_wait)
        for thread in threads:
            thread.join()


def breaks() -> bool:
    raise ValueError("broken")


def test_who_comes_meanwhile_is_heard_in_one_transaction(cast: Cast) -> None:
    talk = Talk(a.running_run(cast.release_manager, a.manual("look")))
    talk.hold(yes=lambda: True, no=lambda: False)
    assert talk.answers == {"first": True, "yes": True, "no": False}
    heard = talk.transactions
    assert heard["yes"] is heard["no"] is not heard["first"]


def test_who_breaks_off_harms_nobody(cast: Cast) -> None:
    talk = Talk(a.running_run(cast.release_manager, a.manual("look")))
    talk.hold(well=lambda: True, badly=breaks)
    assert talk.answers == {"first": True, "well": True, "badly": "broken"}
