"""Procedures as a list, and one with its versions, who uses them, and what changed from one to the next."""

from collections import Counter
from dataclasses import dataclass
from difflib import unified_diff

from django.db.models import Count, Exists, OuterRef, Q

from releaseorch.catalog import procedure_text
from releaseorch.catalog.models import Component, Procedure, ProcedureStep
from releaseorch.core.paging import Page, page_by_name

CONTEXT = 3  # lines around a change
USERS = 30  # components that are named


@dataclass(frozen=True)
class ProcedureLine:
    """The newest version of a procedure; `used` counts the components of all its versions, `behind` of older ones."""

    newest: Procedure
    steps: int
    used: int
    behind: int


@dataclass(frozen=True)
class ProcedureDetail:
    """A version with its steps, all versions of its name (newest first), and the first components that use this one."""

    procedure: Procedure
    steps: tuple[ProcedureStep, ...]
    versions: tuple[Procedure, ...]
    components: tuple[Component, ...]
    used: int

    @property
    def newest(self) -> Procedure:
        return self.versions[0]

    @property
    def is_newest(self) -> bool:
        return self.procedure == self.newest

    @property
    def text(self) -> str:
        return procedure_text.write(self.procedure, self.steps)


@dataclass(frozen=True)
class DiffLine:
    """A line of the text: `kind` is added, removed, same, or gap where lines were left out."""

    kind: str
    text: str


def newest() -> Q:
    """The newest version of each procedure."""
    newer = Procedure.objects.filter(name_key=OuterRef("name_key"), version__gt=OuterRef("version"))
    return Q(~Exists(newer))


def procedures_by_name(text: str = "", cursor: str | None = None) -> Page[ProcedureLine]:
    """A page of procedures, each with its newest version; three queries."""
    found = Procedure.objects.filter(newest())
    if text.strip():
        found = found.filter(name__icontains=text.strip())
    page = page_by_name(found, cursor)
    steps = dict(
        ProcedureStep.objects.filter(procedure__in=[row.pk for row in page.items])
        .order_by()
        .values_list("procedure_id")
        .annotate(Count("pk"))
    )
    used: Counter[str] = Counter()
    behind: Counter[str] = Counter()
    latest = {row.name_key: row.pk for row in page.items}
    users = Component.objects.filter(procedure__name_key__in=list(latest), retired_at=None).order_by()
    numbers = users.values_list("procedure_id", "procedure__name_key").annotate(Count("pk"))
    for procedure_id, key, number in numbers:
        used[key] += number
        behind[key] += number if procedure_id != latest[key] else 0
    return page.of(
        [
            ProcedureLine(row, steps.get(row.pk, 0), used[row.name_key], behind[row.name_key])
            for row in page.items
        ]
    )


def procedure_detail(procedure_id: int) -> ProcedureDetail | None:
    """None when there is none; four queries."""
    procedure = Procedure.objects.filter(pk=procedure_id).first()
    if procedure is None:
        return None
    versions = Procedure.objects.filter(name_key=procedure.name_key).annotate(
        used=Count("components", filter=Q(components__retired_at=None))
    )
    all_versions = tuple(versions.order_by("-version"))
    components = Component.objects.filter(procedure=procedure, retired_at=None).select_related("application")
    return ProcedureDetail(
        procedure,
        tuple(procedure.steps.select_related("team")),
        all_versions,
        tuple(components.order_by("application__name", "name")[:USERS]),
        next(one.used for one in all_versions if one.pk == procedure.pk),
    )


def difference(old: Procedure, new: Procedure) -> list[DiffLine]:
    """What changed in the text from one version to another; empty when nothing did. Two queries."""
    before, after = (
        procedure_text.write(one, one.steps.select_related("team")).splitlines() for one in (old, new)
    )
    lines = list(unified_diff(before, after, n=CONTEXT, lineterm=""))[
        3:
    ]  # without the names of files and the first gap
    return [DiffLine(_KINDS.get(line[:1], "same"), "" if line[:1] == "@" else line[1:]) for line in lines]


_KINDS = {"+": "added", "-": "removed", "@": "gap"}
