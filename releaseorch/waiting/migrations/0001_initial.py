from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Interval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_kind', models.CharField(max_length=20)),
                ('subject_id', models.BigIntegerField()),
                ('team_id', models.BigIntegerField(null=True)),
                ('blocker_kind', models.CharField(choices=[('person', 'a person'), ('team', 'a team'), ('role', 'a role'), ('policy', 'a policy'), ('window', 'a window'), ('freeze', 'a freeze'), ('reservation', 'a reservation'), ('run', 'a run'), ('dependency', 'a dependency'), ('worker', 'a worker'), ('outside', 'an outside system')], max_length=20)),
                ('blocker_id', models.BigIntegerField(null=True)),
                ('blocker_name', models.CharField(max_length=200)),
                ('sentence', models.CharField(max_length=500)),
                ('is_primary', models.BooleanField(default=True)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['blocker_kind', 'blocker_id'], name='waiting_open_blocker'), models.Index(fields=['subject_kind', 'subject_id', 'started_at'], name='waiting_subject')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None), ('is_primary', True)), fields=('subject_kind', 'subject_id'), name='waiting_one_open_primary'), models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('started_at')), _connector='OR'), name='waiting_ends_after_start')],
            },
        ),
    ]
