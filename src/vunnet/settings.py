"""Django's settings. Everything an operator may change is an environment variable, described in docs/configuration.md."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

ROOM = Path(__file__).parent
HOME = Path(os.environ.get("VUNNET_HOME", ".vunnet")).absolute()
DEBUG = os.environ.get("VUNNET_DEBUG") == "1"
PUBLIC_URL = os.environ.get("VUNNET_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
SECURE = PUBLIC_URL.startswith("https://")
if DEBUG and SECURE:
    raise ImproperlyConfigured("VUNNET_DEBUG=1 shows internals to visitors; unset it where VUNNET_PUBLIC_URL is https")


def _secret_key() -> str:
    key = os.environ.get("VUNNET_SECRET_KEY", "")
    if len(key) < 40:
        raise ImproperlyConfigured(
            "VUNNET_SECRET_KEY is missing or shorter than 40 characters; `vunnet up` makes one in .vunnet/secret_key, "
            "or set it to the output of: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    return key


ADDRESS = ("dbname", "user", "password", "host", "port", "options")


def _database() -> dict[str, Any]:
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise ImproperlyConfigured(
            "DATABASE_URL is missing; start through the `vunnet` command, which brings its own PostgreSQL, or set it to postgresql://user:password@host/name"
        )
    parts = conninfo_to_dict(url)
    role = os.environ.get("VUNNET_DATABASE_ROLE", "vunnet_app")
    # Everything else an address may say, above all how the connection is protected (sslmode, sslrootcert).
    others = {name: value for name, value in parts.items() if name not in ADDRESS}
    own = f"{parts.get('options') or ''} -c role={role} -c timezone=UTC -c jit=off".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "vunnet"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port") or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Kept questions are prepared at their second asking (vunnet.workspaces.worded); no other statement is.
        "OPTIONS": {"prepare_threshold": 1, **others, "options": own},
    }


SECRET_KEY = _secret_key()
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ALLOWED_HOSTS = [host for host in os.environ.get("VUNNET_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if host]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
ROOT_URLCONF = "vunnet.urls"
WSGI_APPLICATION = "vunnet.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "procrastinate.contrib.django",
    "django_htmx",
    "csp",
    "vunnet.journal",
    "vunnet.workspaces",
    "vunnet.contacts",
    "vunnet.deals",
    "vunnet.activities",
    "vunnet.imports",
    "vunnet.reports",
    "vunnet.lists",
    "vunnet.archive",
    "vunnet.notices",
    "vunnet.jobs",
    "vunnet.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "vunnet.web.middleware.RequestIdMiddleware",
    "vunnet.web.middleware.ScopeMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOM / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "vunnet.web.context.shell",
            ],
            "builtins": [
                "vunnet.web.templatetags.links",
                "vunnet.web.templatetags.show",
                "vunnet.web.templatetags.days",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    }
]

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "vunnet.web.accounts.adapter.InvitationOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {
    "reset_password": "vunnet.web.accounts.passwords.Reset",
    "reset_password_from_key": "vunnet.web.accounts.passwords.ResetByKey",
    "change_password": "vunnet.web.accounts.passwords.Change",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

SESSION_COOKIE_NAME = "__Host-vunnet" if SECURE else "vunnet"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-vunnet-csrf" if SECURE else "vunnet-csrf"
CSRF_FAILURE_VIEW = "vunnet.web.errors.forged"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if os.environ.get("VUNNET_BEHIND_PROXY") == "1" else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("nb", "Norsk bokmål")]
LOCALE_PATHS = [ROOM / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [("dist", ROOM / "web" / "static" / "dist")]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 31_536_000
WHITENOISE_ALLOW_ALL_ORIGINS = False

MAIL = os.environ.get("VUNNET_MAIL", "")
BACKENDS = {"": "console", "console": "console", "smtp": "smtp"}
if MAIL not in BACKENDS:
    raise ImproperlyConfigured(f"VUNNET_MAIL is “{MAIL}”; it can be console, smtp or unset")
# Unset: only the mails that somebody asks for are made (a new password), and printed; notices stay in the app.
MAIL_IS_SET = bool(MAIL or os.environ.get("VUNNET_EMAIL_BACKEND"))
EMAIL_BACKEND = os.environ.get("VUNNET_EMAIL_BACKEND", f"django.core.mail.backends.{BACKENDS[MAIL]}.EmailBackend")
EMAIL_HOST, EMAIL_PORT = os.environ.get("VUNNET_SMTP_HOST", "localhost"), int(os.environ.get("VUNNET_SMTP_PORT", "587"))
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (
    os.environ.get("VUNNET_SMTP_USER", ""),
    os.environ.get("VUNNET_SMTP_PASSWORD", ""),
)
SMTP_SECURITY = os.environ.get("VUNNET_SMTP_SECURITY", "starttls")
if SMTP_SECURITY not in ("starttls", "tls", "none"):
    raise ImproperlyConfigured(f"VUNNET_SMTP_SECURITY is “{SMTP_SECURITY}”; it can be starttls, tls or none")
EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP_SECURITY == "starttls", SMTP_SECURITY == "tls"
EMAIL_TIMEOUT = 20
MAIL_DOMAIN = urlsplit(PUBLIC_URL).hostname or "localhost"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("VUNNET_MAIL_FROM", f"Vunnet <vunnet@{MAIL_DOMAIN}>")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_LIMIT_BYTES = int(os.environ.get("VUNNET_FILE_LIMIT_MB", "25")) * 1_000_000
FILES_TOTAL_BYTES = int(os.environ.get("VUNNET_FILES_TOTAL_MB", "5000")) * 1_000_000
IMPORT_LIMIT_BYTES = int(os.environ.get("VUNNET_IMPORT_LIMIT_MB", "1024")) * 1_000_000

# Beside vunnet.jobs.tasks, which is found by its name.
PROCRASTINATE_IMPORT_PATHS = ["vunnet.jobs.notices"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("VUNNET_LOG_LEVEL", "WARNING")},
}
