"""What is put into markup is inert, whatever it is; what is markup already stays what it is."""

import pytest
from django.utils import html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from releaseorch.web import markup

HOSTILE = "<script>alert('1')</script>&\""


class Named:
    def __str__(self) -> str:
        return HOSTILE


class Markup:
    def __html__(self) -> str:
        return "<b>1</b>"


VALUES = [
    HOSTILE,
    Named(),
    Markup(),
    mark_safe("<i>2</i>"),
    gettext_lazy("Add <b>"),
    3,
    True,
    None,
    4.5,
    ["<", 1],
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_out_as_it_does_with_django(value: object) -> None:
    words = '<a title="{}">{named}</a>'
    found = markup.format_html(words, value, named=value)
    assert isinstance(found, SafeString)
    assert found == html.format_html(words, value, named=value)
    rows = [(value, HOSTILE), (HOSTILE, value)]
    assert markup.format_html_join("<", "{}{}", rows) == html.format_html_join("<", "{}{}", rows)
