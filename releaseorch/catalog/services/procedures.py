"""Make procedures: how components of a kind are deployed. A version never changes; an edit makes the next one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Team
from releaseorch.audit import edits, events
from releaseorch.catalog import deciding, retrying
from releaseorch.catalog.models import Component, Procedure, ProcedureStep
from releaseorch.catalog.states import Downtime, EffectClass, Phase, Reversible, StepKind
from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.core.fields import name_key
from releaseorch.core.text import normalised
from releaseorch.executors import schema


@dataclass(frozen=True, kw_only=True)
class ProcedureStepDraft:
    """One step of a procedure; `after` names keys of steps before it. Times in seconds."""

    key: str
    title: str
    phase: Phase = Phase.DEPLOY
    kind: StepKind = StepKind.AUTOMATED
    executor: str = ""
    connection: str = ""  # by name: each environment has its own
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
    decide_within_s: int | None = None
    expected_s: int = 60
    retry: Mapping[str, Any] = field(default_factory=dict)  # catalog.retrying
    decisions: Mapping[str, Any] = field(default_factory=dict)  # catalog.deciding


def create_procedure(
    *, actor: Person, name: str, steps: Sequence[ProcedureStepDraft], is_new: bool = False
) -> Procedure:
    """The next version of the procedure `name`; `is_new` refuses a name that is there.

    Raises `NotAllowed`, `Invalid` also for a name that only looks different, `Conflict`.
    """
    policy.require(actor, "application.edit")
    check_steps(steps)
    with transaction.atomic():
        last = newest(name)
        if last is not None and (is_new or last.name != normalised(name)):
            raise Invalid(
                {"name": _("There is a procedure %(name)s already; edit that one.") % {"name": last.name}}
            )
        made = _write(name, last.version + 1 if last else 1, steps)
        events.record(
            actor=actor, verb="procedure.created", subject=made, after={"steps": [step.key for step in steps]}
        )
    return made


def edit_procedure(
    *,
    actor: Person,
    procedure: Procedure,
    steps: Sequence[ProcedureStepDraft],
    seen: int | None = None,
    adopt: bool = False,
) -> Procedure:
    """The next version, made from `procedure`; `seen` is the newest version that was known then.

    With `adopt` the components that use `procedure` use the new one from now on; runs that are planned keep their
    steps. The same steps as in the newest version: that is the one. Raises `NotAllowed`, `Invalid`, `Conflict`.
    """
    policy.require(actor, "application.edit")
    check_steps(steps)
    with transaction.atomic():
        last = newest(procedure.name) or procedure
        if seen is not None and seen != last.version:
            raise _made_meanwhile(last)
        made = last
        if _columns(last.steps.all()) != _columns(_rows(last, steps)):
            made = _write(procedure.name, last.version + 1, steps)
            events.record(
                actor=actor, verb="procedure.edited", subject=made, topics=[f"procedure:{procedure.pk}"],
                before={"version": last.version, "steps": [step.key for step in last.steps.all()]},
                after={"version": made.version, "steps": [step.key for step in steps]},
            )  # fmt: skip
        if adopt and made.pk != procedure.pk:
            _adopt(actor, procedure, made)
    return made


def newest(name: str) -> Procedure | None:
    """The newest version of the procedure that has this name to the eye; one query."""
    return Procedure.objects.filter(name_key=name_key(name)).order_by("-version").first()


def check_steps(steps: Sequence[ProcedureStepDraft]) -> None:
    """Raises `Invalid` with the first fault."""
    for _place, sentence in step_faults(steps):
        raise Invalid({"steps": sentence})


def step_faults(steps: Sequence[ProcedureStepDraft]) -> Iterable[tuple[int, str]]:
    """What keeps these steps from being carried out: place in the list from 0, and the sentence."""
    if not steps:
        yield 0, _("A procedure has one step at least.")
    seen: set[str] = set()
    for place, step in enumerate(steps):
        if step.key in seen:
            yield place, _("Two steps have the key %(key)s.") % {"key": step.key}
        unknown = ", ".join(sorted(set(step.after) - seen))
        if unknown:
            said = {"key": step.key, "unknown": unknown}
            yield place, _("%(key)s comes after %(unknown)s, which is no step before it.") % said
        if step.kind == StepKind.AUTOMATED and not step.executor:
            yield place, _("%(key)s is automated and needs a tool.") % {"key": step.key}
        if why_not := _why_not_retry(step):
            refused = _("No machine tries %(key)s again: %(why)s.")
            yield place, refused % {"key": step.key, "why": why_not}
        if why_not := _why_no_decision(step):
            refused = _("The decisions on %(key)s can't be like this: %(why)s.")
            yield place, refused % {"key": step.key, "why": why_not}
        seen.add(step.key)


def _why_not_retry(step: ProcedureStepDraft) -> str:
    if wrong := _wrong(retrying.SCHEMA, step.retry):
        return wrong
    policy = retrying.RetryPolicy.of(step.retry)
    return retrying.why_not(policy, step.effect_class, step.executor, step.parameters) if policy else ""


def _why_no_decision(step: ProcedureStepDraft) -> str:
    return _wrong(deciding.SCHEMA, step.decisions) or deciding.why_dead_end(step.decisions)


def _wrong(form: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    wrong = schema.problems(form, said) if said else {}
    return "; ".join(f"{name} – {sentence.rstrip('.')}" for name, sentence in wrong.items())


def _write(name: str, version: int, steps: Sequence[ProcedureStepDraft]) -> Procedure:
    made = cleaned(Procedure(name=name, version=version))
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as clash:
        raise Conflict(_("Somebody else has just changed %(name)s; try again.") % {"name": name}) from clash
    ProcedureStep.objects.bulk_create(_rows(made, steps))
    return made


def _rows(procedure: Procedure, steps: Sequence[ProcedureStepDraft]) -> list[ProcedureStep]:
    return [
        cleaned(
            ProcedureStep(
                procedure=procedure,
                position=position,
                **{
                    **vars(step),
                    "after": list(step.after),
                    "parameters": dict(step.parameters),
                    "retry": dict(step.retry),
                    "decisions": dict(step.decisions),
                },
            ),
            prefix=f"steps.{position}.",
        )
        for position, step in enumerate(steps, start=1)
    ]


def _columns(steps: Iterable[ProcedureStep]) -> list[dict[str, Any]]:
    names = [one.attname for one in ProcedureStep._meta.concrete_fields]
    own = [name for name in names if name not in {"id", "procedure_id", "position"}]
    return [{name: getattr(step, name) for name in own} for step in steps]


def _adopt(actor: Person, old: Procedure, new: Procedure) -> None:
    for component in Component.objects.filter(procedure=old).order_by("pk"):
        edits.edit_row(
            actor=actor, row=component, seen=None, values={"procedure": new}, topics=["applications"]
        )


def _made_meanwhile(last: Procedure) -> Conflict:
    told = edits.last_told(last)
    said = {"procedure": last, "who": told.actor_name if told else _("Somebody else")}
    return Conflict(
        _("%(who)s made %(procedure)s after you opened this page. Look at how it stands now.") % said
    )
