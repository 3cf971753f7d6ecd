"""The forms of policies: what they are about, a row for each slot, and the rules that they demand."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from releaseorch.accounts.models import Team
from releaseorch.accounts.roles import Role
from releaseorch.catalog.models import Application
from releaseorch.core.choosing import few_of
from releaseorch.core.fields import NAME_LENGTH, TEXT_LENGTH
from releaseorch.environments.queries import in_use
from releaseorch.policies.models import Rule, Stage, Subject
from releaseorch.policies.services import LARGEST_QUORUM, LONGEST_SOAK, MOST_SLOTS, RuleDraft, SlotDraft
from releaseorch.web.forms.base import NamedRow, NounForm, Section
from releaseorch.web.forms.features import moment

ROLE, TEAM = "role", "team"
HOURS = "rule_soaked_hours"
SPARE = 3  # empty rows below those that are filled


class PolicyForm(NounForm):
    """The slots and the rules: what a version may change. Rules are of policies about requests (None: not this one)."""

    valid_from = moment(_("From"), _("Left empty: from now on."))
    reason = forms.CharField(
        label=_("Why"), max_length=TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with the change."),
    )  # fmt: skip
    last: ClassVar[Sequence[str]] = ("valid_from", "reason")

    def __init__(
        self,
        *args: Any,
        slots: Iterable[SlotDraft] = (),
        rules: Iterable[RuleDraft] | None = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        filled = list(slots)
        teams = Team.objects.filter(retired_at=None).order_by("name")
        offered = few_of(teams)  # None: too many, one is named
        choices: list[tuple[Any, Any]] = [
            ("", _("nobody: no such slot")),
            (_("A role"), [(f"{ROLE}:{role.value}", role.label) for role in Role if role != Role.AUDITOR]),
        ]
        if offered is not None:
            choices.append((_("A team"), [(f"{TEAM}:{pk}", name) for pk, name in offered]))
        self.rows = range(1, self._row_count(len(filled)) + 1)
        self.parts = ("who", "quorum", "name") if offered is not None else ("who", "team", "quorum", "name")
        for n in self.rows:
            draft = filled[n - 1] if n <= len(filled) else None
            self.fields[f"slot_{n}_who"] = forms.ChoiceField(
                label=_("Whose word"), choices=choices, required=False,
                initial=_who(draft, by_name=offered is None),
            )  # fmt: skip
            if offered is None:
                named = NamedRow(forms.ModelChoiceField(teams, label=_("Or a team"), required=False), teams)
                named.initial = draft.team if draft else None
                self.fields[f"slot_{n}_team"] = named
            self.fields[f"slot_{n}_quorum"] = forms.IntegerField(
                label=_("How many people"), min_value=1, max_value=LARGEST_QUORUM, required=False,
                initial=draft.quorum if draft else 1,
            )  # fmt: skip
            self.fields[f"slot_{n}_name"] = forms.CharField(
                label=_("What it is called"), max_length=100, required=False,
                initial=draft.name if draft else "", help_text=_("Left empty: as the role or the team."),
            )  # fmt: skip

        self.with_rules = rules is not None
        for rule in Rule if self.with_rules else ():
            kept = next((one for one in rules or () if one.rule == rule), None)
            self.fields[f"rule_{rule}"] = forms.ChoiceField(
                label=rule.label, required=False, initial=kept.blocks_from if kept else "",
                choices=[("", _("never blocks")), *((one.value, _("blocks %s") % one.label) for one in Stage)],
            )  # fmt: skip
            if rule == Rule.SOAKED:
                self.fields[HOURS] = forms.IntegerField(
                    label=_("For so many hours"), min_value=1, max_value=LONGEST_SOAK, required=False,
                    initial=kept.hours if kept else None,
                )  # fmt: skip

    def sections(self) -> Iterator[Section]:
        parts = ("slot_", "rule_")
        about = [one for one in self if one.name not in self.last and not one.name.startswith(parts)]
        if about:
            yield Section("", "", about)
        for n in self.rows:
            names = [f"slot_{n}_{part}" for part in self.parts]
            yield Section(gettext("Slot %(n)d") % {"n": n}, "", [self[name] for name in names])
        if self.with_rules:
            yield Section(
                _("Rules"),
                _(
                    "What requests keep there. Who breaks a rule is warned, and refused from the chosen door on."
                ),
                [one for one in self if one.name.startswith("rule_")],
            )
        yield Section(_("From when"), "", [self[name] for name in self.last])

    def clean(self) -> dict[str, Any] | None:
        """Hours without a door would be dropped silently."""
        cleaned = super().clean()
        typed = self.cleaned_data
        if typed.get(HOURS) and not typed.get(f"rule_{Rule.SOAKED}"):
            self.add_error(HOURS, _("Choose from which door the rule blocks, or leave this empty."))
        return cleaned

    def _row_count(self, filled: int) -> int:
        posted = sum(name.startswith("slot_") and name.endswith("_who") for name in self.data)
        return min(MOST_SLOTS, max(posted, filled + SPARE))

    @property
    def slots(self) -> list[SlotDraft]:
        """What was chosen, without the empty rows."""
        found = (self._draft(n) for n in self.rows)
        return [draft for draft in found if draft is not None]

    @property
    def rules(self) -> list[RuleDraft] | None:
        """What was chosen to block from some door on; None where the form asks for no rules."""
        if not self.with_rules:
            return None
        typed = self.cleaned_data
        return [
            RuleDraft(
                rule=rule, blocks_from=Stage(typed[f"rule_{rule}"]),
                hours=typed[HOURS] if rule == Rule.SOAKED else None,
            )
            for rule in Rule
            if typed[f"rule_{rule}"]
        ]  # fmt: skip

    def _draft(self, n: int) -> SlotDraft | None:
        typed = self.cleaned_data
        kind, _colon, value = typed[f"slot_{n}_who"].partition(":")
        role = Role(value) if kind == ROLE else None
        team: Team | None = typed.get(f"slot_{n}_team")
        if kind == TEAM:
            team = Team.objects.get(pk=value)
        if role is None and team is None:
            return None
        name = typed[f"slot_{n}_name"].strip() or (team.name if team else str(role.label) if role else "")
        return SlotDraft(name=name, role=role, team=team, quorum=typed[f"slot_{n}_quorum"] or 1)


class NewPolicyForm(PolicyForm):
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    subject = forms.ChoiceField(
        label=_("About"),
        choices=Subject.choices,
        help_text=_("What needs these approvals. Rules are of requests."),
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


def _who(draft: SlotDraft | None, *, by_name: bool) -> str:
    if draft is None or (draft.team and by_name):
        return ""
    return f"{TEAM}:{draft.team.pk}" if draft.team else f"{ROLE}:{draft.role}"
