import releaseorch.core.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_versions_retirement_and_name_keys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='application',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200, unique=True),
        ),
        migrations.AlterField(
            model_name='component',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200),
        ),
        migrations.AlterField(
            model_name='procedure',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(('retired_at', None), models.Q(('retired_reason', ''), _negated=True), _connector='OR'), name='catalog_application_retired_why'),
        ),
        migrations.AddConstraint(
            model_name='component',
            constraint=models.UniqueConstraint(fields=('application', 'name_key'), name='catalog_component_same_name'),
        ),
        migrations.AddConstraint(
            model_name='component',
            constraint=models.CheckConstraint(condition=models.Q(('retired_at', None), models.Q(('retired_reason', ''), _negated=True), _connector='OR'), name='catalog_component_retired_why'),
        ),
        migrations.AddConstraint(
            model_name='procedure',
            constraint=models.UniqueConstraint(fields=('name_key', 'version'), name='catalog_procedure_same_name'),
        ),
    ]
