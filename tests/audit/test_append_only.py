"""What was recorded stays as it was, whoever asks the database: our code, a script, an administrator with SQL."""

import pytest
from django.db import IntegrityError, connection, transaction

from releaseorch.audit import append_only, events, seals
from releaseorch.audit.models import Event, Seal
from releaseorch.config.doctor.inside import audit
from tests.characters import Cast
from tests.unguarded import unguarded

CHANGES = [
    "UPDATE audit_event SET actor_name = 'Somebody Else'",
    "DELETE FROM audit_event",
    "UPDATE audit_seal SET hash = 'x'",
    "DELETE FROM audit_seal",
]
SQLITE_ONLY = [
    "REPLACE INTO audit_seal SELECT seq, event_id, previous_hash, 'x' FROM audit_seal",
    "INSERT OR REPLACE INTO audit_seal SELECT seq + 7, event_id, previous_hash, hash FROM audit_seal",
]
POSTGRESQL_ONLY = ["TRUNCATE audit_seal", "TRUNCATE audit_event CASCADE"]


def test_nothing_that_was_recorded_can_be_changed_or_deleted(cast: Cast) -> None:
    event = events.record(actor=cast.release_manager, verb="team.renamed", subject=cast.claims)
    assert seals.seal_batch() == Event.objects.count()
    connection.check_constraints()
    is_file = connection.vendor == "sqlite"
    for statement in [*CHANGES, *(SQLITE_ONLY if is_file else POSTGRESQL_ONLY)]:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)
    if is_file:  # without this setting REPLACE deletes past the triggers on DELETE
        connection.cursor().execute("PRAGMA recursive_triggers = OFF")
        for statement in SQLITE_ONLY:
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                connection.cursor().execute(statement)
        connection.cursor().execute("PRAGMA recursive_triggers = ON")
    event.refresh_from_db()
    assert (event.actor_name, seals.verify().why) == (cast.release_manager.name, "")


def test_the_next_migrate_sets_what_is_missing_and_until_then_the_doctor_says_so(db: None) -> None:
    assert (audit().state, append_only.missing(connection)) == ("ok", [])
    with unguarded():
        assert audit().state == "failed" and audit().help == "Run manage.py migrate."
    assert audit().state == "ok"
    assert not Seal.objects.exists()
