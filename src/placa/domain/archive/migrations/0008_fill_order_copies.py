from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps: Any, schema_editor: Any) -> None:
    """A migration of its own: PostgreSQL changes no table whose rows were just changed."""
    orders = apps.get_model("orders", "ServiceRequest").objects.filter(pk=OuterRef("order_id"))
    linked = apps.get_model("archive", "Study").objects.filter(order__isnull=False)
    linked.update(
        requester_id=Subquery(orders.values("requester_id")),
        payer_id=Subquery(orders.values("payer_id")),
        ordered_modality=Subquery(orders.values("modality")),
    )


class Migration(migrations.Migration):
    dependencies = [("archive", "0007_order_copies")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
