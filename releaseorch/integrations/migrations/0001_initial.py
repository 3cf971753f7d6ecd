import releaseorch.core.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='SourceRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=40)),
                ('kind', models.CharField(max_length=40)),
                ('key', models.CharField(max_length=300)),
                ('payload', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('object_kind', models.CharField(blank=True, default='', max_length=40)),
                ('object_id', models.BigIntegerField(blank=True, null=True)),
                ('imported_at', models.DateTimeField(default=releaseorch.core.clock.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'kind', 'key'), name='integrations_record_once')],
            },
        ),
    ]
