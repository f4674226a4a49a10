"""Moments of the institution that rooms above want to hear of."""

from placa.common.hooks import Hook

archive_changed: Hook[int] = Hook()
"""The entry of an external archive may mean another archive now, or asks for another proof; its id.

Sent inside the transaction that changed it: what the archive had confirmed before says nothing any more."""
