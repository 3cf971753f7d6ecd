"""Every page asks as often when there is much as when there is little; lists ask at most twelve times.

The pages come from the URL configuration, so that a new one is in at once; `benchmark pages` measures the same ones
with ten thousand rows of each noun.
"""

import pytest

from benchmarks._house import BulkHouse
from benchmarks._walk import pages, queries_of, reading
from benchmarks.pages import MOST_QUERIES_OF_A_LIST

pytestmark = pytest.mark.django_db


def test_pages_ask_as_often_with_many_rows_as_with_few() -> None:
    house = BulkHouse().grow(20)
    walked = pages(house)
    client = reading(house)
    few = {page: queries_of(client, page.path) for page in walked}
    house.grow(60)
    many = {page: queries_of(client, page.path) for page in walked}

    assert len(walked) > 70, "most pages answered something else"
    grown = {
        page.path: (len(few[page]), len(many[page])) for page in walked if len(few[page]) != len(many[page])
    }
    assert grown == {}
    lists = {page.path: len(many[page]) for page in walked if page.is_list}
    assert {path: n for path, n in lists.items() if n > MOST_QUERIES_OF_A_LIST} == {}
