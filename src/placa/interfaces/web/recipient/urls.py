"""What a share opens, under `/s/`; the data doors are included beside these by `config.urls`."""

from django.urls import path

from placa.interfaces.web.recipient import views

app_name = "recipient"
urlpatterns = [
    path("<str:token>", views.open_share, name="open"),
    path("<str:token>/notice", views.notice, name="notice"),
    path("<str:token>/studies", views.studies_list, name="studies"),
    path("<str:token>/studies/<str:uid>", views.study, name="study"),
    path("<str:token>/leave", views.leave, name="leave"),
]
