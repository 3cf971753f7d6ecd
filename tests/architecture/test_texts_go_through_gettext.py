"""Texts that people read go through gettext: sentences anywhere, words where they become labels, all of the templates.

Plain English stays what nobody reads on a page: errors for programmers, logs, the terminal (management commands and the
launcher, which runs before anything is installed), the OpenAPI document, what the figures for Prometheus say of
themselves, and the invented data of the demo.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import dedent

import pytest

from tests.architecture.texts import Found, in_api, in_module, in_template

ROOT = Path(__file__).resolve().parents[2]
PACKAGE, TEMPLATES = ROOT / "releaseorch", ROOT / "templates"
PLAIN_ENGLISH = {
    "api/schema.py",
    "config",
    "integrations/demo",
    "integrations/reenact",
    "launcher",
    "web/figures.py",
    "web/views/styleguide.py",
}
PLAIN_TEMPLATES = {"styleguide.html"}


def _is_plain(path: Path) -> bool:
    inside = path.relative_to(PACKAGE)
    places = {inside.as_posix(), *(folder.as_posix() for folder in inside.parents)}
    return bool(places & PLAIN_ENGLISH) or bool({"migrations", "commands"} & set(inside.parts))


def _wrong(paths: Iterable[Path], look: Callable[[str], Found]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} {what}"
        for path in sorted(paths)
        for line, what in look(path.read_text())
    ]


def test_modules_say_nothing_past_gettext() -> None:
    read = {path for path in PACKAGE.rglob("*.py") if not _is_plain(path)}
    api = {path for path in read if path.is_relative_to(PACKAGE / "api")}
    assert _wrong(read - api, in_module) + _wrong(api, in_api) == []


def test_templates_say_nothing_past_gettext() -> None:
    paths = (path for path in TEMPLATES.rglob("*.html") if path.name not in PLAIN_TEMPLATES)
    assert _wrong(paths, in_template) == []


@pytest.mark.parametrize(
    "source",
    [
        'raise Invalid({"version": "There is none."})',
        'raise NotAllowed(f"Only {name} may")',
        'Action("approve", "Approve", url, allowed=True)',
        'Failed(reason if known else "no answer came")',
        'messages.success(request, "Sent back")',
        'Step(title="Deploy it")',
        'def why(): return f"{name} is not here."',
        '_(f"{name} is not here.")',
        '_("%s is not here." % name)',
        '_("{name} is not here.").format(name=name)',
    ],
)
def test_a_module_that_does_is_found(source: str) -> None:
    assert len(in_module(source)) == 1


def test_a_module_may_say_other_things() -> None:
    source = """
        def send_back(this):
            'What it is for.'
            raise Invalid({"version": _("There is none."), "kind": _("%(kind)s is none.") % {"kind": kind}})
            raise ValueError("Programmers read this.")
            logger.warning("Operators read %s.", this)
            Action("send_back", _("Send back"), reverse("request-send-back"), allowed=True)
        """
    assert in_module(dedent(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Nothing here</p>",
        "<p>{{ count }} steps</p>",
        '<a title="Look at {{ name }}" href="/">{{ name }}</a>',
        '<input placeholder="Search">',
        '{% state_badge "decide" "Needs a decision" %}',
        "{% blocktranslate %}Said.{% endblocktranslate %} Not said.",
    ],
)
def test_a_template_that_does_is_found(source: str) -> None:
    assert len(in_template(source)) == 1


def test_a_template_may_say_other_things() -> None:
    source = """{% block topics %}run:{{ run.id }}{% endblock %}<style>p { color: red }</style>{# For programmers. #}
        <p title="{% translate "Said" %}">{{ name }}: {% blocktranslate %}Of {{ n }}.{% endblocktranslate %}
        {% state_badge "decide" _("Needs a decision") %}{% url "request-send-back" 1 %}</p>"""
    assert in_template(source) == []
