"""What all forms of master data share: groups of fields, the sentences of the services, and their one page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from releaseorch.core.choosing import by_name, few_of
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
        label = next(one for one in ("username", "name", "key") if _has_field(rows.model, one))
        super().__init__(
            rows, required=field.required, label=field.label, widget=forms.TextInput,
            help_text=field.help_text or _("Its name."),
        )  # fmt: skip
        self.named_by = label

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


def _has_field(model: Any, name: str) -> bool:
    return any(field.name == name for field in model._meta.get_fields())


class NounForm(forms.Form):
    """A form of one noun; fields that no group names come first, without a heading."""

    groups: ClassVar[Sequence[Group]] = ()
    error_css_class = "wrong"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            rows = field.queryset if type(field) is forms.ModelChoiceField else None
            if rows is not None and few_of(rows, "pk") is None:
                self.fields[name] = NamedRow(field, rows)  # type: ignore[arg-type]

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
