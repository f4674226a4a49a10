"""Routes of the patient's portal, under /patient/."""

from django.urls import path

from placa.interfaces.web.patient import views
from placa.interfaces.web.patient.share.urls_share import urlpatterns as share_urls

app_name = "patient"
urlpatterns = [
    path("", views.home, name="home"),
    path("studies/<str:uid>/", views.study, name="study"),
    path("data/", views.profile, name="profile"),
    path("accesses/", views.accesses, name="accesses"),
    *share_urls,
]
