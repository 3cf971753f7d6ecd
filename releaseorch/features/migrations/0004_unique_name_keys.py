import releaseorch.core.fields
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('features', '0003_name_keys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='feature',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, editable=False, follows='key', max_length=200, unique=True),
        ),
        migrations.AlterField(
            model_name='release',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200, unique=True),
        ),
    ]
