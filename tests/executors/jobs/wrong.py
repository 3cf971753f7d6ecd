"""Four executors for the same server that break the contract, each in one way that is easily taken for right."""

from typing import ClassVar

from releaseorch.executors.base import Cancelled, Context, Failed, Result, Unknown
from tests.executors.jobs.executor import Job, JobExecutor, ask


class StopsByAsking(JobExecutor):
    """Takes the server's "asked to stop" for stopped."""

    kind: ClassVar[str] = "stops_by_asking"

    def cancel(self, context: Context, external_id: str) -> Result:
        status, _job = ask(context, "DELETE", f"/jobs/{external_id.partition('@')[0]}")
        return Cancelled() if status == 202 else Unknown("The server doesn't know this job.")


class SearchesByStep(JobExecutor):
    """Searches a lost attempt by what it didn't give the server, finds nothing, and says that nothing was begun."""

    kind: ClassVar[str] = "searches_by_step"

    def reconcile(self, context: Context, external_id: str | None) -> Result:
        return self.poll(context, external_id) if external_id else super().reconcile(context, None)

    def key_of(self, context: Context) -> str:
        return context.step_key


class RemembersInTheObject(JobExecutor):
    """Polls the jobs that it began itself, and nobody else's."""

    kind: ClassVar[str] = "remembers_in_the_object"

    def __init__(self) -> None:
        self._begun: set[str] = set()

    def start(self, context: Context) -> Result:
        self._begun.add(context.attempt_id)
        return super().start(context)

    def poll(self, context: Context, external_id: str) -> Result:
        if context.attempt_id not in self._begun:
            return Unknown("Nobody here has heard of this attempt.")
        return super().poll(context, external_id)


class TellsTheSecret(JobExecutor):
    """Puts the server's own words, which hold the password, into its reason."""

    kind: ClassVar[str] = "tells_the_secret"

    def failed(self, job: Job) -> Result:
        return Failed(f"The job failed: {job['log'].splitlines()[0]}.")
