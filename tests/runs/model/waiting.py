"""Whom everything in the model waits for: whatever isn't over has exactly one next actor."""

from tests.runs.model.expected import Run, Step


def for_step(run: Run, step: Step) -> frozenset[str]:
    """The kinds of next actor that would be right; empty for what waits for nobody."""
    match step.state:
        case "ready" if run.state == "paused":
            return frozenset({"run"})
        case "ready" if not step.is_by_hand or step.is_backed_off:
            return frozenset({"worker"})
        case "ready":
            return frozenset({"person" if step.owner else "team" if step.team else "role"})
        case "claimed":
            return frozenset({"person"})
        case "running":
            return frozenset({"outside"})
        case "needs_decision":
            return frozenset({"role"})
    return frozenset()


def for_run(run: Run) -> frozenset[str]:
    """What stands still until a person acts is named before what moves by itself."""
    if run.state == "paused":
        return frozenset({"role"})
    if not run.is_active:
        return frozenset()
    waiting = [step for step in run.steps.values() if for_step(run, step)]
    if not waiting or any(step.state == "needs_decision" for step in waiting):
        return frozenset({"role"})  # of who decides, or of who stops what can't go on
    of_people = [
        step for step in waiting if step.state == "claimed" or (step.state == "ready" and step.is_by_hand)
    ]
    return frozenset().union(*(for_step(run, step) for step in of_people or waiting))
