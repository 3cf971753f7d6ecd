"""The connection that a claimed step names: looked up in its environment, opened, and kept out of rows and messages."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from django.utils.translation import gettext as _

from releaseorch.core import sealing
from releaseorch.environments.models import Connection
from releaseorch.environments.services import connections
from releaseorch.executors.base import ConnectionRefused, Done, Errored, Executor, Failed, Result, Unknown
from releaseorch.executors.redaction import Redactor
from releaseorch.runs.models import Step


class CannotRun(Exception):
    """It can't be run, and nothing was done; the message is a sentence for whoever decides."""


def of_step(step: Step) -> Connection | None:
    """None for a step that names no connection; raises `CannotRun` where its environment has none of that name."""
    if not step.connection:
        return None
    here = Connection.objects.filter(environment_id=step.run.environment_id, name=step.connection)
    found = here.select_related("environment").first()
    named = {"name": step.connection, "environment": step.run.environment, "tool": step.executor}
    if found is None:
        raise CannotRun(_("%(environment)s has no connection %(name)s. Make it, then try again.") % named)
    if found.kind != step.executor:
        raise CannotRun(_("The connection %(name)s of %(environment)s is not for %(tool)s.") % named)
    return found


def config_of(step: Step, executor: Executor, connection: Connection | None) -> Mapping[str, Any]:
    """What the step is told, with what its connection says; raises `CannotRun`."""
    if connection is None:
        return cast(Mapping[str, Any], step.parameters)
    problems = executor.validate_connection(connection.config)
    if problems:
        said = " ".join(f"{field}: {sentence}" for field, sentence in sorted(problems.items()))
        raise CannotRun(_("The connection %(name)s can't be used. %(problems)s")
                        % {"name": connection, "problems": said})  # fmt: skip
    try:
        return executor.connected(step.parameters, connection.config)
    except ConnectionRefused as refused:
        raise CannotRun(str(refused)) from refused


def secrets_of(executor: Executor, connection: Connection | None) -> Mapping[str, bytes]:
    """Opened for a tool that asks for secrets; raises `CannotRun`."""
    if connection is None or "secrets" not in executor.capabilities:
        return {}
    try:
        return connections.secrets_of(connection)
    except sealing.CannotOpen as closed:
        raise CannotRun(str(closed)) from closed


def without_secrets(result: Result, secrets: Mapping[str, bytes]) -> Result:
    """What the tool answers as it may be stored: sentences and outputs with the secrets hidden."""
    if not secrets:
        return result
    redactor = Redactor(secrets)

    def clean(text: str) -> str:
        return redactor.redact(text.encode("utf-8", "replace"), final=True)[0].decode("utf-8", "replace")

    if isinstance(result, Done):
        return replace(result, outputs={name: clean(value) for name, value in result.outputs.items()})
    if isinstance(result, Failed | Errored | Unknown):
        return replace(result, reason=clean(result.reason))
    return result
