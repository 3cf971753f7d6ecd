"""Readers of environment variables that fail loudly, with a sentence that says what to set."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})
LONGEST_ISSUER = 200


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}; docs/operations.md says to what.")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name, "1" if default else "0").strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; it takes 1 or 0.")


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """The first of the choices unless another one is set."""
    value = os.environ.get(name, "").strip().lower() or choices[0]
    if value in choices:
        return value
    raise ImproperlyConfigured(f"{name} is {value!r}; it takes {' or '.join(choices)}.")


def issuer(name: str) -> str:
    """The address by which an OpenID provider calls itself; empty: none. Plain http only on this machine."""
    value = os.environ.get(name, "").strip()
    parts = urlsplit(value)
    is_near = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    is_plain = parts.hostname and not (parts.query or parts.fragment or parts.username)
    if value and not (is_plain and (parts.scheme == "https" or is_near) and len(value) <= LONGEST_ISSUER):
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it takes the https address of the provider, as its discovery document says it."
        )
    return value


def number(name: str, default: float) -> float:
    value = os.environ.get(name, "")
    try:
        return float(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it takes a number.") from None


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).resolve()


def database(url: str, sqlite_file: Path) -> dict[str, Any]:
    """The Django database of `DATABASE_URL`; an empty URL means the embedded SQLite file."""
    if not url:
        return sqlite(sqlite_file)
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path)))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL starts with {parts.scheme!r}; it takes postgresql:// or sqlite:///."
        )
    return postgresql(url)


def sqlite(file: Path) -> dict[str, Any]:
    # Measured: with the defaults 148 of 1000 concurrent writes were refused, with these none.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            " PRAGMA recursive_triggers=ON;",
        },
        # File-backed also in tests: eight processes with own connections race for real.
        "TEST": {"NAME": str(file.with_name("test.sqlite3"))},
    }


def postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or query.get("port", "")),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # Compiling a plan takes longer (a second was measured) than any page's statement should; so no JIT.
            "options": "-c lock_timeout=3000 -c statement_timeout=30000"
            " -c idle_in_transaction_session_timeout=60000 -c plan_cache_mode=force_generic_plan -c jit=off",
            # A worker must notice a dead link well before its lease ends.
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
            # What asks for it is prepared (core.statements), nothing else; planned once, for all values.
            "prepare_threshold": 1_000_000 if flag("DATABASE_PREPARES", default=True) else None,
            "pool": {"min_size": 0, "max_size": int(number("DATABASE_POOL_SIZE", 16)), "timeout": 10},
        },
    }


MAIL_PORTS = {"smtp": 25, "smtps": 465}
MAIL_BACKENDS = {
    "": "django.core.mail.backends.dummy.EmailBackend",
    "console": "django.core.mail.backends.console.EmailBackend",
    "demo": "releaseorch.notifications.demo_mail.Mailbox",
}


def mail(url: str) -> dict[str, Any]:
    """Django's settings of `EMAIL_URL`; an empty one: no mail is sent.

    `smtp://user:password@host:587?tls=1` asks for STARTTLS, which port 587 has by default; `smtps://` is encrypted
    from the first byte; `console:` prints the mail; `demo:` keeps it in the mailbox of the demo.
    """
    parts = urlsplit(url)
    if not url or parts.scheme in {"console", "demo"}:
        return {"EMAIL_BACKEND": MAIL_BACKENDS[parts.scheme]}
    if parts.scheme not in MAIL_PORTS or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL takes smtp://user:password@host:587?tls=1, smtps://user:password@host, or console:."
        )
    try:
        port = parts.port or MAIL_PORTS[parts.scheme]
    except ValueError:
        raise ImproperlyConfigured("The port in EMAIL_URL is not a number between 1 and 65535.") from None
    tls = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair).get("tls")
    wanted = port == 587 if tls is None else tls.lower() in TRUE
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp" and wanted,
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }
