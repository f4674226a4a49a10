"""A bounded pool of child processes that decode, draw and check what strangers sent, asked over a Unix domain socket.

Hostile objects may take memory, time or crash a codec: each child has a limit of memory and of time per request, may
write no file, and is killed and replaced when it dies or is late. What can be asked for is listed in `operations`;
`messages` says how.
"""

from placa.standards.dicom.sandbox.messages import (
    RenderFailed,
    RenderRefused,
    RenderUnavailable,
    ask,
)
from placa.standards.dicom.sandbox.pool import RenderPool
from placa.standards.dicom.sandbox.server import serve

__all__ = ["RenderFailed", "RenderPool", "RenderRefused", "RenderUnavailable", "ask", "serve"]
