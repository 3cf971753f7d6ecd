import releaseorch.core.fields
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_name_keys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='person',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200),
        ),
        migrations.AlterField(
            model_name='team',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200, unique=True),
        ),
    ]
