"""The composition root: settings, URLs, the WSGI, ASGI and Celery applications."""
