"""Django system checks of a deployment: `placa check --deploy` refuses an unsafe production."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Error, Tags, register

from placa.config import production


@register(Tags.security, deploy=True)
def unsafe_production(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[Error]:
    """One error for each `production.problems` of the running configuration."""
    return [
        Error(problem.message, hint=problem.hint, id=problem.id)
        for problem in production.problems(settings.ENVIRONMENT)
    ]
