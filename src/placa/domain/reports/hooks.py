"""Moments of a report that rooms above want to hear of."""

from placa.common.hooks import Hook

report_final: Hook[int] = Hook()
"""A report became final, was corrected, or was withdrawn after that; its id.

Sent inside the transaction that did it, possibly more than once."""
