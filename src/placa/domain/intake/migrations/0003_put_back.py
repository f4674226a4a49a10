from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0002_scrub'),
    ]

    operations = [
        migrations.AlterField(
            model_name='inboxitem',
            name='kind',
            field=models.CharField(choices=[('unknown_patient', 'Unknown patient'), ('no_patient_id', 'No patient ID'), ('demographics', 'Name, birth date or sex differ'), ('two_candidates', 'Two candidates'), ('other_content', 'Same object, other content'), ('other_patient', 'Same study, other patient'), ('unreadable', 'Object that cannot be read'), ('damaged', 'Damaged file'), ('put_back', 'Put back by staff')], max_length=16),
        ),
    ]
