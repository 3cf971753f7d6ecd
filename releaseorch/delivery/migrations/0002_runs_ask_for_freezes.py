from django.db import migrations

BEFORE_START = ["draft", "proposed", "approved", "scheduled"]


def ask_for_freezes(apps, schema_editor):
    """A run keeps the names of the guards it needs; one composed before there were freezes must heed them too."""
    runs = apps.get_model("runs", "DeploymentRun")
    for run in runs.objects.filter(state__in=BEFORE_START).exclude(guards=[]).iterator():
        if "freezes" not in run.guards:
            runs.objects.filter(pk=run.pk).update(guards=[*run.guards, "freezes"])


class Migration(migrations.Migration):

    dependencies = [
        ("delivery", "0001_initial"),
        ("environments", "0002_reservations_and_freezes"),
    ]

    operations = [
        migrations.RunPython(ask_for_freezes, migrations.RunPython.noop),
    ]
