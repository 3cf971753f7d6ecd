"""What the buttons of the request form do to what was typed: fill it, add, move, remove, follow a new choice."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.delivery import request_form
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind, ItemPlacement
from releaseorch.environments.models import Environment
from releaseorch.environments.queries import in_use
from releaseorch.features.models import Release
from releaseorch.web import filing, filing_read, inputs
from releaseorch.web.filing import Filing, Line

Row = TypeVar("Row", bound=Model)


def opened(person: Person, wanted: QueryDict) -> Filing:
    """A new form: what the address names (application, environment, release, version, request), else what is next."""
    source = _named(wanted, "request", DeploymentRequest.objects.all())
    version = _named(
        wanted, "version", ComponentVersion.objects.select_related("component__application__team")
    )
    found = filing_read.read(wanted)
    if source is not None:
        return _promoted(source, found.environment)
    application = version.component.application if version else found.application
    if application is None:
        application = request_form.usual_application(person)
    if application is None:
        return Filing()
    environment = found.environment or request_form.next_environment(application)
    shown = Filing(
        application=application,
        environment=environment,
        release=found.release or _release_under_way(application),
        title=found.title,
    )
    if version is not None:
        return replace(shown, lines=(Line(component=version.component, version=version),))
    return _filled_with_what_differs(shown)


def _named(wanted: QueryDict, name: str, rows: QuerySet[Row]) -> Row | None:
    """The row whose number the address gives; no query where it gives none."""
    pk = inputs.row_id(wanted, name)
    return rows.filter(pk=pk).first() if pk else None


def _promoted(source: DeploymentRequest, environment: Environment | None) -> Filing:
    """The same lines for the next environment."""
    found = filing.of_request(source)
    after = in_use().filter(rank__gt=source.environment.rank).order_by("rank", "name").first()
    return replace(
        found,
        environment=environment or after,
        release=source.release,
        wish_from="",
        wish_until="",
        version=None,
    )


def without_foreign_lines(typed: Filing) -> tuple[Filing, list[str]]:
    """The form without lines of other applications' components, and the names of those."""
    if typed.application is None:
        return typed, []
    own = typed.application.pk
    foreign = [
        line for line in typed.lines if line.component is not None and line.component.application_id != own
    ]
    if not foreign:
        return typed, []
    kept = [place for place, line in enumerate(typed.lines) if line not in foreign]
    return replace(typed, lines=filing.reordered(typed.lines, kept)), [
        str(line.component) for line in foreign
    ]


def _release_under_way(application: Application) -> Release | None:
    return request_form.releases_open(application).first()


def pressed(typed: Filing, do: str, posted: QueryDict) -> Filing:
    """The form after a button or a new choice; an unknown button changes nothing."""
    followed = _followed(typed, posted)
    verb, _dash, rest = do.rpartition("-")
    if verb in ON_LINE and rest.isascii() and rest.isdigit() and int(rest) < len(followed.lines):
        return ON_LINE[verb](followed, int(rest))
    if do == "add":
        return _with_component(followed, inputs.row_id(posted, "add"))
    return ON_ALL[do](followed) if do in ON_ALL else followed


def _followed(typed: Filing, posted: Mapping[str, str]) -> Filing:
    """Another application brings its own next environment and lines; another environment what differs there."""
    was = inputs.row_id(posted, "was_application"), inputs.row_id(posted, "was_environment")
    application, environment = typed.application, typed.environment
    if application is None or was[0] is None:
        return typed
    if was[0] != application.pk:
        return _for_another_application(typed, moved=environment is not None and was[1] != environment.pk)
    before = Environment.objects.filter(pk=was[1]).first() if was[1] else None
    if environment is None or before is None or before == environment:
        return typed
    suggestion = filing.suggested_lines(application, before)
    if _pairs(filing.lines_of(suggestion)) == _pairs(typed.lines):  # nobody has touched them
        return _filled_with_what_differs(typed)
    return typed


def _pairs(lines: tuple[Line, ...]) -> list[tuple[object, object]]:
    return sorted(
        ((line.component and line.component.pk, line.version and line.version.pk) for line in lines), key=str
    )


def _for_another_application(typed: Filing, moved: bool) -> Filing:
    application = typed.application
    if application is None:
        return typed
    release = typed.release
    if release is not None and release.application_id not in (None, application.pk):
        release = _release_under_way(application)
    environment = typed.environment if moved else request_form.next_environment(application)
    found = replace(
        typed, release=release, environment=environment, features=None, also=frozenset(), on_behalf_of=None
    )
    return _filled_with_what_differs(found)


def _filled_with_what_differs(typed: Filing) -> Filing:
    if typed.application is None or typed.environment is None:
        return typed
    manual = tuple(replace(line, anchor=None) for line in typed.lines if line.is_manual)
    found = filing.lines_of(filing.suggested_lines(typed.application, typed.environment))
    return replace(typed, lines=(*found, *manual))


def _filled_as_last_time(typed: Filing) -> Filing:
    if typed.application is None or typed.environment is None:
        return typed
    return replace(
        typed, lines=filing.lines_of(request_form.same_as_last(typed.application, typed.environment))
    )


def _with_component(typed: Filing, pk: int | None) -> Filing:
    component = Component.objects.select_related("application").filter(pk=pk or 0).first()
    if component is None or any(line.component == component for line in typed.lines):
        return typed
    newest = (
        component.versions.filter(blocked_at=None)
        .select_related("component")
        .order_by("-registered_at")
        .first()
    )
    return replace(typed, lines=(*typed.lines, Line(component=component, version=newest)))


def _with_manual(placement: ItemPlacement) -> Callable[[Filing], Filing]:
    line = Line(kind=ItemKind.MANUAL.value, placement=placement.value)
    return lambda typed: replace(typed, lines=(*typed.lines, line))


def _without(typed: Filing, place: int) -> Filing:
    return _in_order(typed, [one for one in range(len(typed.lines)) if one != place])


def _moved(typed: Filing, place: int, by: int) -> Filing:
    order = [*range(len(typed.lines))]
    order.insert(max(0, place + by), order.pop(place))
    return _in_order(typed, order)


def _in_order(typed: Filing, order: list[int]) -> Filing:
    return replace(typed, lines=filing.reordered(typed.lines, order))


ON_LINE: dict[str, Callable[[Filing, int], Filing]] = {
    "remove": _without,
    "up": lambda typed, place: _moved(typed, place, -1),
    "down": lambda typed, place: _moved(typed, place, 1),
}
ON_ALL: dict[str, Callable[[Filing], Filing]] = {
    "differs": _filled_with_what_differs,
    "last": _filled_as_last_time,
    "manual-before": _with_manual(ItemPlacement.BEFORE),
    "manual-after": _with_manual(ItemPlacement.AFTER),
    "manual-with": _with_manual(ItemPlacement.WITH),
}
