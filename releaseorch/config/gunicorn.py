"""Gunicorn as this product wants it: `gunicorn -c releaseorch/config/gunicorn.py releaseorch.config.wsgi:application`.

What proxies forward is judged by `releaseorch.web.proxies` alone, so gunicorn believes nobody.
"""

import os
from typing import Any

bind = os.environ.get("RELEASEORCH_WEB_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("RELEASEORCH_WEB_WORKERS", str(os.cpu_count() or 1)))
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 20
max_requests = 10_000
max_requests_jitter = 1_000
umask = 0o007  # of its unix socket: for its group, which the proxy is in
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, Any] = {}
control_socket_disable = True  # nobody here speaks to it, and a backup would trip over it
