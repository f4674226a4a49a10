"""The demo's accounts as `placa run` prints them; no Django here, since the supervisor loads none."""

PASSWORD = "Placa-demo-2026"
ACCOUNTS = {
    "ana": "patient, guardian of Bruno",
    "carla": "patient",
    "nuria": "patient, not activated: her welcome mail is in the outbox",
    "diaz": "doctor",
    "egea": "doctor, ordered nothing",
    "faro": "doctor, waiting for approval",
    "gomez": "insurer",
    "heras": "workers' compensation insurer",
    "ines": "staff of one site",
    "jefe": "super-user",
}
