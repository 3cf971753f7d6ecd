"""What `manage.py doctor` looks at: the parts of the installation, and how it is seen from outside."""
