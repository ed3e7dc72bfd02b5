"""Ways out (Channel), ways in (BusinessLine) and the global key for the user API (AccessKey)."""

import secrets

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ums.lib.encryption import SecretTextField

CODE_PATTERN = r"^[A-Za-z0-9]+\Z"  # protocol/ums.md 1, 通道编码


def new_key() -> str:
    """24 hex digits, the form of the original's keys and secrets (protocol/ums.md 2)."""
    return secrets.token_hex(12)


def new_callback_token() -> str:
    return secrets.token_urlsafe(24)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def enabled(self) -> "ChannelQuerySet":
        return self.filter(enabled=True)


class Channel(models.Model):
    """A configured way out to one JPush app; its code is the `bind_id` of uploads."""

    class Cloud(models.TextChoices):
        PUBLIC = "public", _("JPush public cloud")
        PRIVATE = "private", _("JPush private cloud")

    class DevicePolicy(models.TextChoices):
        KEEP = "keep", _("Keep it with both people")
        MOVE = "move", _("Move it to the newest person")

    code = models.CharField(
        _("channel code"),
        max_length=64,
        unique=True,
        validators=[RegexValidator(CODE_PATTERN, _("Only letters A-Z, a-z and digits 0-9."))],
        help_text=_("Letters and digits. Uploads name this channel by its code (bind_id)."),
    )
    name = models.CharField(_("name"), max_length=30, unique=True)
    cloud = models.CharField(_("cloud"), max_length=10, choices=Cloud.choices, default=Cloud.PUBLIC)
    api_url = models.CharField(
        _("request URL"),
        max_length=255,
        blank=True,
        help_text=_(
            "Private cloud only: address of its REST API, for example https://push.example.com or"
            " http://10.0.0.5/prefix."
        ),
    )
    app_key = models.CharField(_("AppKey"), max_length=64)
    master_secret = SecretTextField(_("Master Secret"))
    enabled = models.BooleanField(_("enabled"), default=True)
    device_policy = models.CharField(
        _("a device uploaded for a second person"),
        max_length=10,
        choices=DevicePolicy.choices,
        default=DevicePolicy.KEEP,
    )
    calls_per_minute = models.PositiveIntegerField(
        _("JPush calls per minute"),
        default=600,  # protocol/jpush.md 7
        help_text=_("JPush's limit for this AppKey. One call reaches up to 1,000 devices."),
    )
    callback_token = models.CharField(
        _("callback token"), max_length=64, default=new_callback_token, editable=False
    )
    send_callback = models.BooleanField(
        _("ask for receipts with each push"),
        default=True,
        help_text=_("Receipts are a paid function of JPush; switch off if it refuses the field."),
    )
    require_callback_auth = models.BooleanField(
        _("receipts must carry AppKey and Master Secret"),
        default=False,
        help_text=_("Refuse receipts without Basic authentication. The address is secret anyway."),
    )
    last_callback_at = models.DateTimeField(_("last callback"), null=True, editable=False)
    verified_at = models.DateTimeField(_("credentials verified"), null=True, editable=False)
    # JPush has refused the channel itself (protocol/jpush.md 8): its messages wait for a person.
    paused_at = models.DateTimeField(_("paused"), null=True, editable=False)
    pause_code = models.IntegerField(_("error code"), null=True, editable=False)
    pause_reason = models.CharField(_("reason"), max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(cloud="public", api_url="")
                | (models.Q(cloud="private") & ~models.Q(api_url="")),
                name="request_url_exactly_for_private_cloud",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def callback_path(self) -> str:
        return f"/callback/jpush/{self.code}/{self.callback_token}"


def _calls_per_minute() -> "models.PositiveIntegerField[int | None, int | None]":
    return models.PositiveIntegerField(
        _("API calls per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Further calls of the minute are refused (429, code 1015030). Empty: no limit."
        ),
    )


class BusinessLine(models.Model):
    """A way in: one calling system or team, with the channels that it may use."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    channel_key = models.CharField(
        _("ChannelKey"), max_length=64, unique=True, default=new_key, editable=False
    )
    # Kept readable to us: callbacks to the line's own URL sign with it (protocol/ums.md 9.3).
    master_secret = SecretTextField(_("Master Secret"), default=new_key, editable=False)
    channels = models.ManyToManyField(
        Channel, verbose_name=_("channels"), blank=True, related_name="business_lines"
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    api_approval = models.BooleanField(
        _("API messages need approval"),
        default=False,
        help_text=_(
            "A message sent by API waits until an operator approves it, and must name its submitter"
            " in option.owner."
        ),
    )
    calls_per_minute = _calls_per_minute()
    broadcasts_per_day = models.PositiveIntegerField(
        _("broadcasts per day"),
        null=True,
        blank=True,
        help_text=_("Further broadcasts by API are refused (code 1015029). Empty: no limit."),
    )
    quiet_from = models.TimeField(
        _("quiet hours from"),
        null=True,
        blank=True,
        help_text=_("Messages by API are refused in these hours (code 1015038). Empty: none."),
    )
    quiet_until = models.TimeField(_("quiet hours until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("business line")
        verbose_name_plural = _("business lines")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_begin_and_end",
                violation_error_message=_("Quiet hours need both a beginning and an end."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class AccessKey(models.Model):
    """A global credential for the user API (protocol/ums.md 2)."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    access_key = models.CharField(
        _("AccessKey"), max_length=64, unique=True, default=new_key, editable=False
    )
    master_secret = SecretTextField(_("Master Secret"), default=new_key, editable=False)
    enabled = models.BooleanField(_("enabled"), default=True)
    calls_per_minute = _calls_per_minute()
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("access key")
        verbose_name_plural = _("access keys")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class KeyUsage(models.Model):
    """How many API calls a limited key has made in the running minute, shared by all processes."""

    key = models.CharField(max_length=64, primary_key=True)  # ChannelKey or AccessKey
    minute = models.BigIntegerField(default=0)  # since 1970
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("use of a key")
        verbose_name_plural = _("use of keys")

    def __str__(self) -> str:
        return self.key
