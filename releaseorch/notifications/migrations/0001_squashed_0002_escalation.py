import django.db.models.deletion
import releaseorch.core.clock
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('notifications', '0001_initial'), ('notifications', '0002_escalation')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('runs', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField()),
                ('level', models.CharField(choices=[('taker', 'who had the step'), ('team', 'the team'), ('on_call', 'on call'), ('release_manager', 'release managers')], max_length=20)),
                ('told', models.CharField(max_length=300)),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='runs.step')),
            ],
            options={
                'ordering': ['at', 'id'],
                'constraints': [models.UniqueConstraint(fields=('step', 'since', 'level'), name='notifications_called_once'), models.CheckConstraint(condition=models.Q(('level__in', ['taker', 'team', 'on_call', 'release_manager'])), name='notifications_call_level')],
            },
        ),
        migrations.CreateModel(
            name='InboxEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('approval_wanted', 'Approval wanted'), ('sent_back', 'Came back'), ('approved', 'Approved'), ('approval_lost', 'Approval lost'), ('step_yours', 'A step is yours'), ('step_failed', 'A step failed'), ('run_soon', 'Starts in an hour'), ('run_started', 'Run started'), ('decision', 'Needs a decision'), ('escalated', 'Nobody has decided'), ('run_ended', 'Run ended'), ('feature_try', 'Can be tried'), ('feature_live', 'Is live'), ('mail_lost', 'Mail not sent')], max_length=20)),
                ('once', models.CharField(max_length=120)),
                ('subject_kind', models.CharField(max_length=20)),
                ('subject_id', models.BigIntegerField()),
                ('bundle', models.CharField(max_length=40)),
                ('sentence', models.CharField(max_length=600)),
                ('why', models.CharField(max_length=200)),
                ('link', models.CharField(max_length=200)),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('in_inbox', models.BooleanField(default=True)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('mail', models.CharField(choices=[('none', 'not to be sent'), ('waiting', 'waits to be sent'), ('sent', 'sent'), ('given_up', 'could not be sent')], default='none', max_length=10)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('next_try', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('mailed_at', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.CharField(blank=True, default='', max_length=500)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('in_inbox', True)), fields=['person', '-id'], name='notifications_inbox'), models.Index(condition=models.Q(('in_inbox', True), ('read_at', None)), fields=['person'], name='notifications_unread'), models.Index(fields=['once'], name='notifications_once'), models.Index(condition=models.Q(('mail', 'waiting')), fields=['next_try'], name='notifications_to_mail'), models.Index(fields=['person', 'bundle', 'mailed_at'], name='notifications_bundle')],
                'constraints': [models.UniqueConstraint(fields=('person', 'kind', 'once'), name='notifications_told_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['approval_wanted', 'sent_back', 'approved', 'approval_lost', 'step_yours', 'step_failed', 'run_soon', 'run_started', 'decision', 'escalated', 'run_ended', 'feature_try', 'feature_live', 'mail_lost'])), name='notifications_entry_kind'), models.CheckConstraint(condition=models.Q(('mail__in', ['none', 'waiting', 'sent', 'given_up'])), name='notifications_entry_mail'), models.CheckConstraint(condition=models.Q(models.Q(('mail', 'sent'), _negated=True), ('mailed_at__isnull', False), _connector='OR'), name='notifications_sent_has_time')],
            },
        ),
        migrations.CreateModel(
            name='SwitchedOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('approval_wanted', 'Approval wanted'), ('sent_back', 'Came back'), ('approved', 'Approved'), ('approval_lost', 'Approval lost'), ('step_yours', 'A step is yours'), ('step_failed', 'A step failed'), ('run_soon', 'Starts in an hour'), ('run_started', 'Run started'), ('decision', 'Needs a decision'), ('escalated', 'Nobody has decided'), ('run_ended', 'Run ended'), ('feature_try', 'Can be tried'), ('feature_live', 'Is live'), ('mail_lost', 'Mail not sent')], max_length=20)),
                ('channel', models.CharField(choices=[('inbox', 'In the inbox'), ('mail', 'By mail')], max_length=10)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'kind', 'channel'), name='notifications_switch_once')],
            },
        ),
        migrations.CreateModel(
            name='WebhookCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('body', models.TextField()),
                ('sending', models.CharField(choices=[('none', 'not to be sent'), ('waiting', 'waits to be sent'), ('sent', 'sent'), ('given_up', 'could not be sent')], default='waiting', max_length=10)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('next_try', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('last_error', models.CharField(blank=True, default='', max_length=500)),
                ('escalation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='call', to='notifications.escalation')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('sending', 'waiting')), fields=['next_try'], name='notifications_to_call')],
                'constraints': [models.CheckConstraint(condition=models.Q(('sending__in', ['none', 'waiting', 'sent', 'given_up'])), name='notifications_hook_state')],
            },
        ),
    ]
