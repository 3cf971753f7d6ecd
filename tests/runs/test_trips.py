"""Statements that go to PostgreSQL together: what they answer, what is left when one fails, when the server is gone."""

import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError, connection, transaction

from releaseorch.core import clock, statements, trips
from releaseorch.waiting.models import Interval

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is asked one by one"),
]
INSERT = (
    "INSERT INTO waiting_interval (subject_kind, subject_id, blocker_kind, blocker_name, sentence, is_primary,"
    " started_at) VALUES ('step', %s, 'person', '', %s, true, %s) RETURNING sentence"
)
SENTENCES = "SELECT sentence FROM waiting_interval ORDER BY sentence"


def waits(subject: int, sentence: str) -> statements.Statement:
    """Of two with the same subject the second fails: it waits for one thing first."""
    return INSERT, [subject, sentence, clock.now()]


def sentences() -> list[str]:
    return list(Interval.objects.order_by("sentence").values_list("sentence", flat=True))


def test_each_answers_for_itself_in_the_order_they_were_said() -> None:
    made, nothing, found = statements.run_all(
        waits(1, "one"), ("DELETE FROM waiting_interval WHERE id < 0", []), (SENTENCES, [])
    )
    assert (made, nothing, found) == ([("one",)], [], [("one",)])
    assert sentences() == ["one"]  # without a transaction all of them are one


def test_the_same_text_with_values_of_other_types_is_another_statement() -> None:
    asked = "SELECT %s::text"
    assert statements.run_all((asked, [1]), (asked, ["one"]), (asked, [None]), (asked, [1 << 40])) == [
        [("1",)], [("one",)], [(None,)], [(str(1 << 40),)],
    ]  # fmt: skip
    assert statements.run(asked, [2]) == [("2",)]


def test_what_is_too_long_to_be_kept_or_one_too_many_is_answered_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = "SELECT " + ", ".join(["%s::int"] * (trips.MOST_VALUES + 1))
    assert statements.run(long, list(range(trips.MOST_VALUES + 1))) == [tuple(range(trips.MOST_VALUES + 1))]
    monkeypatch.setattr(trips, "MOST_KEPT", 0)
    assert statements.run_all(("SELECT 1, %s::int", [2]), ("SELECT 3", [])) == [[(1, 2)], [(3,)]]


@pytest.mark.parametrize("inside", [False, True])
def test_of_what_goes_with_one_that_fails_nothing_is_left(inside: bool) -> None:
    for _again in range(2):
        with pytest.raises(IntegrityError, match="waiting_one_open_primary"):
            if inside:
                with transaction.atomic():
                    statements.run_all(waits(1, "one"), waits(1, "again"), waits(2, "two"))
            else:
                statements.run_all(waits(1, "one"), waits(1, "again"), waits(2, "two"))
        assert sentences() == []
    assert statements.run(SENTENCES) == []


def test_a_text_that_the_server_does_not_understand_is_an_error_and_the_next_is_understood() -> None:
    with pytest.raises(ProgrammingError, match="nothing_like_it"):
        statements.run_all((SENTENCES, []), ("SELECT * FROM nothing_like_it", []))
    assert statements.run_all((SENTENCES, []), (SENTENCES, [])) == [[], []]


def test_a_transaction_may_end_with_its_last_statements_and_its_hooks_are_called_after_it() -> None:
    told: list[list[str]] = []
    with transaction.atomic():
        statements.run(*waits(1, "one"))
        transaction.on_commit(lambda: told.append(sentences()))
        with statements.at_the_end(commits=True):
            statements.put_off(waits(2, "two"))
            assert statements.run(SENTENCES) == [("one",)]
        assert connection.connection.info.transaction_status.name == "IDLE"
    assert told == [["one", "two"]]
    assert connection.get_autocommit()


def test_inside_another_transaction_it_does_not_end() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        with transaction.atomic(), statements.at_the_end(commits=True):
            statements.put_off(waits(1, "one"))
        raise RuntimeError
    assert sentences() == []


def test_when_the_last_statements_fail_nothing_of_the_transaction_is_there() -> None:
    told: list[str] = []
    with pytest.raises(IntegrityError), transaction.atomic():
        statements.run(*waits(1, "one"))
        transaction.on_commit(lambda: told.append("committed"))
        with statements.at_the_end(commits=True):
            statements.put_off(waits(1, "again"))
    assert (sentences(), told) == ([], [])


def test_what_is_checked_at_the_end_is_refused_there() -> None:
    orphan = (
        "INSERT INTO runs_logchunk (attempt_id, \"offset\", data, at) VALUES (%s, 0, '\\x00', now())",
        [987_654_321],
    )
    with (
        pytest.raises(IntegrityError, match="foreign key"),
        transaction.atomic(),
        statements.at_the_end(commits=True),
    ):
        statements.put_off(waits(1, "one"), orphan)
    assert sentences() == []


def test_a_server_that_is_gone_is_said_to_be_and_the_next_connection_knows_nothing_of_the_last() -> None:
    statements.run(*waits(1, "one"))
    with pytest.raises(OperationalError):
        statements.run_all(("SELECT pg_terminate_backend(pg_backend_pid())", []), (SENTENCES, []))
    connection.close()
    assert statements.run(SENTENCES) == [("one",)]
