"""Moments of an order that rooms above want to hear of."""

from placa.common.hooks import Hook

order_changed: Hook[int] = Hook()
"""An order was created or changed; its id. Sent inside the transaction that did it: its studies follow it at once,
and what waits for its number is matched again."""
