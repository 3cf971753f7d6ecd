"""What an attempt works with: read once after the claim, checked against what was approved."""

import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from releaseorch.executors import registry
from releaseorch.executors.base import Context, Executor, LogSink
from releaseorch.runs import plans
from releaseorch.runs.engine import connections, places
from releaseorch.runs.engine.connections import CannotRun
from releaseorch.runs.models import Attempt, Step
from releaseorch.runs.states import AttemptState, StepState
from releaseorch.runs.store import Claim


@dataclass(frozen=True)
class Job:
    """One attempt as its executor needs it."""

    claim: Claim
    step: Step
    executor: Executor
    values: Mapping[str, str]
    config: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @cached_property
    def work_dir(self) -> Path:
        assert self.claim.began_at is not None, "a job is made of a claim alone"
        return places.place_of(self.claim.attempt_id, self.claim.began_at)

    def context(self, log: LogSink) -> Context:
        return Context(
            attempt_id=self.work_dir.name,
            step_key=self.step.key,
            config=self.config,
            parameters=self.values,
            secrets=self.secrets,
            work_dir=self.work_dir,
            log=log,
            timeout_s=float(self.step.timeout_s),
            silence_s=None if self.step.silence_s is None else float(self.step.silence_s),
            log_limit=settings.LOG_LIMIT,
        )

    def clear_place(self) -> None:
        """Move away what stands in this attempt's place all the same: it isn't this attempt's work."""
        if self.work_dir.exists():
            self.work_dir.rename(self.work_dir.with_name(f"{self.work_dir.name}.{uuid.uuid4().hex[:8]}"))

    def tidy_up(self) -> None:
        shutil.rmtree(self.work_dir, ignore_errors=True)


def job_of(claim: Claim, found: Step | None = None, *, has_begun: bool = False) -> Job:
    """Read and check; raises `CannotRun`. Whether it may begin is asked only of what has not.

    `found`: the step with its version and run, for who has just read it.
    """
    step = found or Step.objects.select_related("version", "run").get(pk=claim.step_id)
    artifact = step.version.digest if step.version else ""
    if plans.inputs_digest(step.executor, step.parameters, artifact, step.connection) != step.inputs_digest:
        raise CannotRun(_("What would run isn't what was approved. Compose the run again."))
    if step.version is not None and step.version.is_blocked and not has_begun:
        raise CannotRun(
            _("%(version)s is blocked: %(why)s")
            % {"version": step.version, "why": step.version.blocked_reason}
        )
    executor = _executor(step.executor)
    connection = connections.of_step(step)
    config = connections.config_of(step, executor, connection)
    _refuse_wrong(executor, config)
    return Job(
        claim, step, executor, outputs_before(step), config, connections.secrets_of(executor, connection)
    )


def outputs_before(step: Step) -> dict[str, str]:
    """What earlier steps of the same component handed over, as `step.name`: for `${deploy.url}` in parameters.

    Nothing is read for a step that asks for nothing.
    """
    if "${" not in json.dumps(step.parameters):
        return {}
    done = Attempt.objects.filter(
        step__run_id=step.run_id,
        step__component=step.component,
        step__state=StepState.SUCCEEDED,
        state=AttemptState.SUCCEEDED,
    ).values_list("step__key", "step__target_id", "outputs")
    found: dict[str, str] = {}
    # The outputs of the step's own target count most, so they come last.
    for key, _target, outputs in sorted(
        done, key=lambda row: row[1] is not None and row[1] == step.target_id
    ):
        name = key.rpartition(".")[2].partition("@")[0]
        found |= {f"{name}.{output}": value for output, value in outputs.items()}
    return found


def _executor(kind: str) -> Executor:
    try:
        return registry.get(kind)
    except registry.UnknownKind as unknown:
        raise CannotRun(str(unknown)) from unknown


def _refuse_wrong(executor: Executor, config: Mapping[str, Any]) -> None:
    problems = executor.validate(config)
    if problems:
        said = " ".join(f"{field}: {sentence}" for field, sentence in sorted(problems.items()))
        raise CannotRun(_("The step is configured wrongly. %(problems)s") % {"problems": said})
