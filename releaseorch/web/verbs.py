"""Draws a verb: a button in its own form, a form that asks first, or a button that says why not."""

import zlib
from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from releaseorch.core.actions import Action, Field
from releaseorch.web import times
from releaseorch.web.markup import format_html, format_html_join
from releaseorch.web.models import KeptForm

NOTHING = mark_safe("")
LONGEST_REASON = 2000


class Bounced:
    """What came back for a verb: what was typed, the sentences for each field, whether somebody else was first."""

    def __init__(
        self, verb: str, values: Mapping[str, str], errors: Mapping[str, list[str]], is_stale: bool = False
    ) -> None:
        self.verb, self.values, self.errors, self.is_stale = verb, values, errors, is_stale
        self.kept: KeptForm | None = None

    @property
    def sentences(self) -> list[str]:
        """All of them; a template can't walk `errors.items`, since a field may be called items."""
        return [sentence for said in self.errors.values() for sentence in said]

    @classmethod
    def of_kept(cls, verb: str, row: KeptForm) -> "Bounced":
        """What was typed in a session that ended."""
        found = cls(verb, {name: str(value) for name, value in row.posted.items()}, {})
        found.kept = row
        return found

    @classmethod
    def nothing(cls, verb: str) -> "Bounced":
        return cls(verb, {}, {})


def draw(action: Action, csrf: str, version: int | None, bounced: Bounced | None = None) -> SafeString:
    """The whole verb. `bounced`: the answer to an earlier try, shown unfolded with its sentences."""
    if not action.allowed:
        return _refused(action)
    if not action.asks:
        return format_html(
            '<form class="verb" method="post" action="{}">{}{}</form>',
            action.url,
            _hidden(action, csrf, version),
            _button(action),
        )
    return format_html(
        '<details class="verb popover" name="verbs"{}><summary class="{}">{}</summary>'
        "<div>{}</div></details>",
        mark_safe(" open") if bounced else NOTHING,
        _css(action),
        action.label,
        form(action, csrf, version, bounced),
    )


def form(action: Action, csrf: str, version: int | None, bounced: Bounced | None = None) -> SafeString:
    """What a verb asks, as a form to stand on its own."""
    back = bounced or Bounced.nothing(action.verb)
    inputs = [_input(action, field, back) for field in action.fields if field.kind != "hidden"]
    if action.needs_reason:
        label = action.reason_label or _("Reason, kept in the audit")
        inputs.append(_input(action, Field("reason", label, kind="textarea", required=True), back))
    return format_html(
        '<form class="stack" method="post" enctype="multipart/form-data" action="{}">{}{}{}{}{}{}</form>',
        action.url,
        _hidden(action, csrf, version),
        format_html("<p>{}</p>", action.consequence) if action.consequence else NOTHING,
        _sentences(back.errors.get("", []), ""),
        format_html_join("", "{}", ((one,) for one in inputs)),
        _button(action),
        _kept(back.kept) if back.kept else NOTHING,
    )


def _kept(row: KeptForm) -> SafeString:
    return format_html(
        '<p class="small quiet">{} <button class="button link" formaction="{}" formnovalidate>{}</button></p>',
        _("You typed this on %(when)s and did not save it.") % {"when": times.stamp(row.at)},
        reverse("kept-forget", args=[row.pk]),
        _("Start over"),
    )


def _css(action: Action) -> str:
    return "button primary" if action.primary else "button"


def _button(action: Action) -> SafeString:
    return format_html('<button class="{}">{}</button>', _css(action), action.label)


def _hidden(action: Action, csrf: str, version: int | None) -> SafeString:
    number = action.version if action.version is not None else version
    pairs = [("csrfmiddlewaretoken", csrf)] if csrf else []
    pairs += [("version", str(number))] if number is not None else []
    pairs += [(field.name, field.value) for field in action.fields if field.kind == "hidden"]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


def _refused(action: Action) -> SafeString:
    said = "why-" + "".join(c if c.isalnum() else "-" for c in action.verb + action.url)
    return format_html(
        '<span class="verb refused"><button type="button" class="button" aria-disabled="true"'
        ' aria-describedby="{}">{}</button><span id="{}">{}</span></span>',
        said,
        action.label,
        said,
        action.why_not,
    )


def _sentences(sentences: list[str], ident: str) -> SafeString:
    if not sentences:
        return NOTHING
    return format_html(
        '<span class="error"{}>{}</span>',
        format_html(' id="{}"', ident) if ident else NOTHING,
        " ".join(sentences),
    )


def _input(action: Action, field: Field, back: Bounced) -> SafeString:
    ident = f"{action.verb}-{field.name}-{zlib.crc32(action.url.encode())}"
    wrong = back.errors.get(field.name, [])
    attributes = format_html(
        'id="{}" name="{}"{}{}',
        ident,
        field.name,
        mark_safe(" required") if field.required else NOTHING,
        format_html(' aria-invalid="true" aria-describedby="{}-error"', ident) if wrong else NOTHING,
    )
    value = back.values.get(field.name, field.value)
    if field.kind == "checkbox":
        checked = mark_safe(" checked") if value else NOTHING
        return format_html(
            '<label class="option"><input type="checkbox" value="on" {}{}>{}</label>{}',
            attributes,
            checked,
            field.label,
            _sentences(wrong, f"{ident}-error"),
        )
    return format_html(
        '<div class="field"><label for="{}">{}{}</label>{}{}{}</div>',
        ident,
        field.label,
        NOTHING if field.required else format_html(' <span class="optional">{}</span>', _("optional")),
        _control(field, attributes, value),
        format_html("<small>{}</small>", field.help) if field.help else NOTHING,
        _sentences(wrong, f"{ident}-error"),
    )


def _control(field: Field, attributes: SafeString, value: Any) -> SafeString:
    if field.kind == "textarea":
        return format_html(
            '<textarea rows="3" maxlength="{}" {}>{}</textarea>', LONGEST_REASON, attributes, value
        )
    if field.kind == "select":
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (key, mark_safe(" selected") if key == value else NOTHING, label)
                for key, label in field.choices
            ),
        )
        return format_html("<select {}>{}</select>", attributes, options)
    if field.kind == "file":
        return format_html('<input type="file" {}>', attributes)
    if field.kind == "password":  # never filled in, by us or by a browser
        return format_html('<input type="password" autocomplete="new-password" {}>', attributes)
    return format_html('<input type="{}" value="{}" {}>', field.kind, value, attributes)
