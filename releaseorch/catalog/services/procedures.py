"""Make procedures: how components of a kind are deployed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Team
from releaseorch.audit import events
from releaseorch.catalog.models import (
    Procedure,
    ProcedureStep,
)
from releaseorch.catalog.states import Downtime, EffectClass, Phase, Reversible, StepKind
from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Conflict, Invalid


@dataclass(frozen=True, kw_only=True)
class ProcedureStepDraft:
    """One step of a procedure; `after` names keys of steps before it. Times in seconds."""

    key: str
    title: str
    phase: Phase = Phase.DEPLOY
    kind: StepKind = StepKind.AUTOMATED
    executor: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""
    after: Sequence[str] = ()
    team: Team | None = None
    per_target: bool = False
    installs: bool = False
    effect_class: EffectClass = EffectClass.UNSAFE
    reversible: Reversible = Reversible.YES
    downtime: Downtime = Downtime.NONE
    timeout_s: int = 1800
    silence_s: int | None = None
    expected_s: int = 60


def create_procedure(*, actor: Person, name: str, steps: Sequence[ProcedureStepDraft]) -> Procedure:
    """The next version of the procedure `name`; versions never change. Raises `NotAllowed`, `Invalid`, `Conflict`."""
    policy.require(actor, "application.edit")
    _check_steps(steps)
    last = Procedure.objects.filter(name=name).aggregate(models.Max("version"))["version__max"] or 0
    made = cleaned(Procedure(name=name, version=last + 1))
    with transaction.atomic():
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError as clash:
            raise Conflict(
                _("Somebody else has just changed %(name)s; try again.") % {"name": name}
            ) from clash
        ProcedureStep.objects.bulk_create(
            cleaned(
                ProcedureStep(
                    procedure=made,
                    position=position,
                    **{**vars(step), "after": list(step.after), "parameters": dict(step.parameters)},
                ),
                prefix=f"steps.{position}.",
            )
            for position, step in enumerate(steps, start=1)
        )
        events.record(
            actor=actor, verb="procedure.created", subject=made, after={"steps": [step.key for step in steps]}
        )
    return made


def _check_steps(steps: Sequence[ProcedureStepDraft]) -> None:
    if not steps:
        raise Invalid({"steps": _("A procedure has one step at least.")})
    seen: set[str] = set()
    for step in steps:
        if step.key in seen:
            raise Invalid({"steps": _("Two steps have the key %(key)s.") % {"key": step.key}})
        unknown = sorted(set(step.after) - seen)
        if unknown:
            raise Invalid(
                {
                    "steps": _("%(key)s comes after %(unknown)s, which is no step before it.")
                    % {"key": step.key, "unknown": ", ".join(unknown)}
                }
            )
        if step.kind == StepKind.AUTOMATED and not step.executor:
            raise Invalid({"steps": _("%(key)s is automated and needs a tool.") % {"key": step.key}})
        seen.add(step.key)
