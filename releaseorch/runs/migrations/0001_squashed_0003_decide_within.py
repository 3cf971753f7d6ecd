import django.db.models.deletion
import django_fsm
import releaseorch.core.clock
import releaseorch.core.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('runs', '0001_initial'), ('runs', '0002_step_connection'), ('runs', '0003_decide_within')]

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
        ('catalog', '0001_initial'),
        ('environments', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('token', models.PositiveIntegerField()),
                ('state', django_fsm.FSMField(choices=[('running', 'running'), ('succeeded', 'succeeded'), ('failed', 'failed'), ('errored', 'could not be run'), ('unknown', 'outcome unknown'), ('cancelled', 'cancelled')], default='running', max_length=10, protected=True)),
                ('started_at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('effect_started_at', models.DateTimeField(blank=True, null=True)),
                ('host', models.CharField(blank=True, default='', max_length=200)),
                ('boot_id', models.CharField(blank=True, default='', max_length=64)),
                ('pid', models.PositiveIntegerField(blank=True, null=True)),
                ('external_id', models.CharField(blank=True, default='', max_length=300)),
                ('exit_code', models.IntegerField(blank=True, null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('outputs', models.JSONField(blank=True, default=dict)),
                ('cancel_asked_at', models.DateTimeField(blank=True, null=True)),
                ('late_report', models.JSONField(blank=True, null=True)),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['number'],
                'indexes': [models.Index(condition=models.Q(('state', 'running')), fields=['lease_until'], name='runs_attempt_lease')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['running', 'succeeded', 'failed', 'errored', 'unknown', 'cancelled'])), name='runs_attempt_state'), models.CheckConstraint(condition=models.Q(('state', 'running'), ('ended_at__isnull', False), _connector='OR'), name='runs_attempt_ended')],
            },
        ),
        migrations.CreateModel(
            name='DeploymentRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('state', django_fsm.FSMField(choices=[('draft', 'draft'), ('proposed', 'proposed'), ('approved', 'approved'), ('scheduled', 'scheduled'), ('running', 'running'), ('paused', 'paused'), ('cancelling', 'being cancelled'), ('succeeded', 'succeeded'), ('succeeded_with_exceptions', 'succeeded with exceptions'), ('stopped', 'stopped'), ('rejected', 'rejected'), ('cancelled', 'cancelled')], default='draft', max_length=30, protected=True)),
                ('plan_digest', models.CharField(blank=True, default='', max_length=64)),
                ('round', models.PositiveIntegerField(default=0)),
                ('guards', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('proposed_at', models.DateTimeField(blank=True, null=True)),
                ('window_from', models.DateTimeField(blank=True, null=True)),
                ('window_until', models.DateTimeField(blank=True, null=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('composed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='environments.environment')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['environment', '-id'], name='runs_run_environment'), models.Index(fields=['state', '-id'], name='runs_run_state_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'proposed', 'approved', 'scheduled', 'running', 'paused', 'cancelling', 'succeeded', 'succeeded_with_exceptions', 'stopped', 'rejected', 'cancelled'])), name='runs_run_state'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state__in', ['cancelled', 'rejected', 'stopped', 'succeeded', 'succeeded_with_exceptions'])), models.Q(('state__in', ['cancelled', 'rejected', 'stopped', 'succeeded', 'succeeded_with_exceptions']), _negated=True), _connector='OR'), name='runs_run_final_has_end'), models.CheckConstraint(condition=models.Q(('window_from', None), ('window_until', None), ('window_until__gt', models.F('window_from')), _connector='OR'), name='runs_run_window_lasts')],
            },
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='runs.deploymentrun')),
            ],
            options={
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='LogChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offset', models.PositiveBigIntegerField()),
                ('data', models.BinaryField()),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='runs.attempt')),
            ],
            options={
                'ordering': ['offset'],
                'constraints': [models.UniqueConstraint(fields=('attempt', 'offset'), name='runs_log_offset_once')],
            },
        ),
        migrations.CreateModel(
            name='RunTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_active', models.BooleanField(default=False)),
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.component')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='environments.environment')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='runs.deploymentrun')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'component'), name='runs_target_once'), models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('environment', 'component'), name='runs_one_active_run')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('number', models.PositiveIntegerField()),
                ('key', models.CharField(max_length=200)),
                ('title', models.CharField(max_length=300, validators=[releaseorch.core.text.plain_line])),
                ('kind', models.CharField(choices=[('automated', 'automated'), ('manual', 'manual')], max_length=10)),
                ('phase', models.CharField(choices=[('prepare', 'prepare'), ('stop', 'stop'), ('expand', 'expand'), ('deploy', 'deploy'), ('start', 'start'), ('verify', 'verify'), ('contract', 'contract')], max_length=10)),
                ('state', django_fsm.FSMField(choices=[('pending', 'not started'), ('ready', 'ready'), ('claimed', 'taken'), ('running', 'running'), ('needs_decision', 'needs a decision'), ('succeeded', 'succeeded'), ('skipped', 'skipped'), ('failed', 'failed'), ('cancelled', 'cancelled'), ('not_needed', 'not needed')], default='pending', max_length=20, protected=True)),
                ('executor', models.CharField(blank=True, default='', max_length=40)),
                ('connection', models.CharField(blank=True, default='', max_length=100)),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('inputs_digest', models.CharField(blank=True, default='', max_length=64)),
                ('instructions', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('effect_class', models.CharField(choices=[('A', 'desired state'), ('B', 'keyed'), ('C', 'guarded'), ('D', 'unsafe')], default='D', max_length=1)),
                ('reversible', models.CharField(choices=[('yes', 'reversible'), ('person', 'needs a person'), ('no', 'irreversible')], default='yes', max_length=10)),
                ('downtime', models.CharField(choices=[('none', 'no effect'), ('takes_down', 'takes the component down'), ('brings_back', 'brings the component back')], default='none', max_length=12)),
                ('from_version', models.CharField(blank=True, default='', max_length=150)),
                ('installs', models.BooleanField(default=False)),
                ('removes', models.BooleanField(default=False)),
                ('is_taken_over', models.BooleanField(default=False)),
                ('not_needed_because', models.CharField(blank=True, default='', max_length=300)),
                ('added_because', models.CharField(blank=True, default='', max_length=300)),
                ('open_predecessors', models.PositiveIntegerField(default=0)),
                ('token', models.PositiveIntegerField(default=0)),
                ('requeues', models.PositiveIntegerField(default=0)),
                ('not_before', models.DateTimeField(blank=True, null=True)),
                ('nudged_at', models.DateTimeField(blank=True, null=True)),
                ('nudges', models.PositiveIntegerField(default=0)),
                ('expected_s', models.PositiveIntegerField(default=60)),
                ('timeout_s', models.PositiveIntegerField(default=1800)),
                ('silence_s', models.PositiveIntegerField(blank=True, null=True)),
                ('decide_within_s', models.PositiveIntegerField(blank=True, null=True)),
                ('ready_at', models.DateTimeField(blank=True, null=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('component', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.component')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='runs.deploymentrun')),
                ('target', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='environments.target')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
                ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.componentversion')),
            ],
            options={
                'ordering': ['number'],
                'indexes': [models.Index(fields=['run', 'state'], name='runs_step_by_state'), models.Index(condition=models.Q(('state', 'ready')), fields=['nudged_at'], name='runs_step_to_nudge')],
                'constraints': [models.UniqueConstraint(fields=('run', 'key'), name='runs_step_key_once'), models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'ready', 'claimed', 'running', 'needs_decision', 'succeeded', 'skipped', 'failed', 'cancelled', 'not_needed'])), name='runs_step_state'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'claimed'), _negated=True), ('owner__isnull', False), _connector='OR'), name='runs_claimed_has_owner'), models.CheckConstraint(condition=models.Q(models.Q(('installs', True), _negated=True), ('component__isnull', False), _connector='OR'), name='runs_installs_a_component')],
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('note', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('url', models.CharField(blank=True, default='', max_length=1000, validators=[releaseorch.core.text.web_address])),
                ('file', models.FileField(blank=True, default='', upload_to='%Y/%m/')),
                ('file_name', models.CharField(blank=True, default='', max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('attempt', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='runs.attempt')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evidence', to='runs.step')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('retry', 'retry'), ('skip', 'skip'), ('take_over', 'take over by hand'), ('mark_done', 'done by hand'), ('mark_failed', 'failed for good')], max_length=20)),
                ('reason', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('attempt', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='runs.attempt')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='runs.step')),
            ],
            options={
                'ordering': ['-at', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='runs_decision_has_reason')],
            },
        ),
        migrations.AddField(
            model_name='attempt',
            name='step',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='runs.step'),
        ),
        migrations.CreateModel(
            name='StepLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(blank=True, default='', max_length=300)),
                ('after', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='predecessors', to='runs.step')),
                ('before', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='successors', to='runs.step')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='runs.deploymentrun')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('before', 'after'), name='runs_link_once'), models.CheckConstraint(condition=models.Q(('before', models.F('after')), _negated=True), name='runs_link_not_itself')],
            },
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(fields=('step', 'number'), name='runs_attempt_number'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('step',), name='runs_one_active_attempt'),
        ),
    ]
