"""An asynchronous executor keeps the contract, also with a server that is killed again and again."""

from pathlib import Path

from releaseorch.executors.base import Cancelled, Context, Done, Executor, Running, Unknown
from tests.executors.jobs.stage import JobsConformance
from tests.executors.stage import log_of, poll_to_end, until


class TestJobs(JobsConformance):
    def test_a_server_that_is_away_says_nothing_about_its_job(self, tmp_path: Path) -> None:
        context = self.context(self.long(), tmp_path)
        started = self.new().start(context)
        assert isinstance(started, Running)
        self.jobs.kill()
        away = self.new().poll(context, started.external_id)
        assert isinstance(away, Running)
        assert isinstance(self.new().cancel(context, started.external_id), Running | Unknown)
        self.jobs.start()
        self.let_go_on(context)
        assert isinstance(poll_to_end(self.new(), context, away), Done)
        assert self.effects(context) == 2
        assert log_of(context).count(b"it begins") == 1

    def test_a_stop_whose_answer_was_lost_is_confirmed_later_or_not_at_all(self, tmp_path: Path) -> None:
        context = self.context(self.long(), tmp_path)
        started = self.new().start(context)
        assert isinstance(started, Running)
        until(lambda: self.effects(context))
        self.jobs.die_before_answering()
        assert isinstance(self.new().cancel(context, started.external_id), Unknown)
        self.jobs.await_death()
        self.jobs.start()
        assert isinstance(poll_to_end(self.new(), context, started), Cancelled)


class TestJobsOfAServerThatIsKilledBeforeEachCall(JobsConformance):
    """Whenever the suite asks for an executor as another process has it, the server has died and begun again too."""

    stays_away = False

    def new(self) -> Executor:
        self.jobs.kill()
        if not self.stays_away:
            self.jobs.start()
        return super().new()

    def lost(self, tmp_path: Path) -> Context:
        context = super().lost(tmp_path)
        self.stays_away = True
        return context
