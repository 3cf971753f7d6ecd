"""Sealing secrets: under keys outside the database, bound to their place, opened by the key that sealed them."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from releaseorch.core import sealing
from releaseorch.environments import services
from releaseorch.environments.models import Connection, ConnectionSecret
from releaseorch.environments.services import connections
from tests.factories import House

SECRET = b"correct horse battery staple"
KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(autouse=True)
def keys_of_its_own(settings, tmp_path: Path) -> Iterator[None]:
    settings.STATE_DIR = tmp_path
    yield


def test_what_is_sealed_is_unlike_the_secret_and_opens_in_its_place_only(tmp_path: Path) -> None:
    key_id, sealed = sealing.seal(SECRET, "connection:1:token")
    assert SECRET not in sealed and sealing.seal(SECRET, "connection:1:token")[1] != sealed
    assert sealing.open_sealed(key_id, sealed, "connection:1:token") == SECRET
    for place, altered in (("connection:2:token", sealed), ("connection:1:token", sealed[:-1] + b"x")):
        with pytest.raises(sealing.CannotOpen, match="altered"):
            sealing.open_sealed(key_id, altered, place)
    with pytest.raises(sealing.CannotOpen, match="k-none, which sealed a secret, is not known here"):
        sealing.open_sealed("k-none", sealed, "connection:1:token")
    assert (tmp_path / sealing.FILE).stat().st_mode & 0o777 == 0o600
    sealing.self_test()


@pytest.mark.parametrize(
    "line", ["a", "a:", "a:c2hvcnQ=", f" :{KEY}", "b:" + base64.b64encode(bytes(32)).decode()]
)
def test_a_key_that_would_not_protect_is_refused_by_name_of_its_source(settings, line: str) -> None:
    settings.SEALING_KEYS = line
    with pytest.raises(ImproperlyConfigured, match="SEALING_KEYS holds a line that is no") as no:
        sealing.self_test()
    assert KEY not in str(no.value)


def test_no_key_is_lost_when_several_are_added_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda _number: sealing.add_key(), range(8)))
    assert set(sealing.known_keys()) == set(added)


def connection(house: House, name: str = "server") -> Connection:
    return services.create_connection(
        actor=house.cast.administrator, environment=house.production, name=name, kind="shell"
    )


def keep(house: House, row: Connection, name: str) -> None:
    services.set_connection_secret(
        actor=house.cast.administrator, connection=row, name=name, secret=f"{SECRET.decode()} {name}"
    )


@pytest.mark.django_db
def test_keys_rotate_in_batches_while_secrets_are_set(house: House) -> None:
    row = connection(house)
    for number in range(7):
        keep(house, row, f"s{number}")
    first = set(ConnectionSecret.objects.values_list("key_id", flat=True))
    out = StringIO()
    call_command("rotate_keys", batch=3, stdout=out)
    assert "7 secrets" in out.getvalue()
    (now,) = set(ConnectionSecret.objects.values_list("key_id", flat=True))
    assert {now} != first and set(sealing.known_keys()) == {now, *first}
    keep(house, row, "s3")
    assert connections.secrets_of(row)["s5"] == SECRET + b" s5"
    call_command("rotate_keys", forget=True, stdout=StringIO())
    newest, before = sealing.known_keys()
    assert before == now  # what it sealed may be committed only now
    assert set(ConnectionSecret.objects.values_list("key_id", flat=True)) == {newest}
    assert len(connections.secrets_of(row)) == 7


@pytest.mark.django_db
def test_a_secret_set_while_its_key_rotates_is_not_overwritten(house: House, monkeypatch) -> None:
    row = connection(house)
    keep(house, row, "token")
    opened = sealing.open_sealed

    def and_somebody_is_faster(key_id: str, sealed: bytes, place: str) -> bytes:
        found = opened(key_id, sealed, place)
        if ConnectionSecret.objects.filter(set_by=house.cast.administrator).exists():
            services.set_connection_secret(
                actor=house.cast.administrator, connection=row, name="token", secret="another secret"
            )
            ConnectionSecret.objects.update(set_by=house.cast.operator)
        return found

    monkeypatch.setattr(sealing, "open_sealed", and_somebody_is_faster)
    call_command("rotate_keys", stdout=StringIO())
    monkeypatch.undo()
    assert connections.secrets_of(row) == {"token": b"another secret"}


@pytest.mark.django_db
def test_rotation_with_a_key_that_is_lost_names_it_and_goes_on_with_the_others(house: House) -> None:
    row = connection(house)
    keep(house, row, "one")
    ConnectionSecret.objects.update(key_id="k-lost")
    keep(house, row, "two")
    with pytest.raises(CommandError, match="k-lost"):
        call_command("rotate_keys", stdout=StringIO())
    assert ConnectionSecret.objects.get(name="two").key_id == next(iter(sealing.known_keys()))
