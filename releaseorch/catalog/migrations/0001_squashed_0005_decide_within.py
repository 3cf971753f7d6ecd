import django.db.models.deletion
import releaseorch.core.clock
import releaseorch.core.fields
import releaseorch.core.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('catalog', '0001_initial'), ('catalog', '0002_versions_retirement_and_name_keys'), ('catalog', '0003_names_that_look_the_same'), ('catalog', '0004_procedure_step_connection'), ('catalog', '0005_decide_within')]

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Application',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('retired_reason', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('name', models.CharField(max_length=200, unique=True, validators=[releaseorch.core.text.plain_line])),
                ('name_key', releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200, unique=True)),
                ('slug', models.SlugField(max_length=100, unique=True)),
                ('contact', models.CharField(blank=True, default='', max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('on_call_note', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('criticality', models.CharField(blank=True, default='', max_length=40, validators=[releaseorch.core.text.plain_line])),
                ('runbook_url', models.CharField(blank=True, default='', max_length=1000, validators=[releaseorch.core.text.web_address])),
                ('is_restricted', models.BooleanField(default=False)),
                ('level', models.CharField(choices=[('train', 'rides the train'), ('alone_when_whole', 'may go alone when whole'), ('decides_alone', 'decides alone')], default='train', max_length=20)),
                ('tags', models.JSONField(blank=True, default=list)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('retired_at', None), models.Q(('retired_reason', ''), _negated=True), _connector='OR'), name='catalog_application_retired_why')],
            },
        ),
        migrations.CreateModel(
            name='Component',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('retired_reason', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('name', models.CharField(max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('name_key', releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200)),
                ('kind', models.CharField(blank=True, default='', max_length=60, validators=[releaseorch.core.text.plain_line])),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='components', to='catalog.application')),
            ],
            options={
                'ordering': ['application__name', 'name'],
                'constraints': [models.UniqueConstraint(fields=('application', 'name'), name='catalog_component_name'), models.UniqueConstraint(fields=('application', 'name_key'), name='catalog_component_same_name'), models.CheckConstraint(condition=models.Q(('retired_at', None), models.Q(('retired_reason', ''), _negated=True), _connector='OR'), name='catalog_component_retired_why')],
            },
        ),
        migrations.CreateModel(
            name='ComponentDependency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('deploy-before', 'must be deployed before'), ('runtime', 'is called at run time')], default='runtime', max_length=20)),
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dependencies', to='catalog.component')),
                ('needs', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dependents', to='catalog.component')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('component', 'needs'), name='catalog_dependency_once'), models.CheckConstraint(condition=models.Q(('component', models.F('needs')), _negated=True), name='catalog_dependency_not_itself')],
            },
        ),
        migrations.CreateModel(
            name='ComponentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=150, validators=[releaseorch.core.text.plain_line])),
                ('artifact_uri', models.CharField(blank=True, default='', max_length=1000, validators=[releaseorch.core.text.plain_line])),
                ('digest', models.CharField(blank=True, default='', max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('commit', models.CharField(blank=True, default='', max_length=64, validators=[releaseorch.core.text.plain_line])),
                ('build_url', models.CharField(blank=True, default='', max_length=1000, validators=[releaseorch.core.text.web_address])),
                ('built_at', models.DateTimeField(blank=True, null=True)),
                ('registered_at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('blocked_reason', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('blocked_at', models.DateTimeField(blank=True, null=True)),
                ('blocked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='catalog.component')),
            ],
            options={
                'verbose_name': 'version',
                'ordering': ['component_id', '-registered_at', '-id'],
                'indexes': [models.Index(fields=['component', '-registered_at'], name='catalog_version_newest')],
                'constraints': [models.UniqueConstraint(fields=('component', 'text'), name='catalog_version_once'), models.CheckConstraint(condition=models.Q(('blocked_at', None), models.Q(('blocked_reason', ''), _negated=True), _connector='OR'), name='catalog_block_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='Procedure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('name_key', releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=releaseorch.core.clock.now)),
            ],
            options={
                'ordering': ['name', '-version'],
                'constraints': [models.UniqueConstraint(fields=('name', 'version'), name='catalog_procedure_version'), models.UniqueConstraint(fields=('name_key', 'version'), name='catalog_procedure_same_name')],
            },
        ),
        migrations.AddField(
            model_name='component',
            name='procedure',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='components', to='catalog.procedure'),
        ),
        migrations.CreateModel(
            name='ProcedureStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('key', models.SlugField(max_length=60)),
                ('title', models.CharField(max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('phase', models.CharField(choices=[('prepare', 'prepare'), ('stop', 'stop'), ('expand', 'expand'), ('deploy', 'deploy'), ('start', 'start'), ('verify', 'verify'), ('contract', 'contract')], max_length=10)),
                ('kind', models.CharField(choices=[('automated', 'automated'), ('manual', 'manual')], max_length=10)),
                ('executor', models.CharField(blank=True, default='', max_length=40)),
                ('connection', models.CharField(blank=True, default='', max_length=100, validators=[releaseorch.core.text.plain_line])),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('instructions', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('after', models.JSONField(blank=True, default=list)),
                ('per_target', models.BooleanField(default=False)),
                ('installs', models.BooleanField(default=False)),
                ('effect_class', models.CharField(choices=[('A', 'desired state'), ('B', 'keyed'), ('C', 'guarded'), ('D', 'unsafe')], default='D', max_length=1)),
                ('reversible', models.CharField(choices=[('yes', 'reversible'), ('person', 'needs a person'), ('no', 'irreversible')], default='yes', max_length=10)),
                ('downtime', models.CharField(choices=[('none', 'no effect'), ('takes_down', 'takes the component down'), ('brings_back', 'brings the component back')], default='none', max_length=12)),
                ('timeout_s', models.PositiveIntegerField(default=1800)),
                ('silence_s', models.PositiveIntegerField(blank=True, null=True)),
                ('decide_within_s', models.PositiveIntegerField(blank=True, null=True)),
                ('expected_s', models.PositiveIntegerField(default=60)),
                ('procedure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='catalog.procedure')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ['position', 'id'],
                'constraints': [models.UniqueConstraint(fields=('procedure', 'key'), name='catalog_step_key_once'), models.CheckConstraint(condition=models.Q(('kind', 'manual'), models.Q(('executor', ''), _negated=True), _connector='OR'), name='catalog_step_has_executor')],
            },
        ),
    ]
