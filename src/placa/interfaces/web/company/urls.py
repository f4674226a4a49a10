"""Routes of the company's portal, under /company/."""

from django.urls import path

from placa.interfaces.web.company import views

app_name = "company"
urlpatterns = [
    path("", views.home, name="home"),
    path("studies/<str:uid>/", views.study, name="study"),
    path("agreement/", views.agreement, name="agreement"),
]
