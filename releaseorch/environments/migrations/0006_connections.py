import django.db.models.deletion
import releaseorch.core.clock
import releaseorch.core.fields
import releaseorch.core.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('environments', '0005_words_on_features'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            },
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.UniqueConstraint(fields=('environment', 'name_key'), name='environments_connection_name'),
        ),
        migrations.AddIndex(
            model_name='connectionsecret',
            index=models.Index(fields=['key_id'], name='environments_secret_key'),
        ),
        migrations.AddConstraint(
            model_name='connectionsecret',
            constraint=models.UniqueConstraint(fields=('connection', 'name'), name='environments_secret_once'),
        ),
    ]
