"""What all forms of master data share: groups of fields, the sentences of the services, and their one page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _

from releaseorch.core.choosing import MOST_OFFERED, by_name
from releaseorch.core.errors import Invalid
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

Words = str | Promise
Save = Callable[[int | None, dict[str, Any]], Any]


@dataclass(frozen=True)
class Group:
    """Fields that stand together under one heading."""

    title: Words
    names: Sequence[str]
    say: Words = ""


@dataclass(frozen=True)
class Section:
    """A group as it is drawn."""

    title: Words
    say: Words
    fields: Sequence[BoundField]


class NamedRow(forms.ModelChoiceField):
    """A choice among too many rows for a select: its name is typed, or its number comes from an address."""

    def __init__(self, field: forms.ModelChoiceField, rows: QuerySet[Any]) -> None:
        super().__init__(
            rows, required=field.required, label=field.label, widget=forms.TextInput,
            help_text=field.help_text or _("Its name."),
        )  # fmt: skip
        self.named_by = _named_by(rows)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) and not value.isdigit():
            return value
        row = value if hasattr(value, "pk") else self._rows.filter(pk=value).first() if value else None
        return getattr(row, self.named_by, value)

    def to_python(self, value: Any) -> Any:
        typed = str(value or "").strip()
        found = by_name(self._rows, typed, self.named_by) if typed else None
        return super().to_python(found if found is not None else typed)

    @property
    def _rows(self) -> QuerySet[Any]:
        assert self.queryset is not None
        return self.queryset


class NamedRows(forms.ModelMultipleChoiceField):
    """A choice of several among too many rows for a select: their names are typed, one a line."""

    def __init__(self, field: forms.ModelMultipleChoiceField, rows: QuerySet[Any]) -> None:
        super().__init__(
            rows, required=field.required, label=field.label, widget=forms.Textarea(attrs={"rows": 4}),
            help_text=format_lazy("{} {}", field.help_text, _("One name per line.")),
        )  # fmt: skip
        self.rows, self.named_by = rows, _named_by(rows)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else "\n".join(map(str, value))

    def clean(self, value: Any) -> Any:
        """One or two queries, and one for each name."""
        names = dict.fromkeys(line.strip() for line in (value or "").splitlines() if line.strip())
        if len(names) > MOST_OFFERED:
            raise forms.ValidationError(_("These are more than %(most)d names.") % {"most": MOST_OFFERED})
        found = {name: by_name(self.rows, name, self.named_by) for name in names}
        unknown = [name for name, pk in found.items() if pk is None]
        if unknown:
            said = _("There is nothing of that name here: %(names)s.")
            raise forms.ValidationError(said % {"names": ", ".join(unknown[:20])})
        if self.required and not found:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return self.rows.filter(pk__in=found.values())

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((self.prepare_value(initial) or "").split("\n") != (data or "").splitlines())


def _named_by(rows: QuerySet[Any]) -> str:
    """The field that people call such a row by."""
    known = {field.name for field in rows.model._meta.get_fields()}
    return next(name for name in ("username", "name", "key") if name in known)


class NounForm(forms.Form):
    """A form of one noun; fields that no group names come first, without a heading."""

    groups: ClassVar[Sequence[Group]] = ()
    error_css_class = "wrong"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in list(self.fields.items()):
            if type(field) in (forms.ModelChoiceField, forms.ModelMultipleChoiceField):
                self.offer(name, field.queryset)  # type: ignore[attr-defined]

    def offer(self, name: str, rows: QuerySet[Any], named: type[NamedRow] = NamedRow) -> None:
        """Let the field choose among these rows: a select, or names to type where they are too many; one query."""
        field: Any = self.fields[name]
        found = list(rows[: MOST_OFFERED + 1])
        if len(found) > MOST_OFFERED:
            several = isinstance(field, forms.ModelMultipleChoiceField)
            self.fields[name] = NamedRows(field, rows) if several else named(field, rows)
            return
        field.queryset = rows
        nothing = [] if field.empty_label is None else [("", field.empty_label)]
        field.choices = [*nothing, *((row.pk, field.label_from_instance(row)) for row in found)]

    def sections(self) -> Iterator[Section]:
        grouped = {name for group in self.groups for name in group.names}
        rest = [field for field in self.visible_fields() if field.name not in grouped]
        if rest:
            yield Section("", "", rest)
        for group in self.groups:
            yield Section(group.title, group.say, [self[name] for name in group.names if name in self.fields])

    def add_sentences(self, errors: Mapping[str, Sequence[str]]) -> None:
        """What the service said, each at its field; what belongs to none stands above."""
        self.is_valid()
        for name, sentences in errors.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)

    def add_present(self) -> None:
        """Beside what was typed, say what stands there now: somebody else has changed the row in between."""
        for name in self.changed_data:
            now = self._in_words(name, self.get_initial_for_field(self.fields[name], name))
            self[name].help_text = _("Now: %(value)s") % {"value": now}

    def _in_words(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field, forms.BooleanField):
            return _("yes") if value else _("no")
        if isinstance(field, forms.ChoiceField):
            choices: Any = field.choices
            wanted = str(field.prepare_value(value))
            return next((str(label) for key, label in choices if str(key) == wanted), _("nothing"))
        return str(field.prepare_value(value) or _("nothing"))


@dataclass(frozen=True)
class FormPage:
    """What stands around a form. `crumbs` are pairs of address and word, `cancel` is where one goes back."""

    title: Words
    button: Words
    cancel: str
    crumbs: Sequence[tuple[str, Words]] = ()
    consequence: Words = ""
    template: str = "components/form_page.html"


def form_page(
    request: HttpRequest,
    form: NounForm,
    page: FormPage,
    save: Save,
    *,
    back: str | Callable[[Any], str],
    said: str | Callable[[Any], str] = "",
    version: int | None = None,
    **context: Any,
) -> HttpResponse:
    """The whole view of a form: GET draws it, POST calls `save(seen, values)` and goes `back`.

    What can't be taken comes back as 422 with everything typed. `version` is the row's own, for an edited row.
    """

    def draw(bounced: Bounced | None) -> HttpResponse:
        if bounced is not None:
            form.add_sentences(bounced.errors)
        if bounced is not None and bounced.is_stale:
            form.add_present()
        is_seen_again = bounced is not None and not bounced.is_stale
        seen = request.POST.get("version") if is_seen_again else version
        return render_page(request, page.template, {"form": form, "page": page, "version": seen, **context})

    def call(seen: int | None) -> Any:
        if not form.is_valid():
            raise Invalid({})
        return save(seen, form.cleaned_data)

    if request.method != "POST":
        return draw(None)
    return perform(request, call, back=back, said=said, again=draw)


def initial_of(row: Any, form: type[NounForm]) -> dict[str, Any]:
    """The values of a row for the fields of its form, by name."""
    return {name: getattr(row, name) for name in form.base_fields if hasattr(row, name)}
