"""EMAIL_URL: what each form of it sets, and a sentence for each that can't be read."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from releaseorch.config import env


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "ssl"),
    [
        ("smtp://mail.northfold.example", "mail.northfold.example", 25, False, False),
        ("smtp://mail.northfold.example:587", "mail.northfold.example", 587, True, False),
        ("smtp://mail.northfold.example:587?tls=0", "mail.northfold.example", 587, False, False),
        ("smtp://mail.northfold.example?tls=1", "mail.northfold.example", 25, True, False),
        ("smtps://mail.northfold.example", "mail.northfold.example", 465, False, True),
    ],
)
def test_an_address_says_how_it_is_encrypted(url: str, host: str, port: int, tls: bool, ssl: bool) -> None:
    found = env.mail(url)
    said = [found[f"EMAIL_{name}"] for name in ("HOST", "PORT", "USE_TLS", "USE_SSL")]
    assert said == [host, port, tls, ssl]


def test_names_and_passwords_may_hold_any_character() -> None:
    found = env.mail("smtp://releases%40northfold:p%3Aw%2F%40@mail.northfold.example:587")
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("releases@northfold", "p:w/@")
    assert found["EMAIL_TIMEOUT"] == 10  # nothing waits for ever


def test_without_an_address_nothing_is_sent() -> None:
    assert env.mail("") == {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}


@pytest.mark.parametrize(
    "url", ["mail.northfold.example", "http://mail.northfold.example", "smtp://", "smtp://a:0x"]
)
def test_an_address_that_cannot_be_read_stops_the_start_with_a_sentence(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        env.mail(url)
