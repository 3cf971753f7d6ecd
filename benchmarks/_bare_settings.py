"""The product's settings with one address more: the bare page that the others are compared with."""

from releaseorch.config.settings import *  # noqa: F403
from releaseorch.config.settings import BASE_DIR, LOGGING, TEMPLATES

ROOT_URLCONF = "benchmarks._bare"
TEMPLATES[0]["DIRS"].append(BASE_DIR / "benchmarks" / "templates")  # type: ignore[attr-defined]
LOGGING["root"]["level"] = "WARNING"  # type: ignore[index, call-overload]
