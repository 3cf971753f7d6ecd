import django.core.validators
import django.db.models.deletion
import releaseorch.core.clock
import releaseorch.core.fields
import releaseorch.core.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('accounts', '0001_initial'), ('accounts', '0002_retired_teams_revoked_roles'), ('accounts', '0003_versions_of_people_and_teams'), ('accounts', '0004_name_keys'), ('accounts', '0005_unique_name_keys')]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('username', models.CharField(max_length=100, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9][a-z0-9._@-]*\\Z', 'A user name has small letters, digits and . _ @ - only.')])),
                ('name', models.CharField(max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('name_key', releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200)),
                ('email', models.EmailField(blank=True, default='', max_length=254)),
                ('contact', models.CharField(blank=True, default='', max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('kind', models.CharField(choices=[('human', 'person'), ('robot', 'robot')], default='human', max_length=10)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'verbose_name': 'person',
                'verbose_name_plural': 'people',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_version', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=200, unique=True, validators=[releaseorch.core.text.plain_line])),
                ('name_key', releaseorch.core.fields.NameKey(blank=True, editable=False, follows='name', max_length=200, unique=True)),
                ('slug', models.SlugField(max_length=100, unique=True)),
                ('contact', models.CharField(blank=True, default='', max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('on_call_note', models.TextField(blank=True, default='', max_length=10000, validators=[releaseorch.core.text.plain_text])),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='TeamMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='accounts.team')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('team', 'person'), name='accounts_member_once')],
            },
        ),
        migrations.AddField(
            model_name='person',
            name='teams',
            field=models.ManyToManyField(related_name='members', through='accounts.TeamMember', to='accounts.team'),
        ),
        migrations.CreateModel(
            name='Token',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, validators=[releaseorch.core.text.plain_line])),
                ('prefix', models.CharField(max_length=12)),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('scopes', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('expires_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='RoleGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('developer', 'Developer'), ('release_manager', 'Release manager'), ('operator', 'Operator'), ('qa_lead', 'QA lead'), ('business_owner', 'Business owner'), ('security', 'Security'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], max_length=20)),
                ('scope_kind', models.CharField(choices=[('everywhere', 'everywhere'), ('team', 'one team'), ('application', 'one application'), ('environment', 'one environment')], default='everywhere', max_length=20)),
                ('scope_id', models.BigIntegerField(blank=True, null=True)),
                ('scope_name', models.CharField(blank=True, default='', max_length=200)),
                ('valid_from', models.DateTimeField(default=releaseorch.core.clock.now)),
                ('valid_until', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='grants', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='accounts.team')),
            ],
            options={
                'ordering': ['role', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='accounts_grant_lasts'), models.CheckConstraint(condition=models.Q(models.Q(('person__isnull', False), ('team__isnull', True)), models.Q(('person__isnull', True), ('team__isnull', False)), _connector='OR'), name='accounts_grant_person_or_team'), models.CheckConstraint(condition=models.Q(models.Q(('scope_id__isnull', True), ('scope_kind', 'everywhere')), models.Q(models.Q(('scope_kind', 'everywhere'), _negated=True), ('scope_id__isnull', False)), _connector='OR'), name='accounts_grant_scope_complete')],
            },
        ),
    ]
