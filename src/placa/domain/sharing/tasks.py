"""Jobs of shares."""

from django.db.models import Q

from placa.common import clock
from placa.domain.access.models import SharePart
from placa.domain.jobs.registry import job


@job("sharing.wipe", every_minutes=60)
def wipe() -> None:
    """Erase the sheets' sealed PINs of shares that have ended: nobody prints those again."""
    ended = Q(grant__expires_at__lte=clock.now()) | Q(grant__revoked_at__isnull=False)
    SharePart.objects.filter(ended).exclude(pin_sealed="").update(pin_sealed="")
