"""Routes of DICOMweb: under /dicomweb/, and under /s/<token>/dicomweb/ for the holder of a share."""

from django.urls import path

from placa.interfaces.dicomweb import qido, wado

app_name = "dicomweb"
_STUDY = "studies/<str:study>"
_SERIES = _STUDY + "/series/<str:series>"
_INSTANCE = _SERIES + "/instances/<str:instance>"
urlpatterns = [
    path("studies", qido.studies, name="studies"),
    path(_STUDY, wado.study_objects, name="study"),
    path(_STUDY + "/metadata", wado.study_metadata, name="study_metadata"),
    path(_STUDY + "/thumbnail", wado.study_thumbnail, name="study_thumbnail"),
    path(_STUDY + "/series", qido.series, name="study_series"),
    path(_STUDY + "/instances", qido.instances, name="study_instances"),
    path(_SERIES, wado.series_objects, name="series"),
    path(_SERIES + "/metadata", wado.series_metadata, name="series_metadata"),
    path(_SERIES + "/thumbnail", wado.series_thumbnail, name="series_thumbnail"),
    path(_SERIES + "/instances", qido.instances, name="series_instances"),
    path(_INSTANCE, wado.instance_object, name="instance"),
    path(_INSTANCE + "/metadata", wado.instance_metadata, name="instance_metadata"),
    path(_INSTANCE + "/thumbnail", wado.instance_thumbnail, name="instance_thumbnail"),
    path(_INSTANCE + "/rendered", wado.rendered, name="rendered"),
    path(_INSTANCE + "/frames/<str:frames>", wado.frames, name="frames"),
    path(_INSTANCE + "/frames/<int:frame>/rendered", wado.rendered, name="frame_rendered"),
    path(_INSTANCE + "/bulkdata/<path:pointer>", wado.bulk_data, name="bulk_data"),
]
