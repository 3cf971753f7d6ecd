import releaseorch.core.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('environments', '0003_name_keys'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='target',
            name='environments_target_in_use_name',
        ),
        migrations.AlterField(
            model_name='environment',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200, unique=True),
        ),
        migrations.AlterField(
            model_name='target',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('environment', 'name_key'), name='environments_target_in_use_name'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.CheckConstraint(condition=models.Q(('retired_at', None), models.Q(('retired_reason', ''), _negated=True), _connector='OR'), name='environments_target_retired_why'),
        ),
    ]
