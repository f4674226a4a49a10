"""Routes of sharing, part of the patient's portal (namespace `patient`)."""

from django.urls import path

from placa.interfaces.web.patient.share import views_list, views_share

urlpatterns = [
    path("share/", views_share.who, name="share_start"),
    path("share/who/", views_share.who, name="share_who"),
    path("share/how/", views_share.how, name="share_how"),
    path("share/pin/", views_share.pin, name="share_pin"),
    path("share/review/", views_share.review, name="share_review"),
    path("share/done/", views_share.done, name="share_done"),
    path("shares/", views_list.shares, name="shares"),
    path("shares/<uuid:share>/end/", views_list.end, name="share_end"),
    path("shares/<uuid:share>/prolong/", views_list.prolong, name="share_prolong"),
    path("shares/keys/<uuid:part>/resend/", views_list.resend, name="share_resend"),
    path("shares/keys/<uuid:part>/renew/", views_list.renew, name="share_renew"),
    path("shares/keys/<uuid:part>/sheet/", views_list.sheet, name="share_sheet"),
]
