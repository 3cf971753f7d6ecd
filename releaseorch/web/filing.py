"""The form of a request as somebody is typing it: what stands on it, made into drafts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.core.exceptions import BadRequest
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
from releaseorch.web import filing_choices, inputs

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
    unknown_team: str = ""  # what was typed where no team is called so
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
    unknown: Mapping[str, str] = field(
        default_factory=dict
    )  # names that were typed and nothing is called, by field

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
        wrong += [
            _("Line %(line)d: there is no team called %(name)s.")
            % {"line": number, "name": line.unknown_team}
            for number, line in enumerate(self.lines, start=1)
            if line.unknown_team
        ]
        if wrong:
            raise Invalid({"items": wrong})
        return _drafts(self.lines, self.lines)

    def request_draft(self) -> RequestDraft:
        """Raises `Invalid` by field while something has to be chosen first or a date can't be one."""
        filing_choices.refuse_unknown(self.unknown)
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
    return request_form.newest_missing(application, environment)


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
