"""Routes of the patient's portal, under /patient/."""

from django.urls import path

from placa.interfaces.web.patient import views

app_name = "patient"
urlpatterns = [
    path("", views.home, name="home"),
    path("studies/<str:uid>/", views.study, name="study"),
    path("data/", views.profile, name="profile"),
    path("accesses/", views.accesses, name="accesses"),
]
