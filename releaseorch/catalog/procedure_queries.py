"""Procedures as a list, and one with its versions, who uses them, and what changed from one to the next."""

from dataclasses import dataclass
from difflib import unified_diff

from django.db.models import Count, Exists, Max, OuterRef, Q

from releaseorch.catalog import procedure_text
from releaseorch.catalog.models import Component, Procedure, ProcedureStep

CONTEXT = 3  # lines around a change
MOST = 500
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


def procedures_by_name(text: str = "") -> list[ProcedureLine]:
    """Two queries."""
    found = (
        Procedure.objects.filter(name__icontains=text.strip()) if text.strip() else Procedure.objects.all()
    )
    newest = found.values("name_key").annotate(newest=Max("version")).values_list("name_key", "newest")
    latest = dict(newest[:MOST])
    in_use = Count("components", filter=Q(components__retired_at=None), distinct=True)
    rows = Procedure.objects.filter(name_key__in=latest).annotate(
        used=in_use, step_count=Count("steps", distinct=True)
    )
    lines: dict[str, ProcedureLine] = {}
    for row in rows.order_by("name", "-version"):
        known = lines.get(row.name_key)
        if known is None:
            lines[row.name_key] = ProcedureLine(row, row.step_count, row.used, 0)
        else:
            lines[row.name_key] = ProcedureLine(
                known.newest, known.steps, known.used + row.used, known.behind + row.used
            )
    return list(lines.values())


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
