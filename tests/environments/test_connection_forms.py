"""The form of a connection: fields by tool, each error at its field, and a secret that is replaced but never shown."""

import pytest

from releaseorch.environments import services
from releaseorch.environments.models import Connection
from releaseorch.executors import registry
from releaseorch.executors.base import Executor
from releaseorch.executors.outbound import ALLOW_VARIABLE
from releaseorch.executors.shell.executor import ShellExecutor
from releaseorch.web.forms.connections import told
from tests.factories import House

pytestmark = pytest.mark.django_db
HTTP = {
    "kind": "http", "name": "deployer", "config_url": "https://deploy.example/api",
    "config_headers": "Accept = text/plain", "config_secret_headers": "Authorization = Bearer ${token}",
    "config_timeout_s": "5",
}  # fmt: skip


def test_the_tool_is_chosen_first_and_its_fields_become_its_configuration(house: House, door) -> None:
    admin = door(house.cast.administrator)
    chosen = f"?kind=http&amp;environment={house.production.pk}"
    assert chosen in admin.get("/connections/new", {"environment": house.production.pk}).content.decode()
    made = admin.post("/connections/new", {**HTTP, "environment": house.production.pk}, follow=True)
    row = Connection.objects.get()
    assert row.config == {
        "url": "https://deploy.example/api", "headers": {"Accept": "text/plain"}, "timeout_s": 5,
        "secret_headers": {"Authorization": {"prefix": "Bearer ", "secret": "token"}},
    }  # fmt: skip
    shown = made.content.decode()
    assert "not set" in shown and "<bdi>Authorization = Bearer ${token}</bdi>" in shown
    form = admin.get(f"/connections/{row.pk}/edit")
    typed = {name: form.context["form"][name].value() or "" for name in form.context["form"].fields}
    shown = {name: form.context["form"].fields[name].prepare_value(value) for name, value in typed.items()}
    assert admin.post(f"/connections/{row.pk}/edit", {**shown, "version": 1}).status_code == 303
    assert Connection.objects.get().config == row.config


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("config_url", "http://127.0.0.1:8080/", "127.0.0.1 leads to an address that is not open to steps"),
        ("config_url", "http://169.254.169.254/latest", "leads to an address that is not open to steps"),
        ("config_url", "", "This field is required."),
        ("config_headers", "Authorization = Bearer abc", "Authorization: This header carries a secret"),
        ("config_secret_headers", "Authorization = Bearer abc", "Authorization must name a secret, such as ${token}"),
        ("config_timeout_s", "900", "less than or equal to 60"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(
    house: House, door, monkeypatch: pytest.MonkeyPatch, field: str, typed: str, said: str
) -> None:
    monkeypatch.delenv(ALLOW_VARIABLE, raising=False)
    given = {**HTTP, "environment": house.production.pk, field: typed}
    page = door(house.cast.administrator).post("/connections/new", given)
    assert page.status_code == 422 and not Connection.objects.exists()
    errors = page.context["form"].errors
    assert list(errors) == [field] and said in errors[field][0]


def test_a_secret_is_replaced_beside_its_name_and_never_shown(house: House, door) -> None:
    row = services.create_connection(
        actor=house.cast.administrator, environment=house.production, name="server", kind="shell"
    )
    admin, address = door(house.cast.administrator), f"/connections/{row.pk}/set-secret"
    for number, secret in enumerate(("first secret", "second secret"), start=1):
        given = {"name": "token", "secret": secret, "version": number}
        text = admin.post(address, given, follow=True).content.decode()
        assert "Replace" in text and secret not in text
    assert services.connections.secrets_of(row) == {"token": b"second secret"}


class Free(ShellExecutor):
    """A tool whose connections may say anything beside the region, and a list."""

    kind = "free"
    connection_schema = {
        "type": "object",
        "properties": {
            "region": {"title": "Region", "enum": ["north", "south"]},
            "hosts": {"title": "Hosts", "type": "array", "items": {"type": "string"}},
            "ports": {"title": "Ports", "type": "array", "items": {"type": "integer"}},
            "is_blue": {"title": "Blue", "type": "boolean"},
            "is_kept": {"title": "Kept", "type": "boolean", "default": True},
            "tries": {"title": "Tries", "type": "integer"},
        },
    }


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[str, Executor] = {**registry.found().executors, "free": Free()}
    monkeypatch.setattr(registry, "found", lambda: registry.Found(known))


def test_zero_and_no_are_something_to_say(house: House, door, free: None) -> None:
    admin = door(house.cast.administrator)
    blank = admin.get("/connections/new?kind=free").content.decode()
    assert 'id="id_config_is_kept" checked' in blank and 'id="id_config_is_blue" checked' not in blank
    typed = {"kind": "free", "name": "any", "environment": house.production.pk, "config_tries": "0"}
    made = admin.post("/connections/new", typed, follow=True)
    row = Connection.objects.get()
    assert row.config == {"is_blue": False, "is_kept": False, "tries": 0}
    assert told(row) == [("Blue", ["no"]), ("Kept", ["no"]), ("Tries", ["0"])] and made.status_code == 200
    again = admin.get(f"/connections/{row.pk}/edit").content.decode()
    assert 'id="id_config_is_kept" checked' not in again and 'value="0"' in again


def test_json_stays_for_what_has_no_field_of_its_own(house: House, door, free: None) -> None:
    typed = {
        "kind": "free", "name": "any", "environment": house.production.pk, "config_region": "north",
        "config_hosts": "a\n b \n", "config_ports": "[1, 2]", "config_is_blue": "on", "config": '{"zone": {"x": 1}}',
    }  # fmt: skip
    admin = door(house.cast.administrator)
    assert admin.post("/connections/new", typed).status_code == 303
    config = {
        "region": "north", "hosts": ["a", "b"], "ports": [1, 2], "is_blue": True, "is_kept": False, "zone": {"x": 1},
    }  # fmt: skip
    assert Connection.objects.get().config == config
    form = admin.get(f"/connections/{Connection.objects.get().pk}/edit").content.decode()
    assert "[1, 2]" in form and "&quot;zone&quot;" in form
    broken = admin.post("/connections/new", {**typed, "name": "other", "config": "{"})
    assert list(broken.context["form"].errors) == ["config"]
