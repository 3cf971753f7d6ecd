"""The items and features of a request: checked against the catalog, written without renewing rows that stay."""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from releaseorch.catalog.models import Application, ComponentVersion
from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.delivery import retiring
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest, RequestFeature, RequestItem
from releaseorch.delivery.states import ItemKind
from releaseorch.features.models import Feature, Release

LONGEST_STEP = 7 * 24 * 3600
MOST_ITEMS = 200
_COLUMNS = (
    "position", "kind", "component", "version", "title", "instructions", "team", "placement", "anchor", "expected_s",
)  # fmt: skip
_EDITED_MEANWHILE = gettext_lazy(
    "The lines were changed by somebody else in between. Look at how they stand now."
)
WITH_VERSION = frozenset({ItemKind.DEPLOY, ItemKind.REDEPLOY})


def check_items(application: Application, drafts: Sequence[ItemDraft]) -> None:
    """Raises `Invalid` under `items` with a sentence per line that can't be deployed; one query."""
    if len(drafts) > MOST_ITEMS:
        raise Invalid({"items": _("A request has %(most)d lines at most.") % {"most": MOST_ITEMS}})
    versions = ComponentVersion.objects.in_bulk([draft.version.pk for draft in drafts if draft.version])
    wrong = [
        _("Line %(line)d: %(what)s") % {"line": number, "what": sentence}
        for number, draft in enumerate(drafts, start=1)
        for sentence in _faults(application, draft, drafts, versions)
    ]
    wrong += _twice(drafts)
    if wrong:
        raise Invalid({"items": wrong})


def _faults(
    application: Application,
    draft: ItemDraft,
    drafts: Sequence[ItemDraft],
    versions: dict[int, ComponentVersion],
) -> Iterable[str]:
    if draft.kind == ItemKind.MANUAL:
        yield from _manual_faults(draft, drafts)
    elif draft.component is None:
        yield _("choose a component.")
    elif draft.component.application_id != application.pk:
        yield _("%(component)s belongs to %(theirs)s, not to %(application)s; file a request for %(theirs)s.") % {
            "component": draft.component, "theirs": draft.component.application, "application": application,
        }  # fmt: skip
    else:
        yield from _version_faults(draft, versions)
    if not 0 <= draft.expected_s <= LONGEST_STEP:
        yield _("a step lasts between 0 and 7 days.")


def _manual_faults(draft: ItemDraft, drafts: Sequence[ItemDraft]) -> Iterable[str]:
    if not draft.title.strip():
        yield _("say what is to be done by hand.")
    if draft.component is not None or draft.version is not None:
        yield _("a manual step has no component of its own; put it before or after another line.")
    if draft.anchor is None:
        return
    if not 0 <= draft.anchor < len(drafts) or drafts[draft.anchor].kind == ItemKind.MANUAL:
        yield _("a manual step stands before, after or along with a line that deploys something.")


def _version_faults(draft: ItemDraft, versions: dict[int, ComponentVersion]) -> Iterable[str]:
    component, version = draft.component, draft.version
    if draft.kind == ItemKind.REMOVE:
        if version is not None:
            yield _("removing %(component)s needs no version.") % {"component": component}
        return
    known = versions.get(version.pk) if version is not None else None
    if known is None:
        yield _("choose a version of %(component)s that is registered.") % {"component": component}
    elif component is not None and known.component_id != component.pk:
        yield _("%(version)s is a version of another component, not of %(component)s.") % {
            "version": known.text, "component": component,
        }  # fmt: skip
    elif known.is_blocked:
        yield blocked_sentence(str(component), known)


def _twice(drafts: Sequence[ItemDraft]) -> list[str]:
    names = [str(draft.component) for draft in drafts if draft.component is not None]
    return [
        _("%(component)s is in two lines; a request deploys a component once.") % {"component": name}
        for name in sorted({name for name in names if names.count(name) > 1})
    ]


def blocked_sentence(component: str, version: ComponentVersion) -> str:
    return _("%(component)s %(version)s is blocked: %(reason)s") % {
        "component": component,
        "version": version.text,
        "reason": version.blocked_reason,
    }


def blocked_in(request: DeploymentRequest) -> list[str]:
    """A sentence per version of the request that nobody should deploy any more; one query."""
    items = RequestItem.objects.filter(request=request, version__blocked_at__isnull=False)
    return [
        blocked_sentence(str(item.component), item.version)
        for item in items.select_related("version", "component")
        if item.version is not None
    ]


def drafts_of(request: DeploymentRequest) -> tuple[list[RequestItem], list[ItemDraft]]:
    """The lines of a request as rows and as drafts, in their order; one query."""
    rows = list(request.items.select_related("component__application", "version", "team"))
    places = {row.pk: place for place, row in enumerate(rows)}
    drafts = [
        ItemDraft(
            kind=ItemKind(row.kind), component=row.component, version=row.version, title=row.title,
            instructions=row.instructions, team=row.team, placement=row.placement,  # type: ignore[arg-type]
            anchor=places.get(row.anchor_id) if row.anchor_id else None, expected_s=row.expected_s,
        )
        for row in rows
    ]  # fmt: skip
    return rows, drafts


def write_items(
    request: DeploymentRequest, drafts: Sequence[ItemDraft], rows: Sequence[RequestItem | None] | None = None
) -> list[RequestItem]:
    """Make the lines of the request equal `drafts`; rows that stay keep their ids.

    `rows` says which row each draft was; without it rows are recognised by component, manual ones by title.
    """
    old = list(request.items.all())
    kept = list(rows) if rows is not None else _recognised(old, drafts)
    written = [
        _fill(row or RequestItem(request=request), draft, position)
        for position, (row, draft) in enumerate(zip(kept, drafts, strict=True), start=1)
    ]
    staying = {row.pk for row in kept if row is not None}
    try:
        with transaction.atomic():
            RequestItem.objects.filter(pk__in=staying).update(
                anchor=None
            )  # else they go with the line they stand to
            RequestItem.objects.filter(pk__in=[row.pk for row in old if row.pk not in staying]).delete()
            _save(written, drafts)
    except IntegrityError as clash:  # another edit has just added the same component
        raise Conflict(str(_EDITED_MEANWHILE)) from clash
    retiring.refuse_retired(request)
    return written


def _save(items: Sequence[RequestItem], drafts: Sequence[ItemDraft]) -> None:
    known = [item for item in items if item.pk is not None]
    if known and RequestItem.objects.bulk_update(known, _COLUMNS) < len(known):
        raise Conflict(str(_EDITED_MEANWHILE))
    RequestItem.objects.bulk_create([item for item in items if item.pk is None])
    for item, draft in zip(items, drafts, strict=True):
        item.anchor = items[draft.anchor] if draft.anchor is not None else None
    if items:
        RequestItem.objects.bulk_update(items, ["anchor"])


def _recognised(old: Sequence[RequestItem], drafts: Sequence[ItemDraft]) -> list[RequestItem | None]:
    free = {(row.component_id, "" if row.component_id else row.title): row for row in reversed(old)}
    return [
        free.pop(
            (draft.component.pk if draft.component else None, "" if draft.component else draft.title), None
        )
        for draft in drafts
    ]


def _fill(item: RequestItem, draft: ItemDraft, position: int) -> RequestItem:
    item.position = position
    item.kind = draft.kind
    item.component = draft.component
    item.version = draft.version if draft.kind in WITH_VERSION else None
    item.title = draft.title
    item.instructions = draft.instructions
    item.team = draft.team
    item.placement = draft.placement
    item.expected_s = draft.expected_s
    item.anchor = None
    return cleaned(item, prefix=f"items.{position}.")


def write_features(request: DeploymentRequest, features: Iterable[Feature]) -> None:
    """The features that the request is about, each once."""
    wanted = {feature.pk for feature in features}
    request.features.exclude(feature_id__in=wanted).delete()
    have = set(request.features.values_list("feature_id", flat=True))
    RequestFeature.objects.bulk_create(
        RequestFeature(request=request, feature_id=pk) for pk in sorted(wanted - have)
    )


def features_expected(application: Application, release: Release | None) -> list[Feature]:
    """The features of an application in a release: what a new request is about unless somebody says otherwise."""
    if release is None:
        return []
    return list(Feature.objects.filter(lines__release=release, scopes__application=application).distinct())
