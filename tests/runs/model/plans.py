"""Plans drawn by chance, in the model and as rows."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from releaseorch.catalog.models import ComponentVersion
from releaseorch.environments.models import Environment
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.plans import PlanStep
from tests.characters import Cast
from tests.runs import builders as a
from tests.runs.model import expected as e

TEAMS = {"claims-web": "claims", "billing-api": "billing"}
COMPONENTS = (None, *TEAMS)
RULES: tuple[dict[str, str], ...] = (
    {}, {}, {}, {"skip": "never"}, {"retry": "release_manager", "stop": "never"},
    {"mark_done": "never", "take_over": "operator"}, {"retry_from": "operator", "reassign": "release_manager"},
)  # fmt: skip
Versions = dict[tuple[str, str], ComponentVersion]  # by component and text
PARAMETERS: dict[str, dict[str, Any]] = {
    "shell": {"argv": ["true"]},
    "http": {"method": "POST", "url": "https://desk.example/deploy"},
    "keyed": {
        "method": "POST",
        "url": "https://desk.example/deploy",
        "idempotency_header": "Idempotency-Key",
    },
}


@st.composite
def runs(draw: st.DrawFn, letter: str, version: str, longest: int, *, is_protected: bool) -> e.Run:
    keys: list[str] = []
    steps: dict[str, e.Step] = {}
    sizes = [
        size for size in (4, 5, 3, 6, 2, 7, 8) if size <= longest
    ]  # what is drawn first is found most often
    for number in range(1, draw(st.sampled_from(sizes)) + 1):
        key = f"{letter}{number}"
        steps[key] = draw(_steps(key, keys))
        keys.append(key)
    return e.Run(steps, is_protected, version)


@st.composite
def _steps(draw: st.DrawFn, key: str, earlier: Sequence[str]) -> e.Step:
    fewest = draw(st.sampled_from((1, 1, 0))) if earlier else 0
    after = draw(st.sets(st.sampled_from(earlier), min_size=fewest, max_size=3)) if earlier else set()
    component = draw(st.sampled_from(COMPONENTS))
    made = e.Step(
        key,
        tuple(sorted(after)),
        component=component,
        team=TEAMS[component] if component else draw(st.sampled_from((None, "claims"))),
        installs=component is not None and draw(st.booleans()),
        is_tool=draw(st.sampled_from((True, True, False))),
        rules=draw(st.sampled_from(RULES)),
    )
    if made.is_tool:
        made.tool = draw(st.sampled_from(tuple(PARAMETERS)))
        made.effect_class = draw(st.sampled_from("DDABC"))
        made.most_retries = draw(st.sampled_from((0, 0, 1, 2)))
        made.only_could_not_run = draw(st.booleans())
        made.is_reversible = draw(st.sampled_from((True, True, False)))
    if draw(st.integers(0, 9)) == 9:
        made.state = "not_needed"
    return made


def as_rows(run: e.Run, cast: Cast, environment: Environment, versions: Versions) -> DeploymentRun:
    """An approved run of this plan."""
    steps = [(_as_row(run, step, cast, versions), step.after) for step in run.steps.values()]
    return a.approved_run(cast.release_manager, *steps, environment=environment, title=run.version)


def _as_row(run: e.Run, step: e.Step, cast: Cast, versions: Versions) -> PlanStep:
    facts: dict[str, Any] = {"installs": step.installs, "decision_rules": step.rules}
    if step.component:
        version = versions[step.component, run.version]
        facts |= {"component_id": version.component_id, "version_id": version.pk}
    elif step.team:
        facts["team_id"] = cast.claims.pk
    if step.state == "not_needed":
        facts["not_needed_because"] = "It is there already."
    if not step.is_tool:
        return a.manual(step.key, **facts)[0]
    if step.most_retries:
        when = "could_not_run" if step.only_could_not_run else "failed"
        facts["retry_policy"] = {"times": step.most_retries, "wait_s": 3600, "at_most_s": 3600, "when": when}
    return a.automated(
        step.key,
        executor="shell" if step.tool == "shell" else "http",
        parameters=PARAMETERS[step.tool],
        effect_class=step.effect_class,
        reversible="yes" if step.is_reversible else "no",
        **facts,
    )[0]
