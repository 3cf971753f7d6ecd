import django.db.models.deletion
import django_fsm
import releaseorch.core.clock
import releaseorch.core.fields
import releaseorch.core.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('features', '0001_initial'), ('features', '0002_versions_of_features'), ('features', '0003_name_keys'), ('features', '0004_unique_name_keys')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('catalog', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Feature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('key', models.CharField(max_length=60, unique=True, validators=[releaseorch.core.text.plain_line])),
                ('name_key', releaseorch.core.fields.NameKey(blank=True, editable=False, follows='key', max_length=200, unique=True)),
                ('title', models.CharField(max_length=300, validators=[releaseorch.core.text.plain_line])),
                ('url', models.CharField(blank=True, default='', max_length=1000, validators=[releaseorch.core.text.web_address])),
                ('source', models.CharField(blank=True, default='', max_length=40, validators=[releaseorch.core.text.plain_line])),
                ('created_at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tester', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=200, unique=True, validators=[releaseorch.core.text.plain_line])),
                ('name_key', releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200, unique=True)),
                ('state', django_fsm.FSMField(choices=[('planning', 'planning'), ('locked', 'locked'), ('in_progress', 'in progress'), ('completed', 'completed'), ('completed_with_exceptions', 'completed with exceptions'), ('abandoned', 'abandoned')], default='planning', max_length=30, protected=True)),
                ('target_date', models.DateTimeField(blank=True, null=True)),
                ('application', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.application')),
            ],
            options={
                'ordering': ['-target_date', 'name'],
            },
        ),
        migrations.CreateModel(
            name='ReleaseFeature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='features.feature')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='features.release')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('release', 'feature'), name='features_release_line_once')],
            },
        ),
        migrations.AddField(
            model_name='release',
            name='features',
            field=models.ManyToManyField(related_name='releases', through='features.ReleaseFeature', to='features.feature'),
        ),
        migrations.CreateModel(
            name='ReleaseMilestone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('filing', 'filing closes'), ('approval', 'approval closes'), ('plan', 'plan cut-off')], max_length=10)),
                ('at', models.DateTimeField()),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='milestones', to='features.release')),
            ],
            options={
                'ordering': ['at'],
                'constraints': [models.UniqueConstraint(fields=('release', 'kind'), name='features_milestone_once')],
            },
        ),
        migrations.CreateModel(
            name='FeatureInVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='held_by', to='features.feature')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.componentversion')),
            ],
            options={
                'verbose_name': 'feature in a version',
                'constraints': [models.UniqueConstraint(fields=('version', 'feature'), name='features_in_version_once')],
            },
        ),
        migrations.CreateModel(
            name='FeatureScope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('status', models.CharField(choices=[('open', 'open'), ('in_work', 'in work'), ('in_test', 'in test'), ('ready', 'ready'), ('refused', 'refused'), ('dropped', 'dropped')], default='open', max_length=10)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.application')),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scopes', to='features.feature')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('feature', 'application'), name='features_scope_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['planning', 'locked', 'in_progress', 'completed', 'completed_with_exceptions', 'abandoned'])), name='features_release_state'),
        ),
    ]
