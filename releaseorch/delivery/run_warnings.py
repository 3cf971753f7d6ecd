"""What may keep a run from starting although its own plan is sound: nobody to approve it, other runs, reservations,
freezes; said early.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from releaseorch.core import clock
from releaseorch.delivery import guards, signers
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.planning.plan import Conflict
from releaseorch.environments import ahead
from releaseorch.runs.models import DeploymentRun, RunTarget
from releaseorch.runs.states import RUN_ACTIVE, RUN_BEFORE_START, RunState


def warnings_of(run: DeploymentRun, slots: Sequence[SlotView]) -> list[Conflict]:
    """Of a run with its approval slots; nothing for one that has started. Seven queries, four once it is approved."""
    if run.state not in RUN_BEFORE_START:
        return []
    return [*_nobody_approves(run, slots), *_other_runs(run), *_reservations(run), *_freezes(run)]


def _nobody_approves(run: DeploymentRun, slots: Sequence[SlotView]) -> list[Conflict]:
    """Who composed a plan and who edited it last don't approve it: that may be everybody who has the role."""
    if run.state not in {RunState.DRAFT, RunState.PROPOSED}:
        return []
    said = _(
        "Too few people can approve as %(slot)s (%(who)s): "
        "who composed the plan or edited it last doesn't, and that is %(names)s."
    )
    helps = _(
        "An administrator can grant somebody else the role; or one person alone composes the run anew, "
        "so that the others may approve it."
    )
    names = run.composed_by.name
    if run.edited_by_id != run.composed_by_id:
        names = _("%(one)s and %(other)s") % {"one": names, "other": run.edited_by.name}
    return [
        Conflict(
            kind="nobody-approves",
            severity="warn",
            sentence=said % {"slot": slot.name, "who": slot.who, "names": names},
            helps=helps,
        )
        for slot in signers.too_few_for(slots)
    ]


def _other_runs(run: DeploymentRun) -> list[Conflict]:
    """Runs under way or still to come that touch the same components here."""
    rows = (
        RunTarget.objects.filter(
            environment_id=run.environment_id,
            component_id__in=run.targets.values("component_id"),
            run__state__in=sorted(RUN_ACTIVE | RUN_BEFORE_START),
        )
        .exclude(run=run)
        .select_related("run", "component")
        .only("is_active", "run__title", "run__state", "component__name")
        .order_by("run_id", "component__name")
    )
    names: dict[DeploymentRun, list[str]] = {}
    for row in rows:
        if row.is_active or row.run.state in RUN_BEFORE_START:
            names.setdefault(row.run, []).append(row.component.name)
    return [_other_run(other, components) for other, components in names.items()]


def _other_run(other: DeploymentRun, components: list[str]) -> Conflict:
    said = _("%(run)s, which is %(state)s, touches %(components)s too.") % {
        "run": other,
        "state": other.get_state_display(),
        "components": ", ".join(components),
    }
    helps = _("Only one of them can run at a time: agree on the order.")
    return Conflict(kind="other-run", severity="warn", sentence=said, helps=helps)


def _reservations(run: DeploymentRun) -> list[Conflict]:
    helps = _("Start the run afterwards, or ask for it to be released.")
    return [
        Conflict(kind="reserved", severity="warn", sentence=guards.reserved_sentence(one), helps=helps)
        for one in guards.kept_by_others(run)
    ]


def _freezes(run: DeploymentRun) -> list[Conflict]:
    """Those within its window, and those that begin soon: nobody knows yet when it will be started."""
    seen = clock.now() + ahead.SEEN_AHEAD
    until = max(seen, run.window_until) if run.window_until is not None else seen
    helps = _(
        "Choose a window before or after it: what has started when it begins may finish, nothing more begins."
    )
    return [
        Conflict(kind="frozen", severity="warn", sentence=ahead.frozen_sentence(one), helps=helps)
        for one in guards.freezes_of_run(run, until)
    ]
