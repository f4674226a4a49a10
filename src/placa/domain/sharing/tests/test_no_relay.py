"""An account is no relay: the mails a day that shares send to addresses of one's choice are counted."""

import pytest

from placa.demo import cast
from placa.domain.access.viewers import viewer_for
from placa.domain.accounts import throttle
from placa.domain.accounts.models import User
from placa.domain.notifications.models import OutboxMessage
from placa.domain.sharing import services
from placa.domain.sharing.errors import InvalidShareError

pytestmark = pytest.mark.django_db


def test_beyond_a_days_fill_nothing_more_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    few = throttle.Policy("share-mails", free=2, first=900, longest=900, window=3600)
    monkeypatch.setattr(services, "SHARE_MAILS", few)
    ana = viewer_for(User.objects.get(username="ana"), "patient")
    carla = viewer_for(User.objects.get(username="carla"), "patient")
    sent = OutboxMessage.objects.filter(template="share_link")
    before = sent.count()

    def share(number: int) -> None:
        services.create_share(
            viewer=ana,
            study_uids=[cast.STUDIES["ana_ct"].uid],
            recipients=[f"dr{number}@example.org"],
            days=15,
        )

    share(1)
    share(2)
    with pytest.raises(InvalidShareError, match="recipients"):
        share(3)
    assert sent.count() == before + 2
    services.create_share(
        viewer=carla, study_uids=[cast.STUDIES["carla_cr"].uid], recipients=["dr@example.org"], days=15
    )
    assert sent.count() == before + 3
