from django.db import migrations, models
from django.db.models import F, Q


def are_prepared(apps, schema_editor):
    """What is here already is drawn when it is asked for, as before: only what arrives from now on is prepared."""
    apps.get_model("archive", "Study").objects.update(prepared_version=F("metadata_version"))


class Migration(migrations.Migration):
    dependencies = [("archive", "0002_damage")]

    operations = [
        migrations.AddField(
            model_name="study", name="prepared_version", field=models.PositiveIntegerField(default=0)
        ),
        migrations.AddIndex(
            model_name="study",
            index=models.Index(
                fields=["last_received_at"],
                name="study_to_prepare",
                condition=Q(metadata_version__gt=F("prepared_version")),
            ),
        ),
        migrations.RunPython(are_prepared, migrations.RunPython.noop),
    ]
