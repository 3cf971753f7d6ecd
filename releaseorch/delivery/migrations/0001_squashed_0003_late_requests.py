import django.db.models.deletion
import django_fsm
import releaseorch.core.clock
import releaseorch.core.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('delivery', '0001_initial'), ('delivery', '0002_runs_ask_for_freezes'), ('delivery', '0003_late_requests')]

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
        ('catalog', '0001_initial'),
        ('environments', '0001_initial'),
        ('features', '0001_initial'),
        ('runs', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DeploymentRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(blank=True, default='', max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('note', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('filed_with', models.CharField(blank=True, default='', max_length=36)),
                ('state', django_fsm.FSMField(choices=[('draft', 'draft'), ('submitted', 'submitted'), ('sent_back', 'sent back'), ('approved', 'approved'), ('planned', 'planned'), ('deploying', 'being deployed'), ('deployed', 'deployed'), ('deployed_with_exceptions', 'deployed with exceptions'), ('failed', 'failed'), ('rejected', 'rejected'), ('withdrawn', 'withdrawn'), ('expired', 'expired'), ('superseded', 'superseded')], default='draft', max_length=30, protected=True)),
                ('revision', models.PositiveIntegerField(default=0)),
                ('content_digest', models.CharField(blank=True, default='', max_length=64)),
                ('wish_from', models.DateTimeField(blank=True, null=True)),
                ('wish_until', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('late_since', models.DateTimeField(blank=True, null=True)),
                ('last_reason', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.application')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='environments.environment')),
                ('filed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('late_consent_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('release', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='features.release')),
                ('requester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='runs.deploymentrun')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['environment', 'state', '-id'], name='delivery_request_board'), models.Index(fields=['release', 'application'], name='delivery_request_release'), models.Index(fields=['requester', '-id'], name='delivery_request_mine'), models.Index(fields=['application', '-id'], name='delivery_request_app'), models.Index(fields=['state', '-id'], name='delivery_request_state_new')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'sent_back', 'approved', 'planned', 'deploying', 'deployed', 'deployed_with_exceptions', 'failed', 'rejected', 'withdrawn', 'expired', 'superseded'])), name='delivery_request_state'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['planned', 'deploying']), _negated=True), ('run__isnull', False), _connector='OR'), name='delivery_planned_has_run'), models.CheckConstraint(condition=models.Q(('wish_from', None), ('wish_until', None), ('wish_until__gt', models.F('wish_from')), _connector='OR'), name='delivery_wish_lasts'), models.CheckConstraint(condition=models.Q(('late_consent_by', None), ('late_since__isnull', False), _connector='OR'), name='delivery_consent_to_late')],
            },
        ),
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('slot', models.CharField(max_length=100, validators=[releaseorch.core.text.plain_line])),
                ('verdict', models.CharField(choices=[('approved', 'approved'), ('sent_back', 'sent back'), ('rejected', 'rejected')], max_length=10)),
                ('comment', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('approver', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='runs.deploymentrun')),
                ('request', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='approvals', to='delivery.deploymentrequest')),
            ],
            options={
                'ordering': ['at', 'id'],
                'indexes': [models.Index(fields=['run', 'round'], name='delivery_approval_run')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('request__isnull', False), ('run', None)), models.Q(('request', None), ('run__isnull', False)), _connector='OR'), name='delivery_approval_of_one'), models.UniqueConstraint(condition=models.Q(('request__isnull', False), ('verdict', 'approved')), fields=('request', 'digest', 'round', 'approver'), name='delivery_one_approval_request'), models.UniqueConstraint(condition=models.Q(('run__isnull', False), ('verdict', 'approved')), fields=('run', 'round', 'approver'), name='delivery_one_approval_run')],
            },
        ),
        migrations.CreateModel(
            name='PlanEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('add_step', 'step added'), ('remove_step', 'step removed'), ('move_step', 'step moved'), ('add_link', 'link added'), ('remove_link', 'link removed'), ('edit_step', 'step edited')], max_length=12)),
                ('payload', models.JSONField(default=dict)),
                ('summary', models.CharField(max_length=500)),
                ('reason', models.TextField(default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('dropped_because', models.CharField(blank=True, default='', max_length=500)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='runs.deploymentrun')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='delivery_edit_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='RequestComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='delivery.deploymentrequest')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='RequestFeature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='features.feature')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='features', to='delivery.deploymentrequest')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('request', 'feature'), name='delivery_feature_once')],
            },
        ),
        migrations.CreateModel(
            name='RequestItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('deploy', 'deploy'), ('redeploy', 'deploy again'), ('remove', 'remove'), ('manual', 'manual step')], max_length=10)),
                ('title', models.CharField(blank=True, default='', max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('instructions', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('placement', models.CharField(blank=True, choices=[('before', 'before'), ('after', 'after'), ('with', 'along with')], default='after', max_length=10)),
                ('expected_s', models.PositiveIntegerField(default=600)),
                ('anchor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='delivery.requestitem')),
                ('component', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.component')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='delivery.deploymentrequest')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
                ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.componentversion')),
            ],
            options={
                'ordering': ['position', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('component__isnull', False)), fields=('request', 'component'), name='delivery_component_once'), models.CheckConstraint(condition=models.Q(models.Q(('component__isnull', False), ('kind__in', ['deploy', 'redeploy']), ('version__isnull', False)), models.Q(('component__isnull', False), ('kind', 'remove'), ('version', None)), models.Q(('component', None), ('kind', 'manual'), ('version', None), models.Q(('title', ''), _negated=True)), _connector='OR'), name='delivery_item_complete')],
            },
        ),
        migrations.CreateModel(
            name='StepOrigin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=300)),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='delivery.requestitem')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='delivery.deploymentrequest')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='runs.step')),
            ],
            options={
                'indexes': [models.Index(fields=['request', 'step'], name='delivery_origin_request')],
                'constraints': [models.UniqueConstraint(fields=('step', 'request', 'item'), name='delivery_origin_once')],
            },
        ),
    ]
