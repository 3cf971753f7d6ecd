import releaseorch.core.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_names_that_look_the_same'),
    ]

    operations = [
        migrations.AddField(
            model_name='procedurestep',
            name='connection',
            field=models.CharField(blank=True, default='', max_length=100, validators=[releaseorch.core.text.plain_line]),
        ),
    ]
