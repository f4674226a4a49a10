from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('institution', '0003_external_archive'),
    ]

    operations = [
        migrations.AlterField(
            model_name='text',
            name='kind',
            field=models.CharField(choices=[('notice', 'Notice on the use of information'), ('notice_doctor', 'Notice for doctors'), ('notice_company', 'Notice for companies'), ('notice_staff', 'Notice for staff'), ('compliance', 'Compliance text of the share sheet'), ('disclaimer', 'Disclaimer shown when sharing')], max_length=20),
        ),
    ]
