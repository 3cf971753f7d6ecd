"""The form of a request as somebody is typing it: read from a post, changed by its buttons, made into drafts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.core.errors import Invalid
from releaseorch.delivery import content, request_form
from releaseorch.delivery.drafts import ItemDraft, RequestChanges, RequestDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind, ItemPlacement
from releaseorch.environments.models import Environment
from releaseorch.environments.queries import in_use
from releaseorch.features.models import Feature, Release
from releaseorch.web import inputs

MOST_LINES = content.MOST_ITEMS + 1  # one more than a request may have, so that the service can say so
LONGEST_MINUTES = 7


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line as typed; `minutes` stays text until somebody saves, `anchor` is the place (from 0) of another line."""

    kind: str = ItemKind.DEPLOY.value
    component: Component | None = None
    version: ComponentVersion | None = None
    title: str = ""
    instructions: str = ""
    team: Team | None = None
    placement: str = ItemPlacement.AFTER.value
    anchor: int | None = None
    minutes: str = "10"

    @property
    def is_manual(self) -> bool:
        return self.kind == ItemKind.MANUAL

    @property
    def is_complete(self) -> bool:
        """Enough to say what it would do."""
        if self.is_manual:
            return bool(self.title.strip())
        return self.component is not None and (self.version is not None or self.kind == ItemKind.REMOVE)

    def draft(self, anchor: int | None) -> ItemDraft:
        return ItemDraft(
            kind=ItemKind(self.kind),
            component=self.component,
            version=None if self.kind == ItemKind.REMOVE else self.version,
            title=self.title,
            instructions=self.instructions,
            team=self.team,
            placement=ItemPlacement(self.placement),
            anchor=anchor,
            expected_s=int(self.minutes) * 60 if _is_number(self.minutes) else 600,
        )


@dataclass(frozen=True, kw_only=True)
class Filing:
    """Everything on the form; `features` None means those of the application in the release."""

    application: Application | None = None
    environment: Environment | None = None
    release: Release | None = None
    title: str = ""
    note: str = ""
    wish_from: str = ""
    wish_until: str = ""
    on_behalf_of: Person | None = None
    lines: tuple[Line, ...] = ()
    features: frozenset[int] | None = None
    also: frozenset[int] = field(default_factory=frozenset)
    version: int | None = None  # of the request that is edited
    since: int | None = None  # the last event of that request when the form was drawn

    def complete_drafts(self) -> list[ItemDraft]:
        """The lines that say enough for checks and a preview; anchors follow, or fall to the whole request."""
        return _drafts([line for line in self.lines if line.is_complete], self.lines)

    def drafts(self) -> list[ItemDraft]:
        """All lines, as they go to the service."""
        wrong = [
            _("Line %(line)d: give the time it takes in minutes.") % {"line": number}
            for number, line in enumerate(self.lines, start=1)
            if line.is_manual and not _is_number(line.minutes)
        ]
        if wrong:
            raise Invalid({"items": wrong})
        return _drafts(self.lines, self.lines)

    def request_draft(self) -> RequestDraft:
        """Raises `Invalid` by field while something has to be chosen first or a date can't be one."""
        missing = {}
        if self.application is None:
            missing["application"] = _("Choose an application.")
        if self.environment is None:
            missing["environment"] = _("Choose an environment.")
        if missing or self.application is None or self.environment is None:
            raise Invalid(missing)
        return RequestDraft(
            application=self.application,
            environment=self.environment,
            release=self.release,
            title=self.title,
            note=self.note,
            items=self.drafts(),
            features=self.chosen_features(),
            wish_from=_moment("wish_from", self.wish_from),
            wish_until=_moment("wish_until", self.wish_until),
            on_behalf_of=self.on_behalf_of,
        )

    def changes(self) -> RequestChanges:
        """The same as changes of a request that is there already; its application stays."""
        draft = self.request_draft()
        names = ("environment", "release", "title", "note", "items", "wish_from", "wish_until")
        values = {name: getattr(draft, name) for name in names}
        if draft.features is not None:
            values["features"] = draft.features
        return RequestChanges(**values)

    def chosen_features(self) -> list[Feature] | None:
        return None if self.features is None else list(Feature.objects.filter(pk__in=self.features))


def _drafts(lines: Sequence[Line], among: Sequence[Line]) -> list[ItemDraft]:
    places = {id(line): place for place, line in enumerate(lines)}
    anchors = [
        among[line.anchor] if line.anchor is not None and line.anchor < len(among) else None for line in lines
    ]
    return [
        line.draft(places.get(id(anchor)) if anchor is not None else None)
        for line, anchor in zip(lines, anchors, strict=True)
    ]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_MINUTES


def _moment(name: str, text: str) -> datetime | None:
    try:
        return inputs.moment({name: text}, name)
    except BadRequest as wrong:
        raise Invalid({name: str(wrong)}) from wrong


def read(posted: QueryDict) -> Filing:
    """What was typed; an id that is none is a 400, one that leads nowhere counts as not chosen. About seven queries."""
    return Filing(
        application=Application.objects.select_related("team").filter(pk=_id(posted, "application")).first(),
        environment=Environment.objects.filter(pk=_id(posted, "environment")).first(),
        release=Release.objects.filter(pk=_id(posted, "release")).first(),
        title=posted.get("title", ""),
        note=_text(posted, "note"),
        wish_from=posted.get("wish_from", ""),
        wish_until=posted.get("wish_until", ""),
        on_behalf_of=Person.objects.filter(pk=_id(posted, "on_behalf_of")).first(),
        lines=_lines(posted),
        features=_features(posted),
        also=frozenset(_ids(posted, ["also"])),
        version=inputs.row_id(posted, "version"),
        since=inputs.row_id(posted, "since"),
    )


def _text(posted: Mapping[str, str], name: str) -> str:
    """Browsers end lines with two characters; nothing shall count as changed by that."""
    return posted.get(name, "").replace("\r\n", "\n")


def _id(posted: QueryDict, name: str) -> int:
    return inputs.row_id(posted, name) or 0


def _features(posted: QueryDict) -> frozenset[int] | None:
    """The ticked ones, unless they were drawn for another application or release."""
    drawn = (posted.get("was_application", ""), posted.get("was_release", ""))
    if drawn != (posted.get("application", ""), posted.get("release", "")):
        return None
    return frozenset(_ids(posted, ["feature"]))


def _lines(posted: QueryDict) -> tuple[Line, ...]:
    count = min(_id(posted, "lines"), MOST_LINES)
    names = range(count)
    components = Component.objects.select_related("application").in_bulk(
        _ids(posted, [f"component-{n}" for n in names])
    )
    versions = ComponentVersion.objects.select_related("component__application").in_bulk(
        _ids(posted, [f"version-{n}" for n in names])
    )
    teams = Team.objects.in_bulk(_ids(posted, [f"team-{n}" for n in names]))
    return tuple(
        Line(
            kind=_one_of(ItemKind.values, posted.get(f"kind-{n}", ""), ItemKind.DEPLOY),
            component=components.get(_id(posted, f"component-{n}")),
            version=versions.get(_id(posted, f"version-{n}")),
            title=posted.get(f"title-{n}", ""),
            instructions=_text(posted, f"instructions-{n}"),
            team=teams.get(_id(posted, f"team-{n}")),
            placement=_one_of(ItemPlacement.values, posted.get(f"placement-{n}", ""), ItemPlacement.AFTER),
            anchor=_place(posted, f"anchor-{n}", count),
            minutes=posted.get(f"minutes-{n}", "10").strip(),
        )
        for n in names
    )


def _ids(posted: QueryDict, names: Iterable[str]) -> set[int]:
    texts = [text for name in names for text in posted.getlist(name)]
    found = (inputs.row_id({"": text}, "") for text in texts)
    return {number for number in found if number is not None}


def _place(posted: Mapping[str, str], name: str, count: int) -> int | None:
    place = inputs.row_id(posted, name)
    return place if place is not None and place < count else None


def _one_of(values: Iterable[str], text: str, otherwise: str) -> str:
    return text if text in values else str(otherwise)


def of_request(request: DeploymentRequest) -> Filing:
    """A request that is there already, as the form shows it."""
    _rows, drafts = content.drafts_of(request)
    return Filing(
        application=request.application,
        environment=request.environment,
        release=request.release,
        title=request.title,
        note=request.note,
        wish_from=local(request.wish_from),
        wish_until=local(request.wish_until),
        lines=lines_of(drafts),
        features=frozenset(request.features.values_list("feature_id", flat=True)),
        version=request.row_version,
    )


def lines_of(drafts: Iterable[ItemDraft]) -> tuple[Line, ...]:
    return tuple(
        Line(
            kind=str(draft.kind), component=draft.component, version=draft.version, title=draft.title,
            instructions=draft.instructions, team=draft.team, placement=str(draft.placement or ItemPlacement.AFTER),
            anchor=draft.anchor, minutes=str(draft.expected_s // 60),
        )
        for draft in drafts
    )  # fmt: skip


def local(moment: datetime | None) -> str:
    """As the input of a moment holds it."""
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}" if moment else ""


def suggested_lines(application: Application, environment: Environment) -> list[ItemDraft]:
    """What differs from the environment before; in the first one, what was built since."""
    before = environment_before(environment)
    if before is not None:
        return request_form.differing(application, before, environment)
    found = []
    for choice in request_form.component_choices(application, environment):
        newest = next((one for one in choice.versions if not one.version.is_blocked), None)
        if newest is not None and not newest.is_there:
            found.append(ItemDraft(component=choice.component, version=newest.version))
    return found


def environment_before(environment: Environment) -> Environment | None:
    """The one that comes before in promotion order; None for the first."""
    return in_use().filter(rank__lt=environment.rank).order_by("-rank", "name").first()


def reordered(lines: Sequence[Line], order: Sequence[int]) -> tuple[Line, ...]:
    """The lines in this order (old places), anchors following; a line left out is no anchor any more."""
    places = {old: new for new, old in enumerate(order)}
    return tuple(
        replace(lines[old], anchor=places.get(lines[old].anchor) if lines[old].anchor is not None else None)  # type: ignore[arg-type]
        for old in order
    )
