"""News of features: all parts have arrived where they can be tried, or are live."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from releaseorch.audit.models import Event
from releaseorch.delivery import feature_queries
from releaseorch.delivery.feature_queries import FeaturePart
from releaseorch.environments.models import Environment
from releaseorch.environments.queries import in_use
from releaseorch.features.models import Feature
from releaseorch.features.states import FeatureStatus
from releaseorch.notifications.inbox import News
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.links import page_of
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import StepState


def arrived(event: Event) -> Iterator[News]:
    """Of a run that has ended: the features of what it installed, each once per environment."""
    run = DeploymentRun.objects.select_related("environment").get(pk=event.subject_id)
    installed = Step.objects.filter(run=run, installs=True, state=StepState.SUCCEEDED).values("version")
    features = {one.pk: one for one in Feature.objects.filter(held_by__version__in=installed).distinct()}
    for pk, parts in feature_queries.parts_of(features).items():
        if _is_all_there(parts, run.environment):
            yield from _news(features[pk], run.environment)


def _is_all_there(parts: list[FeaturePart], environment: Environment) -> bool:
    wanted = [part for part in parts if part.scope.status != FeatureStatus.DROPPED]
    return bool(wanted) and all(
        any(one.environment == environment for one in part.arrived) for part in wanted
    )


def _news(feature: Feature, environment: Environment) -> Iterator[News]:
    is_live = not in_use().filter(rank__gt=environment.rank).exists()
    said = {"feature": feature, "environment": environment}
    sentence = (
        _("%(feature)s is live in %(environment)s.")
        if is_live
        else _("%(feature)s can be tried in %(environment)s.")
    )
    for people, why in (
        ([feature.tester_id] if feature.tester_id else [], _("You test it.")),
        ([feature.owner_id] if feature.owner_id else [], _("You own it.")),
    ):
        yield News(
            kind=Kind.FEATURE_LIVE if is_live else Kind.FEATURE_TRY,
            people=people,
            sentence=sentence % said,
            why=why,
            link=page_of("feature", feature.pk),
            subject=("feature", feature.pk),
            bundle="features",
            once=f"feature:{feature.pk}@{environment.pk}",
        )
