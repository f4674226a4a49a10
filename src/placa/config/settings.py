"""Django settings, one file for every mode; the environment is read in `environment.py` only."""

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from placa.config import environment

PACKAGE = Path(__file__).resolve().parents[1]
ENVIRONMENT = environment.load(environment.ROOT)

DEBUG = False
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = [urlsplit(ENVIRONMENT.base_url).hostname or "127.0.0.1"]
if not ENVIRONMENT.is_production:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.base_url]

DOMAIN_APPS = [
    "audit",
    "jobs",
    "institution",
    "notifications",
    "accounts",
    "people",
    "orders",
    "archive",
    "reports",
    "access",
    "measurements",
    "intake",
    "enrolment",
    "sharing",
    "downloads",
    "recall",
]
AUDIENCES = ["account", "patient", "recipient", "doctor", "company", "staff"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "csp",
    "django_q",
    *(f"placa.domain.{name}" for name in DOMAIN_APPS),
    "placa.interfaces.web.ui",
    *(f"placa.interfaces.web.{name}" for name in AUDIENCES),
    "placa.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "placa.interfaces.web.limits.BodyLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "placa.interfaces.web.account.middleware.AccountMiddleware",
    "placa.interfaces.web.askers.ViewerMiddleware",
]

ROOT_URLCONF = "placa.config.urls"
WSGI_APPLICATION = "placa.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "placa.interfaces.web.ui.templatetags.small_dates",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "placa.interfaces.web.ui.context.portal",
            ],
        },
    }
]

DATABASES = {"default": environment.database(ENVIRONMENT.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "placa.common.hashers.QuickArgon2"
    if ENVIRONMENT.mode == "test"
    else "django.contrib.auth.hashers.Argon2PasswordHasher"
]

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENVIRONMENT.cache_url,
    }
    if ENVIRONMENT.cache_url
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "placa_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Spanish")), ("it", _("Italian")), ("en", _("English")), ("pt", _("Portuguese"))]
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = "placa.config.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # an institution's own zone is one of its settings

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.home / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ENVIRONMENT.mode == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_IMMUTABLE_FILE_TEST = r"/build/viewer/assets/|\.[0-9a-f]{12}\."
WHITENOISE_USE_FINDERS = ENVIRONMENT.mode == "test"

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "placa"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = ENVIRONMENT.is_production
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_SECURE = ENVIRONMENT.is_production
SECURE_SSL_REDIRECT = False  # the reverse proxy's task; `placa check --deploy` looks at base_url
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.is_production else None
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.is_production else 0
SECURE_REFERRER_POLICY = "same-origin"  # "no-referrer" makes browsers post with `Origin: null`
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb", "interest-cohort")
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

Q_CLUSTER = {
    "name": "placa",
    "orm": "default",
    "workers": 2,
    "timeout": 80,
    "retry": 90,  # longer than the longest short job, else it would run twice
    "max_attempts": 20,
    "poll": 0.2,
    "catch_up": False,
    "ack_failures": False,  # what raised is tried again after `retry` seconds, `max_attempts` times
    "save_limit": 250,
    "ALT_CLUSTERS": {"long": {"workers": 1, "timeout": 3_500, "retry": 3_600, "poll": 1, "max_attempts": 5}},
}

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "placa.common.redaction.MaskingFormatter",  # a share's token is in its address (S10)
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # a line a process, a line a step of a PDF: more than a reader wants
    "loggers": {"django-q": {"level": "WARNING"}, "weasyprint": {"level": "WARNING"}},
}
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # framing is ruled by the policy's frame-ancestors, which can list origins
    "security.W005",  # subdomains of the institution's domain are not ours to bind
    "security.W008",  # SSL redirect belongs to the proxy
    "security.W021",  # nor is its entry in the browsers' preload list
]
