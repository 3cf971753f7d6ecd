import django.db.models.deletion
import releaseorch.core.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('actor_kind', models.CharField(max_length=20)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('actor_name', models.CharField(max_length=200)),
                ('verb', models.CharField(max_length=60)),
                ('subject_kind', models.CharField(max_length=40)),
                ('subject_id', models.BigIntegerField()),
                ('subject_name', models.CharField(max_length=300)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('reason', models.TextField(default='')),
            ],
            options={
                'indexes': [models.Index(fields=['subject_kind', 'subject_id', '-id'], name='audit_event_subject'), models.Index(fields=['verb', '-id'], name='audit_event_verb'), models.Index(fields=['actor_id', '-id'], name='audit_event_actor')],
            },
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('seq', models.BigIntegerField(primary_key=True, serialize=False)),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='seal', to='audit.event')),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Outbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.event')),
                ('handler', models.CharField(max_length=60)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('not_before', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('last_error', models.TextField(default='')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('delivered_at', None)), fields=['not_before'], name='audit_outbox_open')],
                'constraints': [models.UniqueConstraint(fields=('event', 'handler'), name='audit_outbox_once')],
            },
        ),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('version', models.BigIntegerField(default=1)),
            ],
        ),
    ]
