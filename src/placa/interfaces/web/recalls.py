"""The panel of images that come back from the archive (7.4), for every audience."""

from dataclasses import dataclass

from placa.domain.access.types import Study
from placa.domain.access.viewers import Viewer
from placa.domain.institution import selectors as institution
from placa.domain.recall import selectors
from placa.domain.recall.selectors import Standing
from placa.interfaces.web import studies
from placa.interfaces.web.studies import Doors


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel of one study shows, and where its buttons lead."""

    id: str
    state: str  # offer, preparing, ready, unavailable
    title: str
    percent: int
    folded: bool
    closable: bool
    shared: bool
    phone: str
    page_url: str
    viewer_url: str
    ask_url: str
    status_url: str
    panel_url: str

    @property
    def away(self) -> bool:
        """Whether the images are not here."""
        return self.state != "ready"


def panel(viewer: Viewer, study: Study, doors: Doors) -> Panel | None:
    """The panel on a study's page; None where the images are here and nothing is to be said."""
    standing = selectors.standing(viewer, study)
    return _panel(standing, doors) if standing else None


def panels(viewer: Viewer, doors: Doors) -> list[Panel]:
    """The panels above a list: what this viewer asked for and has not closed."""
    return [_panel(standing, doors) for standing in selectors.standings(viewer)]


def _panel(standing: Standing, doors: Doors) -> Panel:
    study = standing.study
    return Panel(
        id=f"recall-{study.public_id.hex}",
        state=standing.state,
        title=studies.title(study),
        percent=standing.percent,
        folded=standing.folded,
        closable=standing.asked,
        shared=bool(doors.token),
        phone=institution.current().phone,
        page_url=doors.page(study),
        viewer_url=doors.viewer(study),
        ask_url=doors.recall(study),
        status_url=doors.recall_status(study),
        panel_url=doors.recall_panel(study),
    )
