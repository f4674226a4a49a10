"""Routes of the staff portal, under /staff/. A name ending in a verb is a POST."""

from django.urls import path

from placa.interfaces.web.staff import (
    archives,
    doctors,
    guardians,
    home,
    inbox,
    messages,
    orders,
    patients,
    studies,
)

app_name = "staff"
urlpatterns = [
    path("", home.home, name="home"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<uuid:item>/", inbox.item, name="inbox_item"),
    path("inbox/<uuid:item>/assign/", inbox.assign, name="inbox_assign"),
    path("inbox/<uuid:item>/close/", inbox.close, name="inbox_close"),
    path("inbox/<uuid:item>/reopen/", inbox.reopen, name="inbox_reopen"),
    path("patients/", patients.patients, name="patients"),
    path("patients/new/", patients.create, name="patient_create"),
    path("patients/<uuid:patient>/", patients.patient, name="patient"),
    path("patients/<uuid:patient>/edit/", patients.edit, name="patient_edit"),
    path("patients/<uuid:patient>/email/", patients.change_email, name="patient_email"),
    path("patients/<uuid:patient>/portal/", patients.enable, name="patient_enable"),
    path("patients/<uuid:patient>/activation/", patients.resend, name="patient_resend"),
    path("patients/<uuid:patient>/identifiers/", patients.identify, name="patient_identify"),
    path(
        "patients/<uuid:patient>/identifiers/<int:identifier>/remove/", patients.forget, name="patient_forget"
    ),
    path("patients/<uuid:patient>/guardians/", guardians.link, name="guardian_link"),
    path("guardians/<uuid:link>/end/", guardians.end, name="guardian_end"),
    path("orders/", orders.orders, name="orders"),
    path("orders/new/", orders.create, name="order_create"),
    path("orders/<uuid:order>/", orders.order, name="order"),
    path("orders/<uuid:order>/cancel/", orders.cancel, name="order_cancel"),
    path("studies/", studies.studies, name="studies"),
    path("upload/", studies.upload_list, name="upload"),
    path("studies/<str:uid>/", studies.study, name="study"),
    path("studies/<str:uid>/release/", studies.release, name="study_release"),
    path("studies/<str:uid>/hand-delivery/", studies.hand_delivery, name="study_hand_delivery"),
    path("studies/<str:uid>/handed-over/", studies.hand_over, name="study_hand_over"),
    path("studies/<str:uid>/order/", studies.link_order, name="study_order"),
    path("studies/<str:uid>/unassign/", studies.unassign, name="study_unassign"),
    path("studies/<str:uid>/report/", studies.upload, name="study_report"),
    path("studies/<str:uid>/notify/", studies.notify, name="study_notify"),
    path("studies/<str:uid>/evict/", archives.evict, name="study_evict"),
    path("studies/<str:uid>/recall/", archives.recall, name="study_recall"),
    path("approvals/", doctors.approvals, name="approvals"),
    path("approvals/<uuid:doctor>/enable/", doctors.enable, name="doctor_enable"),
    path("approvals/<uuid:doctor>/refuse/", doctors.refuse_doctor, name="doctor_refuse"),
    path("archives/", archives.archives, name="archives"),
    path("archives/new/", archives.create, name="archive_create"),
    path("archives/<uuid:archive>/", archives.archive, name="archive"),
    path("archives/<uuid:archive>/test/", archives.test, name="archive_test"),
    path("messages/", messages.messages, name="messages"),
    path("messages/<uuid:message>/retry/", messages.retry, name="message_retry"),
]
