"""`${name}` is replaced once from a flat dict of strings, and nothing else happens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releaseorch.executors import template

VALUES = {"version": "2.3.1", "app.name": "billing", "tricky": "${version} $${ {0} %s {{7*7}} $(id)"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("deploy ${version}", "deploy 2.3.1"),
        ("${app.name}-${version}", "billing-2.3.1"),
        ("$version $ {version} %s {0} {{version}}", "$version $ {version} %s {0} {{version}}"),
        ("$${version}", "${version}"),
        ("$$${version}", "$${version}"),
        ("${tricky}", VALUES["tricky"]),
    ],
)
def test_names_are_replaced_once(text: str, expected: str) -> None:
    assert template.render(text, VALUES) == expected


@pytest.mark.parametrize("text", ["${", "${}", "${a b}", "${a${version}}", "${0}", "${version", "${a[0]}"])
def test_a_malformed_place_is_refused(text: str) -> None:
    with pytest.raises(template.TemplateError):
        template.render(text, VALUES)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(template.MissingParameter, match="colour") as caught:
        template.render("a ${colour} car", VALUES)
    assert caught.value.name == "colour"


def test_an_argument_stays_one_argument() -> None:
    assert template.render_tree(["x", "${a}"], {"a": "b c; d\ne"}) == ["x", "b c; d\ne"]


def test_a_tree_keeps_its_keys_and_its_other_values() -> None:
    assert template.render_tree({"${a}": [1, None, {"b": "${a}"}]}, {"a": "x"}) == {
        "${a}": [1, None, {"b": "x"}]
    }


@settings(deadline=None)
@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_nothing_but_its_own_error_is_raised(text: str, values: dict[str, str]) -> None:
    try:
        template.render(text, values)
    except template.TemplateError:
        return


@settings(deadline=None)
@given(st.text())
def test_a_value_comes_out_as_it_went_in(value: str) -> None:
    assert template.render("<${a}>", {"a": value}) == f"<{value}>"
