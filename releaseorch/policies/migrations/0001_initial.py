import django.db.models.deletion
import releaseorch.core.text
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('catalog', '0001_initial'),
        ('environments', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApprovalPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True, validators=[releaseorch.core.text.plain_line])),
                ('subject', models.CharField(choices=[('request', 'requests'), ('run', 'runs')], max_length=10)),
                ('environment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='environments.environment')),
                ('application', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.application')),
            ],
            options={
                'verbose_name_plural': 'approval policies',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='ApprovalSlot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='slots', to='policies.approvalpolicy')),
                ('name', models.CharField(max_length=100, validators=[releaseorch.core.text.plain_line])),
                ('role', models.CharField(blank=True, choices=[('developer', 'Developer'), ('release_manager', 'Release manager'), ('operator', 'Operator'), ('qa_lead', 'QA lead'), ('business_owner', 'Business owner'), ('security', 'Security'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], default='', max_length=20)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
                ('quorum', models.PositiveIntegerField(default=1)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('policy', 'name'), name='policies_slot_once'), models.CheckConstraint(condition=models.Q(('quorum__gte', 1)), name='policies_quorum_positive'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('role', ''), _negated=True), ('team', None)), models.Q(('role', ''), ('team__isnull', False)), _connector='OR'), name='policies_slot_role_or_team')],
            },
        ),
    ]
