"""The one settings module; every value that differs between installations comes from the environment.

docs/operations.md lists the variables.
"""

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from releaseorch.config import env

BASE_DIR = Path(__file__).resolve().parents[2]
STATE_DIR = env.folder("RELEASEORCH_STATE_DIR", BASE_DIR / ".releaseorch")
DATA_DIR = env.folder("RELEASEORCH_DATA_DIR", BASE_DIR.parent / "shared" / "data")
DEMO = env.flag("RELEASEORCH_DEMO")
DEBUG = env.flag("RELEASEORCH_DEBUG")

MIN_SECRET = 50
MIN_WEBHOOK_SECRET = 16


def _secret_key() -> str:
    key = env.text("RELEASEORCH_SECRET_KEY", "")
    if not key:
        file = STATE_DIR / "secret_key"
        key = file.read_text().strip() if file.is_file() else ""
    if len(key) < MIN_SECRET or len(set(key)) < 5:
        raise ImproperlyConfigured(
            f"RELEASEORCH_SECRET_KEY is missing or too short: it needs {MIN_SECRET} random characters. "
            'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    return key


SECRET_KEY = _secret_key()
# Keys that seal secrets in the database: `id:base64` with commas between, the current one first; else a file.
SEALING_KEYS = env.text("RELEASEORCH_SEALING_KEYS", "")

BASE_URL = env.text("RELEASEORCH_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ADDRESS = urlsplit(BASE_URL)
ALLOWED_HOSTS = env.words("RELEASEORCH_ALLOWED_HOSTS", f"127.0.0.1,localhost,[::1],{ADDRESS.hostname}")
CSRF_TRUSTED_ORIGINS = env.words("RELEASEORCH_TRUSTED_ORIGINS")
HTTPS = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "lucide",
    "csp",
    "axes",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "releaseorch.core",
    "releaseorch.accounts",
    "releaseorch.audit",
    "releaseorch.waiting",
    "releaseorch.catalog",
    "releaseorch.features",
    "releaseorch.environments",
    "releaseorch.policies",
    "releaseorch.runs",
    "releaseorch.delivery",
    "releaseorch.integrations",
    "releaseorch.notifications",
    "releaseorch.api",
    "releaseorch.web",
    "releaseorch.config",
]

MIDDLEWARE = [
    "releaseorch.web.proxies.NamedProxies",
    "releaseorch.web.observed.Observed",
    "releaseorch.web.below.BelowAPath",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "releaseorch.web.http.DomainErrors",
    "releaseorch.web.access.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "releaseorch.config.urls"
WSGI_APPLICATION = "releaseorch.config.wsgi.application"
ASGI_APPLICATION = "releaseorch.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "releaseorch.web.context.shell",
            ],
        },
    }
]

DATABASES = {"default": env.database(env.text("DATABASE_URL", ""), STATE_DIR / "db.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
]
# Logging in by an OpenID provider; no address, no such button. Who may, administrators decide: none is made by it.
OIDC_ISSUER = env.issuer("RELEASEORCH_OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("RELEASEORCH_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.text("RELEASEORCH_OIDC_CLIENT_SECRET", "")
OIDC_CLIENT_AUTH = env.one_of("RELEASEORCH_OIDC_CLIENT_AUTH", ("auto", "post", "basic"))
OIDC_NAME = env.text("RELEASEORCH_OIDC_NAME", "") or urlsplit(OIDC_ISSUER).hostname or ""
OIDC_EMAIL_IS_VERIFIED = env.flag("RELEASEORCH_OIDC_EMAIL_IS_VERIFIED")
PASSWORD_LOGIN = env.flag("RELEASEORCH_PASSWORD_LOGIN", default=True)
if OIDC_ISSUER and not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured(
        "RELEASEORCH_OIDC_ISSUER is set: set RELEASEORCH_OIDC_CLIENT_ID and RELEASEORCH_OIDC_CLIENT_SECRET too."
    )
if not (OIDC_ISSUER or PASSWORD_LOGIN):
    raise ImproperlyConfigured(
        "RELEASEORCH_PASSWORD_LOGIN is off and RELEASEORCH_OIDC_ISSUER is not set: nobody could log in."
    )
# django-allauth speaks the protocol only: its classes need its apps, which cost each process a third of a second,
# so they are there where they are used; its tables are used nowhere (people are linked by accounts.Identity).
OIDC_APPS = ["allauth.account", "allauth.socialaccount"]
OIDC_MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]
MIGRATION_MODULES = {"account": None, "socialaccount": None}
SOCIALACCOUNT_ADAPTER = "releaseorch.web.oidc.Asking"
if OIDC_ISSUER:
    INSTALLED_APPS += OIDC_APPS
    MIDDLEWARE += OIDC_MIDDLEWARE

LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"

# Five wrong passwords for one name from one address pause that pair for a minute; nobody else is locked out.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1 / 60
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "releaseorch.web.access.too_many_attempts"
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-releaseorch" if HTTPS else "releaseorch"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "releaseorch.web.http.csrf_failure"

SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Addresses and networks of proxies, or `unix`; what anybody else forwards is thrown away before it is read.
PROXIES = tuple(env.words("RELEASEORCH_PROXIES"))
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Who may read /metrics: nobody, unless one of these is set.
METRICS_TOKEN = env.text("RELEASEORCH_METRICS_TOKEN", "")
METRICS_FROM = tuple(env.words("RELEASEORCH_METRICS_FROM"))

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/api/docs",),  # the API page of the sidecar needs inline script
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    },
}

# One language for an installation: sentences are stored as they were said.
LANGUAGE_CODE = env.text("RELEASEORCH_LANGUAGE", "en")
LANGUAGES = [(LANGUAGE_CODE, LANGUAGE_CODE)]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("RELEASEORCH_TIME_ZONE", "UTC")

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.folder("RELEASEORCH_STATIC_ROOT", BASE_DIR / "staticfiles")
WHITENOISE_USE_FINDERS = not STATIC_ROOT.is_dir()
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = STATE_DIR / "evidence"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "releaseorch.api.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["releaseorch.api.auth.Scoped"],
    "DEFAULT_PARSER_CLASSES": ["releaseorch.api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "releaseorch.api.errors.problem",
    "DEFAULT_PAGINATION_CLASS": "releaseorch.api.paging.Keyset",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "STRICT_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Releaseorch API",
    "DESCRIPTION": "The same verbs and reads as the pages.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVERS": [{"url": ADDRESS.path}] if ADDRESS.path else [],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RequestState": "releaseorch.delivery.states.RequestState",
        "RunState": "releaseorch.runs.states.RunState",
        "StepState": "releaseorch.runs.states.StepState",
        "AttemptState": "releaseorch.runs.states.AttemptState",
        "ReleaseState": "releaseorch.features.states.ReleaseState",
        "ItemKind": "releaseorch.delivery.states.ItemKind",
        "StepKind": "releaseorch.catalog.states.StepKind",
        "DecisionKind": "releaseorch.runs.states.DecisionKind",
        "SignoffVerdict": "releaseorch.environments.states.SignoffVerdict",
        "ApprovalVerdict": "releaseorch.delivery.states.Verdict",
        "NewsKind": "releaseorch.notifications.kinds.Kind",
        "MilestoneKind": "releaseorch.features.states.MilestoneKind",
        "PersonKind": "releaseorch.accounts.models.PersonKind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "releaseorch.api.schema.add_problems",
    ],
}

# Leases in seconds, in database time; the demo and the fault tests run faster.
ENGINE = {
    "lease": env.number("RELEASEORCH_LEASE", 60),
    "heartbeat": env.number("RELEASEORCH_HEARTBEAT", 10),
    "self_fence": env.number("RELEASEORCH_SELF_FENCE", 45),
    "grace": env.number("RELEASEORCH_LEASE_GRACE", 15),
    "poll": env.number("RELEASEORCH_POLL", 0.2),
}

# The demo writes to nobody, whatever is set: its mail stays in the mailbox that it shows.
EMAIL_URL = "demo:" if DEMO else env.text("EMAIL_URL", "")
SENDS_MAIL = bool(EMAIL_URL)
globals().update(env.mail(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.text(
    "RELEASEORCH_MAIL_FROM", f"Releaseorch <releaseorch@{urlsplit(BASE_URL).hostname or 'localhost'}>"
)
MAIL_GIVE_UP_DAYS = env.number("RELEASEORCH_MAIL_GIVE_UP_DAYS", 3)
LOG_LIMIT = int(env.number("RELEASEORCH_LOG_LIMIT_MB", 50) * 1024 * 1024)
if LOG_LIMIT < 1024 * 1024:
    raise ImproperlyConfigured("RELEASEORCH_LOG_LIMIT_MB must be 1 or more.")
INBOX_KEEP_DAYS = env.number("RELEASEORCH_INBOX_KEEP_DAYS", 90)

# Where decisions that wait too long are told to another system (a pager), signed with the secret.
WEBHOOK_URL = env.text("RELEASEORCH_WEBHOOK_URL", "")
WEBHOOK_SECRET = env.text("RELEASEORCH_WEBHOOK_SECRET", "")
if WEBHOOK_URL and len(WEBHOOK_SECRET) < MIN_WEBHOOK_SECRET:
    raise ImproperlyConfigured(
        f"RELEASEORCH_WEBHOOK_SECRET needs {MIN_WEBHOOK_SECRET} characters: it proves to the receiver who calls."
    )

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "redis://127.0.0.1:6379/0")
BROKER_DIR = env.folder("RELEASEORCH_BROKER_DIR", STATE_DIR / "broker")

SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "releaseorch.core.logs.Text"},
        "json": {"()": "releaseorch.core.logs.Json"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.one_of("RELEASEORCH_LOG", ("text", "json")),
        }
    },
    "root": {"handlers": ["console"], "level": env.text("RELEASEORCH_LOG_LEVEL", "INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        # The servers bring handlers of their own; one format for all lines.
        "gunicorn.error": {"handlers": [], "propagate": True},
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {"handlers": [], "propagate": False},  # releaseorch.web.observed has a line each
    },
}
