"""Routes of the doctor's portal, under /doctor/."""

from django.urls import path

from placa.interfaces.web.doctor import views

app_name = "doctor"
urlpatterns = [
    path("", views.home, name="home"),
    path("studies/<str:uid>/", views.study, name="study"),
    path("studies/<str:uid>/acknowledge", views.acknowledge, name="acknowledge"),
]
