"""Applications, components and versions as lists and in full."""

from dataclasses import dataclass

from django.db.models import Q

from releaseorch.catalog.models import (
    Application,
    Component,
    ComponentDependency,
    ComponentVersion,
    ProcedureStep,
)
from releaseorch.core.paging import PAGE_SIZE, Page, page_by_name, page_of, with_ids


@dataclass(frozen=True)
class ApplicationDetail:
    """An application with its components, and what they need of others and others of them."""

    application: Application
    components: tuple[Component, ...]
    needs: tuple[ComponentDependency, ...]
    needed_by: tuple[ComponentDependency, ...]


@dataclass(frozen=True)
class ComponentDetail:
    """A component with its dependencies, how it is deployed, and its newest versions."""

    component: Component
    needs: tuple[ComponentDependency, ...]
    needed_by: tuple[ComponentDependency, ...]
    steps: tuple[ProcedureStep, ...]
    versions: Page[ComponentVersion]


def applications_by_name(
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    *,
    team: int | None = None,
    text: str = "",
    with_retired: bool = False,
) -> Page[Application]:
    """A page of them, A first; one query."""
    found = with_ids(Application.objects.select_related("team"), team_id=team)
    if not with_retired:
        found = found.filter(retired_at=None)
    if text.strip():
        found = found.filter(name__icontains=text.strip())
    return page_by_name(found, cursor, size)


def application_detail(application_id: int) -> ApplicationDetail | None:
    """None when there is none; four queries."""
    application = Application.objects.select_related("team").filter(pk=application_id).first()
    if application is None:
        return None
    return ApplicationDetail(
        application,
        tuple(application.components.select_related("procedure").order_by("name")),
        _links(Q(component__application=application) & ~Q(needs__application=application)),
        _links(Q(needs__application=application) & ~Q(component__application=application)),
    )


def component_detail(component_id: int, cursor: str | None = None) -> ComponentDetail | None:
    """None when there is none; five queries."""
    found = Component.objects.select_related("application__team", "procedure").filter(pk=component_id)
    component = found.first()
    if component is None:
        return None
    steps = ProcedureStep.objects.filter(procedure=component.procedure_id).select_related("team")
    return ComponentDetail(
        component,
        _links(Q(component=component)),
        _links(Q(needs=component)),
        tuple(steps) if component.procedure_id else (),
        versions_page(cursor, component=component.pk),
    )


def versions_page(
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    *,
    component: int | None = None,
    application: int | None = None,
    text: str = "",
) -> Page[ComponentVersion]:
    """The newest versions first; one query."""
    found = with_ids(
        ComponentVersion.objects.select_related("component__application", "blocked_by"),
        component_id=component,
        component__application_id=application,
    )
    if text.strip():
        found = found.filter(text__icontains=text.strip())
    return page_of(found, cursor, size)


def _links(which: Q) -> tuple[ComponentDependency, ...]:
    links = ComponentDependency.objects.filter(which).select_related(
        "component__application", "needs__application"
    )
    return tuple(links.order_by("component__name", "needs__name"))
