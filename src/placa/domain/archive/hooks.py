"""Moments of a study that rooms above want to hear of."""

from placa.common.hooks import Hook

damage_changed: Hook[int] = Hook()
"""A file of a study was found damaged, or whole again; the study's id. Sent inside the transaction that noted it."""

study_ready: Hook[int] = Hook()
"""A study got a patient or an order; its id. Sent inside the transaction that did it, possibly more than once."""

study_left: Hook[int] = Hook()
"""A study is no longer the person's whose it was; its id. Sent inside the transaction that did it."""
