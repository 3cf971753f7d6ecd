"""Settings of the test suite: the product's own, with a throw-away secret, fast hashing and no real broker."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

os.environ["RELEASEORCH_SECRET_KEY"] = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF"
if "RELEASEORCH_STATE_DIR" not in os.environ:
    os.environ["RELEASEORCH_STATE_DIR"] = tempfile.mkdtemp(prefix="releaseorch-tests-")
    atexit.register(shutil.rmtree, os.environ["RELEASEORCH_STATE_DIR"], ignore_errors=True)
# Each worker of pytest-xdist has a database and attempts of its own, numbered from one: they need own folders.
OWN = Path(os.environ["RELEASEORCH_STATE_DIR"])
WORKER = os.environ.get("PYTEST_XDIST_WORKER", OWN.name)
if OWN.name != WORKER:  # a process that a worker starts is in its folder already
    OWN /= WORKER
    OWN.mkdir(parents=True, exist_ok=True)
    os.environ["RELEASEORCH_STATE_DIR"] = str(OWN)
os.environ.setdefault("CELERY_BROKER_URL", os.environ.get("RELEASEORCH_TEST_BROKER_URL", "memory://"))
if WORKER.startswith("gw") and os.environ["CELERY_BROKER_URL"].startswith(("redis:", "rediss:")):
    # A nudge names a step by its number: in a shared queue the other worker's database would be asked for it.
    own = urlsplit(os.environ["CELERY_BROKER_URL"])._replace(path=f"/{WORKER.removeprefix('gw')}")
    os.environ["CELERY_BROKER_URL"] = own.geturl()
os.environ.setdefault("RELEASEORCH_OUTBOUND_ALLOW", "127.0.0.1:*,localhost:*")

from releaseorch.config.settings import *  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False

# Looked for when they are asked for: each client of a test would read through all static files first.
WHITENOISE_AUTOREFRESH = True
# WhiteNoise warns about a folder that is absent; files come from the finders.
STATIC_ROOT = STATE_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
