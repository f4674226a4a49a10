"""The `placa` command (`docs/reference` names each subcommand; `placa --help` lists them).

Each subcommand is one small function. What it calls is imported inside, so that `placa version` does not
wait for Django, and a child of the supervisor loads only what it serves.
"""

import argparse
import datetime as dt
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from placa.config import environment
from placa.config.environment import Environment

CONSOLE = "placa.domain.enrolment.console"
Command = Callable[[argparse.Namespace], int]


class RefusedError(Exception):
    """The command cannot do what was asked; the text says why, and what to do."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Console entry point: runs one subcommand and exits with its status (2: wrong usage, 1: refused)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "placa.config.settings")
    options = parser().parse_args(arguments)
    try:
        status = options.command(options)
    except (RefusedError, ImproperlyConfigured) as error:
        print(f"placa: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line (interfaces: Commands)."""
    description = "Hands imaging results to the people they belong to."
    top = argparse.ArgumentParser(prog="placa", description=description)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Command, help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(command=command)
        return sub

    add("run", run, "start every service and keep it alive")
    add("web", web, "serve the portal over HTTP")
    add("dicom", dicom, "listen for DICOM associations")
    add("render", render, "run the pool of processes that decode images")
    worker_ = add("worker", worker, "do queued jobs")
    worker_.add_argument("queue", nargs="?", choices=["short", "long"], default="short")
    add("migrate", migrate, "bring the database up to date")
    demo_ = add("demo", demo, "load the demo's cast and studies")
    demo_.add_argument("--once", action="store_true", help="only in a demo that has none yet")
    check_ = add("check", check, "check the configuration")
    check_.add_argument("--deploy", action="store_true", help="refuse an unsafe production")
    superuser_ = add("superuser", superuser, "create a super-user")
    superuser_.add_argument("--username")
    import__ = add("import", import_, "take in DICOM files, folders, ZIPs or a DICOMDIR")
    import__.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    scrub_ = add("scrub", scrub, "check that every stored file is what it was")
    scrub_.add_argument(
        "--since", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="only what came since"
    )
    scrub_.add_argument("--limit", type=int, metavar="N", help="at most so many objects")
    storage_ = add("storage", storage, "move the stored files")
    storage_.add_argument("action", choices=["move"], help="move: copy and verify every file")
    storage_.add_argument("--to", required=True, metavar="URL", help="file:///… or s3://…")
    storage_.add_argument(
        "--from", dest="source", default="", metavar="URL", help="default: PLACA_STORAGE_URL"
    )
    storage_.add_argument(
        "--delete-source", action="store_true", help="delete what was verified at the far side"
    )
    token_ = add("token", token, "print a bearer token with a user's rights")
    token_.add_argument("user", metavar="USER")
    token_.add_argument("--role", help="one of the user's roles (default: their first)")
    token_.add_argument("--hours", type=int, default=1, help="how long it lives (default: 1)")
    add("version", version, "print the version")
    manage_ = add("manage", manage, "run one of Django's own commands")
    manage_.add_argument("arguments", nargs=argparse.REMAINDER)
    return top


# --- services -------------------------------------------------------------------------------------


def run(options: argparse.Namespace) -> int:
    """Supervise every service until Ctrl-C or SIGTERM."""
    from placa.config import services, supervisor
    from placa.demo.accounts import ACCOUNTS, PASSWORD

    found = _environment()
    _refuse_unsafe_production()
    try:
        supervisor.refuse_taken_ports(found.bind, services.ports(found))
    except supervisor.PortTakenError as error:
        raise RefusedError(str(error)) from error
    supervisor.Supervisor(services.services(), _say).run(
        waiting_for=lambda: services.waiting_for(found),
        on_ready=lambda: _say(services.greeting(found, ACCOUNTS, PASSWORD)),
    )
    return 0


def web(options: argparse.Namespace) -> int:
    """Become gunicorn."""
    _refuse_unsafe_production()
    command = ["-m", "gunicorn", "--config", "python:placa.config.gunicorn", "placa.config.wsgi:application"]
    os.execv(sys.executable, [sys.executable, *command])  # noqa: S606  # fixed words, no shell


def dicom(options: argparse.Namespace) -> int:
    """Run the DICOM listener in this process."""
    _refuse_unsafe_production()
    _call("placa.interfaces.dimse.server", "serve")
    return 0


def render(options: argparse.Namespace) -> int:
    """Run the render pool in this process."""
    _call("placa.domain.archive.rendering", "serve")
    return 0


def worker(options: argparse.Namespace) -> int:
    """Run one of the two job clusters (short: retry 90 s; long) in this process."""
    _refuse_unsafe_production()
    if options.queue == "long":
        os.environ["Q_CLUSTER_NAME"] = "long"  # django-q2 reads it once, on import
    _call("placa.domain.jobs.services", "work", long=options.queue == "long")
    return 0


# --- state ----------------------------------------------------------------------------------------


def migrate(options: argparse.Namespace) -> int:
    """Create or migrate the database and its cache table."""
    _environment().home.mkdir(parents=True, exist_ok=True)
    _django()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    import_module("placa.domain.jobs.services").ensure_periodic()
    return 0


def demo(options: argparse.Namespace) -> int:
    """Load the demo; with --once only into an empty demo installation."""
    found = _environment()
    if not found.is_demo:
        if options.once:
            return 0
        raise RefusedError("The demo's password is public: it loads only where PLACA_ENV=demo.")
    marker = found.home / "demo-loaded"  # spares the second start a load of Django
    if options.once and marker.exists():
        return 0
    _say("Loading the demo (this happens once) ...")
    if not _call("placa.demo.load", "load_demo", say=_say) and not options.once:
        raise RefusedError("There is data here already. The demo loads into an empty home only.")
    marker.touch()
    return 0


def import_(options: argparse.Namespace) -> int:
    """Import DICOM objects and print what became of them."""
    missing = [path for path in options.paths if not path.exists()]
    if missing:
        raise RefusedError(f"There is nothing at {missing[0]}.")
    print(_call("placa.domain.intake.importer", "import_paths", options.paths))
    return 0


def scrub(options: argparse.Namespace) -> int:
    """Check stored files against their rows; status 1 where one is damaged or missing."""
    if options.limit is not None and options.limit < 1:
        raise RefusedError("--limit must be 1 or more.")
    result = _call("placa.domain.intake.scrubbing", "scrub", since=options.since, limit=options.limit)
    print(result)
    return 1 if result.wrong else 0


def storage(options: argparse.Namespace) -> int:
    """Copy every stored file to another storage; status 1 where one could not be."""
    moved = _call(
        "placa.domain.intake.moving", "move",
        to=options.to, source=options.source, delete_source=options.delete_source, say=_say,
    )  # fmt: skip
    print(moved)
    return 1 if moved.bad else 0


# --- accounts -------------------------------------------------------------------------------------


def superuser(options: argparse.Namespace) -> int:
    """Ask for name, e-mail and password, and create a super-user who may sign in at once."""
    from getpass import getpass

    answers = {"full_name": input("Full name: "), "email": input("E-mail: ")}
    password = getpass("Password: ")
    if getpass("Password again: ") != password:
        raise RefusedError("The two passwords differ; nothing was created.")
    user = _call(CONSOLE, "create_superuser", **answers, password=password, username=options.username or "")
    print(f"{user.username} may sign in.")
    return 0


def token(options: argparse.Namespace) -> int:
    """Print a bearer token and nothing else, so that a script can take it as it is."""
    print(_call(CONSOLE, "issue_token", username=options.user, role=options.role, hours=options.hours))
    return 0


# --- other ----------------------------------------------------------------------------------------


def check(options: argparse.Namespace) -> int:
    """Run the system checks; with --deploy those of a production too, where a warning counts as an error."""
    _django()
    from django.core.management import call_command
    from django.core.management.base import SystemCheckError

    import_module("placa.config.checks")
    try:
        call_command("check", deploy=options.deploy, fail_level="WARNING")
    except SystemCheckError as error:
        raise RefusedError(str(error)) from error
    return 0


def version(options: argparse.Namespace) -> int:
    """Print the installed version."""
    print(package_version("placa"))
    return 0


def manage(options: argparse.Namespace) -> int:
    """Hand over to Django's command line."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["placa manage", *options.arguments])
    return 0


# --- shared ---------------------------------------------------------------------------------------


def _say(text: str) -> None:
    print(text, flush=True)


def _environment() -> Environment:
    """The environment, read without loading Django."""
    return environment.load(environment.ROOT)


def _refuse_unsafe_production() -> None:
    """A production that `placa check --deploy` would refuse starts no service either."""
    from placa.config import production

    found = _environment()
    problems = production.problems(found) if found.is_production else []
    if problems:
        raise RefusedError(
            "This is not safe to serve.\n" + "\n".join(f"  {p.message} {p.hint}" for p in problems)
        )


def _django() -> None:
    import django

    django.setup()


def _call(module: str, function: str, *arguments: Any, **keywords: Any) -> Any:
    """Call `module.function` with Django loaded; an error that it announces is an answer, not a crash."""
    _django()
    from placa.domain.archive.errors import RetriableError
    from placa.domain.archive.storage import StorageError

    try:
        return getattr(import_module(module), function)(*arguments, **keywords)
    except (StorageError, RetriableError) as error:
        raise RefusedError(f"The storage or the database failed: {error}") from error
    except (ValueError, LookupError) as error:
        raise RefusedError(str(error)) from error


if __name__ == "__main__":
    main()
