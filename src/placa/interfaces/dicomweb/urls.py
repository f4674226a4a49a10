"""Routes of DICOMweb: under /dicomweb/, and under /s/<token>/dicomweb/ for the holder of a share."""

from django.urls import path

from placa.interfaces.dicomweb import described, objects, qido, rendered, stow
from placa.interfaces.dicomweb.door import View, by_method

app_name = "dicomweb"
_STUDY = "studies/<str:study>"
_SERIES = _STUDY + "/series/<str:series>"
_INSTANCE = _SERIES + "/instances/<str:instance>"
_FRAMES = _INSTANCE + "/frames/<str:frames>"


def _read(view: View) -> View:
    return by_method(get=view)


urlpatterns = [
    path("studies", by_method(get=qido.studies, post=stow.store), name="studies"),
    path("series", _read(qido.series), name="all_series"),
    path("instances", _read(qido.instances), name="all_instances"),
    path(_STUDY, by_method(get=objects.study, post=stow.store), name="study"),
    path(_STUDY + "/metadata", _read(described.study), name="study_metadata"),
    path(_STUDY + "/rendered", _read(rendered.study), name="study_rendered"),
    path(_STUDY + "/thumbnail", _read(rendered.study_thumbnail), name="study_thumbnail"),
    path(_STUDY + "/series", _read(qido.series), name="study_series"),
    path(_STUDY + "/instances", _read(qido.instances), name="study_instances"),
    path(_SERIES, _read(objects.series), name="series"),
    path(_SERIES + "/metadata", _read(described.series), name="series_metadata"),
    path(_SERIES + "/rendered", _read(rendered.series), name="series_rendered"),
    path(_SERIES + "/thumbnail", _read(rendered.series_thumbnail), name="series_thumbnail"),
    path(_SERIES + "/instances", _read(qido.instances), name="series_instances"),
    path(_INSTANCE, _read(objects.instance), name="instance"),
    path(_INSTANCE + "/metadata", _read(described.instance), name="instance_metadata"),
    path(_INSTANCE + "/thumbnail", _read(rendered.instance_thumbnail), name="instance_thumbnail"),
    path(_INSTANCE + "/rendered", _read(rendered.instance), name="rendered"),
    path(_FRAMES, _read(objects.frames), name="frames"),
    path(_FRAMES + "/rendered", _read(rendered.frames), name="frame_rendered"),
    path(_FRAMES + "/thumbnail", _read(rendered.instance_thumbnail), name="frame_thumbnail"),
    path(_INSTANCE + "/bulkdata/<path:pointer>", _read(objects.bulk_data), name="bulk_data"),
]
