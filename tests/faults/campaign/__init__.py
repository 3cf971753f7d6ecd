"""The fault campaign: real servers and processes are killed while people work; a checker then looks at what is true.

`python3 manage.py test --faults` runs it. README.md here says what it does and how to read its report.
"""
