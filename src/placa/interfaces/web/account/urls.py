"""Addresses of the door; included at the root."""

from django.urls import path

from placa.interfaces.web.account import recovery_views, views

app_name = "account"
urlpatterns = [
    path("", views.sign_in, name="sign_in"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("session-ended", views.expired, name="expired"),
    path("first-password", views.first_password, name="first_password"),
    path("notice", views.notice, name="notice"),
    path("recover", recovery_views.recover, name="recover"),
    path("recover-name", recovery_views.recover_name, name="recover_name"),
    path("new-password/<str:token>", recovery_views.new_password, name="new_password"),
    path("account/password", views.change_password, name="change_password"),
    path("account/roles", views.roles, name="roles"),
    path("account/language", views.language, name="language"),
    path("account/alive", views.alive, name="alive"),
    path("account/notices", views.notices, name="notices"),
]
