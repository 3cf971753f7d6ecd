"""The tools that carry out automated steps: a contract, a registry and one folder per kind; no Django, no Celery."""
