import django.db.models.deletion
import releaseorch.core.clock
import releaseorch.core.fields
import releaseorch.core.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('environments', '0001_initial'), ('environments', '0002_reservations_and_freezes'), ('environments', '0003_name_keys'), ('environments', '0004_names_only_once'), ('environments', '0005_words_on_features'), ('environments', '0006_connections')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('catalog', '0001_initial'),
        ('features', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Environment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=200, unique=True, validators=[releaseorch.core.text.plain_line])),
                ('name_key', releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200, unique=True)),
                ('slug', models.SlugField(max_length=100, unique=True)),
                ('rank', models.PositiveIntegerField(default=0)),
                ('is_protected', models.BooleanField(default=False)),
                ('parameters', models.JSONField(blank=True, default=dict)),
            ],
            options={
                'ordering': ['rank', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=100, validators=[releaseorch.core.text.plain_line])),
                ('name_key', releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200)),
                ('kind', models.CharField(max_length=40)),
                ('config', models.JSONField(blank=True, default=dict)),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='connections', to='environments.environment')),
            ],
            options={
                'ordering': ['environment__rank', 'environment__name', 'name'],
                'constraints': [models.UniqueConstraint(fields=('environment', 'name_key'), name='environments_connection_name')],
            },
        ),
        migrations.CreateModel(
            name='FeatureSignoff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('accepted', 'good'), ('refused', 'not good')], max_length=10)),
                ('reason', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('versions', models.JSONField(default=dict)),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='environments.environment')),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='features.feature')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['feature', 'environment', '-id'], name='environments_signoff_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('verdict', 'refused'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='environments_refused_why')],
            },
        ),
        migrations.CreateModel(
            name='Freeze',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('reason', models.CharField(max_length=300, validators=[releaseorch.core.text.plain_line])),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('application', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.application')),
                ('environment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='freezes', to='environments.environment')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['starts_at', 'id'],
                'indexes': [models.Index(condition=models.Q(('lifted_at', None)), fields=['ends_at'], name='environments_freeze_end')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='environments_freeze_lasts')],
            },
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('reason', models.CharField(max_length=300, validators=[releaseorch.core.text.plain_line])),
                ('starts_at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('expires_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(blank=True, null=True)),
                ('application', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.application')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reservations', to='environments.environment')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['expires_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('starts_at'))), name='environments_reservation_lasts')],
            },
        ),
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('name_key', releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200)),
                ('kind', models.CharField(blank=True, default='', max_length=60, validators=[releaseorch.core.text.plain_line])),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('retired_reason', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='environments.environment')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('environment', 'name_key'), name='environments_target_in_use_name'), models.CheckConstraint(condition=models.Q(('retired_at', None), models.Q(('retired_reason', ''), _negated=True), _connector='OR'), name='environments_target_retired_why')],
            },
        ),
        migrations.CreateModel(
            name='Placement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('order', models.PositiveIntegerField(default=0)),
                ('group', models.CharField(blank=True, default='', max_length=60, validators=[releaseorch.core.text.plain_line])),
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.component')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='environments.environment')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='environments.target')),
            ],
            options={
                'ordering': ['order', 'target__name'],
                'constraints': [models.UniqueConstraint(fields=('component', 'target'), name='environments_placement_once')],
            },
        ),
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('source_kind', models.CharField(choices=[('run', 'a run'), ('import', 'an import'), ('hand', 'confirmed by hand')], max_length=20)),
                ('source_id', models.BigIntegerField(null=True)),
                ('source_name', models.CharField(blank=True, default='', max_length=200)),
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.component')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='installations', to='environments.environment')),
                ('uncertain_with', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.componentversion')),
                ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.componentversion')),
                ('target', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='environments.target')),
            ],
            options={
                'indexes': [models.Index(fields=['environment', 'component', 'since'], name='environments_history'), models.Index(fields=['version', 'environment'], name='environments_where_version')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('target', None), ('until', None)), fields=('component', 'environment'), name='environments_one_open_whole'), models.UniqueConstraint(condition=models.Q(('target__isnull', False), ('until', None)), fields=('component', 'environment', 'target'), name='environments_one_open_target'), models.CheckConstraint(condition=models.Q(('version__isnull', False), ('uncertain_with__isnull', False), _connector='OR'), name='environments_installed_what'), models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='environments_until_after_since')],
            },
        ),
        migrations.CreateModel(
            name='ConnectionSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('key_id', models.CharField(max_length=40)),
                ('sealed', models.BinaryField()),
                ('set_at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='environments.connection')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
                'indexes': [models.Index(fields=['key_id'], name='environments_secret_key')],
                'constraints': [models.UniqueConstraint(fields=('connection', 'name'), name='environments_secret_once')],
            },
        ),
    ]
