"""All settings, read from the environment and from nowhere else.

Each one is described in docs/settings.md; a test compares the two. There is one file for
development and production: what differs is said by the environment.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from host.instance import current_instance
from web.database_url import parse_database_url, sqlite_database
from web.env import envbool, envchoice, envint, envlist, envsecret, envtext, read_secret
from web.logs import logging_config
from web.redis_url import check_redis_url

ROOT = Path(__file__).resolve().parent.parent
# Reads PODLAB_INSTANCE, PODLAB_STATE_DIR and PODLAB_CACHE_DIR.
INSTANCE = current_instance()
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]


def _secret_key() -> str:
    """From the environment, else the one that `make run` made for this instance."""
    key = envsecret("SECRET_KEY")
    if not key and INSTANCE.secret_key_file.is_file():
        key = read_secret(INSTANCE.secret_key_file, setting="SECRET_KEY_FILE")
    if not key:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set: put at least 50 random characters into SECRET_KEY, or the path "
            "of a file that holds them into SECRET_KEY_FILE (`make run` does it for you)."
        )
    return key


# --- The site -----------------------------------------------------------------------------------
SECRET_KEY = _secret_key()
# Shows stack traces to everybody; for working on Podlab itself only.
DEBUG = envbool("DEBUG", default=False)
# The names under which browsers reach the site.
ALLOWED_HOSTS = envlist("ALLOWED_HOSTS", default=LOOPBACK_HOSTS)
# A site that others can reach is served over HTTPS unless somebody says otherwise.
HTTPS = envbool("PODLAB_HTTPS", default=not set(ALLOWED_HOSTS) <= set(LOOPBACK_HOSTS))

ROOT_URLCONF = "web.urls"
ASGI_APPLICATION = "web.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "web.accounts",
    "web.course",
    "web.ops",
    "axes",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "web.ops.apps.StaticFiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database and Redis -------------------------------------------------------------------------
_database_url = envsecret("DATABASE_URL")
DATABASES: dict[str, Any] = {
    "default": parse_database_url(_database_url)
    if _database_url
    else sqlite_database(INSTANCE.database)
}
REDIS_URL = check_redis_url(envsecret("REDIS_URL", f"unix://{INSTANCE.run / 'redis.sock'}"))
# How many grades run at once on this machine.
WORKER_PROCESSES = envint("PODLAB_WORKER_PROCESSES", default=2, low=1, high=64)
BEAT_SCHEDULE_FILE = INSTANCE.run / "beat-schedule"

# --- The labs and their cluster -----------------------------------------------------------------
LABS_ROOT = ROOT / "labs"
CLUSTER = envchoice(
    "PODLAB_CLUSTER", ("embedded", "kubeconfig", "in-cluster", "none"), default="embedded"
)
# Never the ambient ~/.kube/config: a person must name the file.
KUBECONFIG = envtext("PODLAB_KUBECONFIG")
if CLUSTER == "kubeconfig" and not KUBECONFIG:
    raise ImproperlyConfigured(
        "PODLAB_CLUSTER is “kubeconfig”, but PODLAB_KUBECONFIG is not set: write the path of the "
        "kubeconfig file that Podlab may use, such as PODLAB_KUBECONFIG=/etc/podlab/kubeconfig."
    )
CLUSTER_STATE_FILE = INSTANCE.cluster_state

# --- People -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "web.accounts.hashers.ClassroomArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "front"
LOGOUT_REDIRECT_URL = "front"
# Five wrong passwords for one name from one address: a pause of 15 minutes for that pair only, so
# that nobody can lock somebody else out.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "web.accounts.views.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- Language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("ko", "한국어"), ("en", "English")]
LOCALE_PATHS = [ROOT / "web" / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_TZ = True
# For those who have not chosen their own.
TIME_ZONE = envtext("PODLAB_TIME_ZONE", "Asia/Seoul")

# --- Static files -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "staticfiles"
STATICFILES_DIRS = [ROOT / "web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Security -----------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS
# Probes of a load balancer speak plain HTTP to the process itself.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "web.ops.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    },
}

# --- Logs ---------------------------------------------------------------------------------------
LOGGING_CONFIG = "web.logs.configure"
LOGGING = logging_config(
    style=envchoice("PODLAB_LOG_FORMAT", ("console", "json"), default="console"),
    level=envchoice("PODLAB_LOG_LEVEL", ("debug", "info", "warning", "error"), default="info"),
)
