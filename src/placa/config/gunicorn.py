"""How gunicorn serves the portal (`placa web`); read by gunicorn itself."""

import gc
from typing import Any

from placa.config import environment
from placa.config.settings import ENVIRONMENT

bind = [environment.socket_address(ENVIRONMENT.bind, ENVIRONMENT.http_port)]
worker_class = "placa.config.worker.Worker"
workers = 2
# a thread a running download: many wait on slow lines, few compute
threads = 16
# load once, then fork: half the start, and shared memory
preload_app = True
timeout = 60
# a restart waits for downloads under way
graceful_timeout = 3600
keepalive = 15
# heartbeats in memory: a busy disk must not get a worker killed
worker_tmp_dir = "/dev/shm"  # noqa: S108  # gunicorn makes an unnamed file there
# the request line may hold a share's token: the access log stays off, the audit log tells who did what
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True


def when_ready(server: Any) -> None:
    """What is loaded by now stays: no worker's garbage collection walks over its 150,000 objects again, nor copies their
    pages."""
    gc.collect()
    gc.freeze()
