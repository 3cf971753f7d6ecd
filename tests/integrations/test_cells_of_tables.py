"""Values in cells: whatever a value holds, writing and reading it again gives the same."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releaseorch.accounts.roles import Role
from releaseorch.core.text import normalised
from releaseorch.integrations.tables.cells import (
    MOMENT,
    NAMES,
    PAIRS,
    YAML,
    BadCell,
    Cell,
    Choice,
    Loose,
    Whole,
    text_of,
)
from releaseorch.integrations.tables.found import Raw, inert, restored

LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn"])).map(normalised).filter(bool)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn"], include_characters="\n")
).map(normalised)
MOMENTS = st.datetimes(datetime(1991, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | LINES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LINES, inner, max_size=3),
    max_leaves=8,
)


def back(cell: Cell, value: object) -> object:
    """Through a spreadsheet and back."""
    text = inert(cell.write(value))
    return cell.read(Raw("text", text)) if text else cell.empty


@given(st.text(st.sampled_from("'=+-@\t a;\\＝")))
def test_what_would_run_is_quoted_and_comes_back(text):
    assert restored(inert(text)) == text
    assert inert(text)[:1] not in {"=", "+", "-", "@", "\t", "＝"}


@given(st.lists(LINES, unique=True), st.dictionaries(LINES, TEXTS), MOMENTS, st.dictionaries(LINES, JSON))
def test_values_come_back_as_they_were(names, pairs, moment, nested):
    assert back(NAMES, names) == tuple(names) or not names
    assert back(PAIRS, pairs) == pairs
    assert back(MOMENT, moment) == moment
    assert back(YAML, nested) == nested


@pytest.mark.parametrize(
    ("cell", "raw", "value"),
    [
        (Loose(), Raw("number", 4400), "4400"),
        (Whole(), Raw("number", 3.0), 3),
        (Choice(Role), Raw("text", "Operator"), "operator"),
        (MOMENT, Raw("moment", datetime(2026, 1, 10, 18)), datetime(2026, 1, 10, 18, tzinfo=UTC)),
        (MOMENT, Raw("text", "2026-01-10T18:00+01:00"), datetime(2026, 1, 10, 17, tzinfo=UTC)),
        (NAMES, Raw("text", "a; b\nc ;"), ("a", "b", "c")),
    ],
)
def test_what_people_type_is_understood(cell, raw, value):
    assert cell.read(raw) == value


@pytest.mark.parametrize(
    ("cell", "raw"),
    [
        (Loose(), Raw("number", 1.5)),
        (Whole(), Raw("number", 1.5)),
        (Loose(), Raw("number", float("inf"))),  # 1e999 in the file
        (Whole(), Raw("number", float("inf"))),
        (Whole(), Raw("number", 10**400)),
        (Whole(), Raw("text", "-1")),
        (Whole(), Raw("text", "99999999999")),
        (MOMENT, Raw("number", 45000)),
        (MOMENT, Raw("text", "1889-01-01")),
        (PAIRS, Raw("text", "a: 1\na: 2")),
        (PAIRS, Raw("text", "no colon")),
        (YAML, Raw("text", "- a list")),
    ],
)
def test_what_may_mean_something_else_is_refused(cell, raw):
    with pytest.raises(BadCell):
        cell.read(raw)
    assert text_of(Raw("text", " x\u00a0")) == "x"
