"""The forms of policies: what they are about, and a row for each slot."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from releaseorch.accounts.models import Team
from releaseorch.accounts.roles import Role
from releaseorch.catalog.models import Application
from releaseorch.core.fields import NAME_LENGTH, TEXT_LENGTH
from releaseorch.environments.queries import in_use
from releaseorch.policies.models import Subject
from releaseorch.policies.services import LARGEST_QUORUM, MOST_SLOTS, SlotDraft
from releaseorch.web.forms.base import NounForm, Section
from releaseorch.web.forms.features import moment

ROLE, TEAM = "role", "team"
SPARE = 3  # empty rows below those that are filled


class PolicyForm(NounForm):
    """The slots alone: what a version may change."""

    valid_from = moment(_("From"), _("Left empty: from now on."))
    reason = forms.CharField(
        label=_("Why"), max_length=TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with the change."),
    )  # fmt: skip
    last: ClassVar[Sequence[str]] = ("valid_from", "reason")

    def __init__(self, *args: Any, slots: Iterable[SlotDraft] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        filled = list(slots)
        teams = list(Team.objects.filter(retired_at=None).order_by("name"))
        self.teams = {str(team.pk): team for team in teams}
        choices: list[tuple[Any, Any]] = [
            ("", _("nobody: no such slot")),
            (_("A role"), [(f"{ROLE}:{role.value}", role.label) for role in Role if role != Role.AUDITOR]),
            (_("A team"), [(f"{TEAM}:{team.pk}", team.name) for team in teams]),
        ]
        self.rows = range(1, self._row_count(len(filled)) + 1)
        for n in self.rows:
            draft = filled[n - 1] if n <= len(filled) else None
            self.fields[f"slot_{n}_who"] = forms.ChoiceField(
                label=_("Whose word"), choices=choices, required=False, initial=_who(draft)
            )
            self.fields[f"slot_{n}_quorum"] = forms.IntegerField(
                label=_("How many people"), min_value=1, max_value=LARGEST_QUORUM, required=False,
                initial=draft.quorum if draft else 1,
            )  # fmt: skip
            self.fields[f"slot_{n}_name"] = forms.CharField(
                label=_("What it is called"), max_length=100, required=False,
                initial=draft.name if draft else "", help_text=_("Left empty: as the role or the team."),
            )  # fmt: skip

    def sections(self) -> Iterator[Section]:
        about = [one for one in self if one.name not in self.last and not one.name.startswith("slot_")]
        if about:
            yield Section("", "", about)
        for n in self.rows:
            names = [f"slot_{n}_{part}" for part in ("who", "quorum", "name")]
            yield Section(gettext("Slot %(n)d") % {"n": n}, "", [self[name] for name in names])
        yield Section(_("From when"), "", [self[name] for name in self.last])

    def _row_count(self, filled: int) -> int:
        posted = sum(name.startswith("slot_") and name.endswith("_who") for name in self.data)
        return min(MOST_SLOTS, max(posted, filled + SPARE))

    @property
    def slots(self) -> list[SlotDraft]:
        """What was chosen, without the empty rows."""
        found = (self._draft(n) for n in self.rows)
        return [draft for draft in found if draft is not None]

    def _draft(self, n: int) -> SlotDraft | None:
        typed = self.cleaned_data
        kind, _colon, value = typed[f"slot_{n}_who"].partition(":")
        if not kind:
            return None
        role, team = (Role(value), None) if kind == ROLE else (None, self.teams[value])
        name = typed[f"slot_{n}_name"].strip() or (str(role.label) if role else team.name if team else "")
        return SlotDraft(name=name, role=role, team=team, quorum=typed[f"slot_{n}_quorum"] or 1)


class NewPolicyForm(PolicyForm):
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    subject = forms.ChoiceField(
        label=_("About"), choices=Subject.choices, help_text=_("What needs these approvals.")
    )
    environment = forms.ModelChoiceField(
        in_use(), label=_("Environment"), required=False, empty_label=_("every environment")
    )
    application = forms.ModelChoiceField(
        Application.objects.filter(retired_at=None), label=_("Application"), required=False,
        empty_label=_("every application"),
    )  # fmt: skip
    reason = None  # type: ignore[assignment]
    last = ("valid_from",)


def _who(draft: SlotDraft | None) -> str:
    if draft is None:
        return ""
    return f"{TEAM}:{draft.team.pk}" if draft.team else f"{ROLE}:{draft.role}"
