"""One runner per question, behind `manage.py benchmark <name> --json`; each gives a ratio measured in one run."""
