from typing import Any

from django.db import migrations


def fill(apps: Any, schema_editor: Any) -> None:
    """A migration of its own, as for the other copies (0008); few orders are urgent."""
    apps.get_model("archive", "Study").objects.filter(order__urgent=True).update(ordered_urgent=True)


class Migration(migrations.Migration):
    dependencies = [("archive", "0009_ways_of_lists")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
