"""What threads say of one run at the same moment is one transaction, and nobody fails for another."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from releaseorch.core.statements import Asking
from releaseorch.runs import progress
from releaseorch.runs.engine import together, turn
from releaseorch.runs.engine.together import Word
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.store import Claim
from tests.characters import Cast
from tests.factories import EnvironmentFactory
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
        self.speak("first", lambda: self.wait(threads))
        for thread in threads:
            thread.join()

    def wait(self, threads: list[threading.Thread]) -> bool:
        for thread in threads:
            thread.start()
        a_moment, line = threading.Event(), together._lines[self.run.pk]
        while len(line.words) < len(threads) and any(thread.is_alive() for thread in threads):
            a_moment.wait(0.01)
        return True


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


def test_in_a_crowd_who_comes_while_somebody_else_holds_the_run_is_heard_too(cast: Cast) -> None:
    talk = Talk(a.running_run(cast.release_manager, a.manual("look")))
    line = together._lines.setdefault(talk.run.pk, together._Line())
    talk.hold(one=lambda: True, other=lambda: True)
    assert line.is_crowded
    threads = [threading.Thread(target=talk.speak, args=(name, lambda: True)) for name in ("x", "y", "z")]
    with transaction.atomic():
        progress.locked(talk.run.pk)
        talk.wait(threads)
    for thread in threads:
        thread.join()
    assert talk.transactions["x"] is talk.transactions["y"] is talk.transactions["z"]


def test_of_two_who_claim_in_one_transaction_only_as_many_begin_as_a_limit_allows(cast: Cast) -> None:
    narrow = EnvironmentFactory(steps_at_once=1)
    run = a.running_run(cast.release_manager, a.automated("one"), a.automated("two"), environment=narrow)
    talk = Talk(run)
    claims: dict[str, Claim | None] = {}

    def claim(key: str) -> None:
        step = a.step(run, key)
        try:
            claims[key] = turn.claim_step(step.pk, step.token)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=(key,)) for key in ("one", "two")]
    talk.speak("first", lambda: talk.wait(threads))
    for thread in threads:
        thread.join()
    assert sorted(a.states(run).values()) == ["ready", "running"]
    assert [claim is None for claim in claims.values()].count(False) == 1
