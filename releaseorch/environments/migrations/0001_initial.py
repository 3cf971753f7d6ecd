import django.db.models.deletion
import releaseorch.core.clock
import releaseorch.core.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Environment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True, validators=[releaseorch.core.text.plain_line])),
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
            name='Target',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='environments.environment')),
                ('name', models.CharField(max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('kind', models.CharField(blank=True, default='', max_length=60, validators=[releaseorch.core.text.plain_line])),
                ('parameters', models.JSONField(blank=True, default=dict)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('environment', 'name'), name='environments_target_name')],
            },
        ),
        migrations.CreateModel(
            name='Placement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.component')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='environments.environment')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='environments.target')),
                ('order', models.PositiveIntegerField(default=0)),
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
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.component')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='installations', to='environments.environment')),
                ('target', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='environments.target')),
                ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.componentversion')),
                ('uncertain_with', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.componentversion')),
                ('since', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('source_kind', models.CharField(choices=[('run', 'a run'), ('import', 'an import'), ('hand', 'confirmed by hand')], max_length=20)),
                ('source_id', models.BigIntegerField(null=True)),
                ('source_name', models.CharField(blank=True, default='', max_length=200)),
            ],
            options={
                'indexes': [models.Index(fields=['environment', 'component', 'since'], name='environments_history'), models.Index(fields=['version', 'environment'], name='environments_where_version')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('target', None), ('until', None)), fields=('component', 'environment'), name='environments_one_open_whole'), models.UniqueConstraint(condition=models.Q(('target__isnull', False), ('until', None)), fields=('component', 'environment', 'target'), name='environments_one_open_target'), models.CheckConstraint(condition=models.Q(('version__isnull', False), ('uncertain_with__isnull', False), _connector='OR'), name='environments_installed_what'), models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='environments_until_after_since')],
            },
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reservations', to='environments.environment')),
                ('application', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.application')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reason', models.CharField(max_length=300, validators=[releaseorch.core.text.plain_line])),
                ('starts_at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('expires_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['expires_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('starts_at'))), name='environments_reservation_lasts')],
            },
        ),
    ]
