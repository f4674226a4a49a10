"""Every address of Placa, with its methods and who gets what there; written by hand.

ROUTES: pattern, methods, kind. KINDS: what a kind answers each asker. An address of a study is asked for four
studies, and a cell has four answers in this order:

1 Ana's, open: Díaz ordered it, Quisqueya pays, Norte made it      3 Ana's, exclusive to ARL Caribe, ordered by Díaz
2 Ana's, pending: ordered and paid like the first                  4 Nuria's, ordered by Egea, paid by nobody

Any other address has one answer. `.` repeats: `404....` is not used; each answer is spelled out.
Askers: anon nobody; ana; carla another patient; diaz; egea; gomez (Quisqueya); heras (ARL); jefe super-user;
ines (patients, upload, orders of Norte); hugo the holder of a share of study 1, inside with his PIN.
"""

ASKERS = ("anon", "ana", "carla", "diaz", "egea", "gomez", "heras", "jefe", "ines", "hugo")

# kind -> answers of the ten askers; four answers where the address names a study
KINDS = """
kind          anon            ana             carla           diaz            egea            gomez           heras           jefe            ines            hugo
public        200             200             200             200             200             200             200             200             200             200
nothing       404             404             404             404             404             404             404             404             404             404
sign_in       200             302             302             302             302             302             302             302             302             200
way_in        302             302             302             302             302             302             302             302             302             302
signed_in     302             200             200             200             200             200             200             200             200             302
patient       302             200             200             404             404             404             404             404             404             302
patient_next  302             302             302             404             404             404             404             404             404             302
doctor        302             404             404             200             200             404             404             404             404             302
company       302             404             404             404             404             200             200             404             404             302
staff         302             404             404             404             404             404             404             200             200             302
staff_super   302             404             404             404             404             404             404             200             404             302
staff_none    302             404             404             404             404             404             404             404             404             302
qido          401             200             204             200             200             200             200             200             204             401
of_ana        302             200             404             404             404             404             404             404             404             302
nobodys       302             404             404             404             404             404             404             404             404             302
dicomweb      401,401,401,401 200,404,404,404 404,404,404,404 200,200,404,404 404,404,404,200 200,200,404,404 404,404,200,404 200,200,200,200 404,404,404,404 401,401,401,401
objects       401,401,401,401 200,404,404,404 404,404,404,404 200,200,404,404 404,404,404,200 404,404,404,404 404,404,404,404 200,200,200,200 404,404,404,404 401,401,401,401
page_images   302,302,302,302 200,404,404,404 404,404,404,404 200,200,404,404 404,404,404,200 200,200,404,404 404,404,200,404 200,200,200,200 404,404,404,404 302,302,302,302
own_measures  302,302,302,302 404,404,404,404 404,404,404,404 200,200,404,404 404,404,404,200 200,200,404,404 404,404,200,404 200,200,200,200 404,404,404,404 302,302,302,302
own_report    302,302,302,302 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 302,302,302,302
page_report   302,302,302,302 200,404,404,404 404,404,404,404 200,200,404,404 404,404,404,200 200,200,404,404 404,404,200,404 200,200,200,200 404,404,404,404 302,302,302,302
download      302,302,302,302 200,404,404,404 404,404,404,404 200,200,404,404 404,404,404,200 404,404,404,404 404,404,404,404 200,200,200,200 404,404,404,404 302,302,302,302
patient_study 302,302,302,302 200,200,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 302,302,302,302
doctor_study  302,302,302,302 404,404,404,404 404,404,404,404 200,200,404,404 404,404,404,200 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 302,302,302,302
company_study 302,302,302,302 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 200,200,404,404 404,404,200,404 404,404,404,404 404,404,404,404 302,302,302,302
staff_study   302,302,302,302 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 200,200,200,200 200,200,404,200 302,302,302,302
share_door    200             200             200             200             200             200             200             200             200             302
share_one     302             302             302             302             302             302             302             302             302             302
share_qido    404             404             404             404             404             404             404             404             404             200
share_data    404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 404,404,404,404 200,404,404,404
share_page    302,302,302,302 302,302,302,302 302,302,302,302 302,302,302,302 302,302,302,302 302,302,302,302 302,302,302,302 302,302,302,302 302,302,302,302 200,404,404,404
"""

# Actions answer POST alone. The answer to whoever may not is here; whoever may is told what his form lacks.
# deed: asked by POST of the askers named, who must be refused (404), with nothing changed
DEEDS = {
    "patient": ("diaz", "egea", "gomez", "heras", "jefe", "ines"),
    "staff": ("ana", "carla", "diaz", "egea", "gomez", "heras"),
    "staff_super": ("ana", "carla", "diaz", "egea", "gomez", "heras", "ines"),
    "doctor": ("ana", "carla", "gomez", "heras", "jefe", "ines"),
    "images": ("carla", "ines"),
    "own_measures": ("ana", "carla", "ines"),
}

ROUTES = """
healthz                                                     GET       public
readyz                                                      GET       public
brand/logo-<slug:digest>                                    GET       nothing
brand/accent-<slug:digest>.css                              GET       nothing
demo/ui                                                     GET       nothing
demo/ui/<slug:name>                                         GET       nothing
/                                                           GET,POST  sign_in
sign-out                                                    POST      -
session-ended                                               GET       public
first-password                                              GET,POST  way_in
notice                                                      GET,POST  way_in
recover                                                     GET,POST  public
recover-name                                                GET,POST  public
new-password/<str:token>                                    GET,POST  nothing
account/password                                            GET,POST  signed_in
account/roles                                               GET,POST  signed_in
account/language                                            POST      -
account/alive                                               POST      -
account/notices                                             GET,POST  signed_in
patient/                                                    GET       patient
patient/studies/<str:uid>/                                  GET       patient_study
patient/data/                                               GET       patient
patient/accesses/                                           GET       patient
patient/share/                                              GET,POST  patient_next
patient/share/who/                                          GET,POST  patient_next
patient/share/how/                                          GET,POST  patient_next
patient/share/pin/                                          GET,POST  patient_next
patient/share/review/                                       GET,POST  patient_next
patient/share/done/                                         GET       patient_next
patient/shares/                                             GET       patient
patient/shares/<uuid:share>/end/                            POST      patient
patient/shares/<uuid:share>/prolong/                        POST      patient
patient/shares/keys/<uuid:part>/resend/                     POST      patient
patient/shares/keys/<uuid:part>/renew/                      POST      patient
patient/shares/keys/<uuid:part>/sheet/                      GET       nobodys
doctor/                                                     GET       doctor
doctor/studies/<str:uid>/                                   GET       doctor_study
doctor/studies/<str:uid>/acknowledge                        POST      doctor
ohif/                                                       GET       doctor
ohif/<slug:mode>                                            GET       doctor
ohif/<path:file>                                            GET       nobodys
company/                                                    GET       company
company/studies/<str:uid>/                                  GET       company_study
company/agreement/                                          GET       company
staff/                                                      GET       staff
staff/inbox/                                                GET       staff_super
staff/inbox/<uuid:item>/                                    GET       nobodys
staff/inbox/<uuid:item>/assign/                             POST      staff_super
staff/inbox/<uuid:item>/close/                              POST      staff_super
staff/inbox/<uuid:item>/reopen/                             POST      staff_super
staff/patients/                                             GET       staff
staff/patients/new/                                         GET,POST  staff
staff/patients/<uuid:patient>/                              GET       staff
staff/patients/<uuid:patient>/edit/                         GET,POST  staff
staff/patients/<uuid:patient>/email/                        POST      staff
staff/patients/<uuid:patient>/portal/                       POST      staff
staff/patients/<uuid:patient>/activation/                   POST      staff
staff/patients/<uuid:patient>/identifiers/                  POST      staff
staff/patients/<uuid:patient>/identifiers/<int:identifier>/remove/ POST staff
staff/patients/<uuid:patient>/guardians/                    POST      staff
staff/guardians/<uuid:link>/end/                            POST      staff
staff/orders/                                               GET       staff
staff/orders/new/                                           GET,POST  staff
staff/orders/<uuid:order>/                                  GET,POST  staff
staff/orders/<uuid:order>/cancel/                           POST      staff
staff/studies/                                              GET       staff
staff/upload/                                               GET       staff
staff/studies/<str:uid>/                                    GET       staff_study
staff/studies/<str:uid>/release/                            POST      staff_super
staff/studies/<str:uid>/hand-delivery/                      POST      staff_super
staff/studies/<str:uid>/handed-over/                        POST      staff_super
staff/studies/<str:uid>/order/                              POST      staff
staff/studies/<str:uid>/unassign/                           POST      staff_super
staff/studies/<str:uid>/report/                             POST      staff
staff/studies/<str:uid>/report/<uuid:report>/withdraw/      POST      staff
staff/studies/<str:uid>/notify/                             POST      staff_super
staff/studies/<str:uid>/images/                             GET       staff_study
staff/studies/<str:uid>/evict/                              POST      staff_super
staff/studies/<str:uid>/recall/                             POST      staff_super
staff/approvals/                                            GET       staff_super
staff/approvals/<uuid:doctor>/enable/                       POST      staff_super
staff/approvals/<uuid:doctor>/refuse/                       POST      staff_super
staff/archives/                                             GET       staff_super
staff/archives/new/                                         GET,POST  staff_super
staff/archives/<uuid:archive>/                              GET,POST  staff_super
staff/archives/<uuid:archive>/test/                         POST      staff_super
staff/archives/<uuid:archive>/remove/                       POST      staff_super
staff/settings/                                             GET,POST  staff_super
staff/settings/rules/                                       GET,POST  staff_super
staff/settings/delays/                                      GET,POST  staff_super
staff/settings/devices/                                     GET       staff_super
staff/settings/devices/new/                                 GET,POST  staff_super
staff/settings/devices/<int:device>/                        GET,POST  staff_super
staff/messages/                                             GET       staff_super
staff/messages/<uuid:message>/retry/                        POST      staff_super
dicomweb/studies                                            GET,POST  qido
dicomweb/series                                             GET       qido
dicomweb/instances                                          GET       qido
dicomweb/studies/<str:study>                                GET,POST  objects
dicomweb/studies/<str:study>/metadata                       GET       dicomweb
dicomweb/studies/<str:study>/rendered                       GET       dicomweb
dicomweb/studies/<str:study>/thumbnail                      GET       dicomweb
dicomweb/studies/<str:study>/series                         GET       dicomweb
dicomweb/studies/<str:study>/instances                      GET       dicomweb
dicomweb/studies/<str:study>/series/<str:series>            GET       objects
dicomweb/studies/<str:study>/series/<str:series>/metadata   GET       dicomweb
dicomweb/studies/<str:study>/series/<str:series>/rendered   GET       dicomweb
dicomweb/studies/<str:study>/series/<str:series>/thumbnail  GET       dicomweb
dicomweb/studies/<str:study>/series/<str:series>/instances  GET       dicomweb
dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance> GET objects
dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/metadata GET dicomweb
dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/thumbnail GET dicomweb
dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/rendered GET dicomweb
dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/frames/<str:frames> GET dicomweb
dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/frames/<str:frames>/rendered GET dicomweb
dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/frames/<str:frames>/thumbnail GET dicomweb
dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/bulkdata/<path:pointer> GET dicomweb
measurements/<str:uid>                                      GET,POST  own_measures
measurements/<str:uid>/report.dcm                           GET       own_report
measurements/<str:uid>/key-images.dcm                       GET       own_report
viewer/<str:uid>                                            GET       page_images
viewer/<str:uid>/series                                     GET       page_images
files/<str:uid>/report/<uuid:report>                        GET       page_report
files/<str:uid>/report/<uuid:report>/read/<int:number>      POST      images
files/<str:uid>/study.zip                                   GET       download
files/<str:uid>/zip-status                                  GET       download
files/<str:uid>/recall                                      POST      images
files/<str:uid>/recall-status                               GET       page_images
files/<str:uid>/recall-panel                                POST      images
s/<str:token>                                               GET,POST  share_door
s/<str:token>/notice                                        GET,POST  share_one
s/<str:token>/studies                                       GET       share_one
s/<str:token>/studies/<str:uid>                             GET       share_page
s/<str:token>/leave                                         POST      -
s/<str:token>/dicomweb/studies                              GET,POST  share_qido
s/<str:token>/dicomweb/series                               GET       share_qido
s/<str:token>/dicomweb/instances                            GET       share_qido
s/<str:token>/dicomweb/studies/<str:study>                  GET,POST  share_data
s/<str:token>/dicomweb/studies/<str:study>/metadata         GET       share_data
s/<str:token>/dicomweb/studies/<str:study>/rendered         GET       share_data
s/<str:token>/dicomweb/studies/<str:study>/thumbnail        GET       share_data
s/<str:token>/dicomweb/studies/<str:study>/series           GET       share_data
s/<str:token>/dicomweb/studies/<str:study>/instances        GET       share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series> GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/metadata GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/rendered GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/thumbnail GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/instances GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance> GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/metadata GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/thumbnail GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/rendered GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/frames/<str:frames> GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/frames/<str:frames>/rendered GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/frames/<str:frames>/thumbnail GET share_data
s/<str:token>/dicomweb/studies/<str:study>/series/<str:series>/instances/<str:instance>/bulkdata/<path:pointer> GET share_data
s/<str:token>/viewer/<str:uid>                              GET       share_page
s/<str:token>/viewer/<str:uid>/series                       GET       share_page
s/<str:token>/files/<str:uid>/report/<uuid:report>          GET       share_data
s/<str:token>/files/<str:uid>/report/<uuid:report>/read/<int:number> POST -
s/<str:token>/files/<str:uid>/study.zip                     GET       share_data
s/<str:token>/files/<str:uid>/zip-status                    GET       share_data
s/<str:token>/files/<str:uid>/recall                        POST      -
s/<str:token>/files/<str:uid>/recall-status                 GET       share_data
s/<str:token>/files/<str:uid>/recall-panel                  POST      -
demo/outbox                                                 GET       nothing
demo/outbox/<uuid:public_id>                                GET       nothing
demo/outbox/<uuid:public_id>/html                           GET       nothing
"""


def routes() -> dict[str, tuple[frozenset[str], str]]:
    """Pattern -> its methods and its kind ("-" for one that only acts on the asker's own session)."""
    rows = {}
    for line in ROUTES.strip().splitlines():
        pattern, methods, kind = line.split()
        if pattern in rows:
            raise ValueError(f"{pattern} is written twice")
        rows[pattern] = (frozenset(methods.split(",")), kind)
    return rows


def kinds() -> dict[str, dict[str, list[int]]]:
    """Kind -> asker -> answers."""
    head, *lines = [line.split() for line in KINDS.strip().splitlines()]
    return {
        name: {
            asker: [int(code) for code in cell.split(",")]
            for asker, cell in zip(head[1:], cells, strict=True)
        }
        for name, *cells in lines
    }
