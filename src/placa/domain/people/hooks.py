"""Moments of a person that rooms above want to hear of."""

from placa.common.hooks import Hook

patient_changed: Hook[int] = Hook()
"""A patient was created, got an identifier, or changed in name, birth date or sex; its id.

Sent inside the transaction that did it, possibly more than once: what waits for this patient is matched again.
"""
