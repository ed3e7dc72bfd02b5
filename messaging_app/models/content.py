"""What messages are made of: texts (Template), files (Material), words that are not allowed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models import BusinessLine, Channel


class Template(models.Model):
    """A text with {placeholders} made in the console; the API names it by its id."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    general = models.BooleanField(
        _("general template"),
        default=True,
        help_text=_("Only general templates can be sent by API (else code 1015032)."),
    )
    enabled = models.BooleanField(
        _("enabled"), default=True, help_text=_("A disabled template is refused (code 1015073).")
    )
    channels = models.ManyToManyField(Channel, verbose_name=_("channels"), related_name="+")
    title = models.CharField(_("title"), max_length=200, blank=True)
    text = models.TextField(_("text"), max_length=2000)
    intent = models.CharField(_("open on click"), max_length=1000, blank=True)
    extras = models.JSONField(_("extras"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"


class SensitiveWord(models.Model):
    """A word that no message may hold; without any, nothing is checked."""

    word = models.CharField(_("word"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("sensitive word")
        verbose_name_plural = _("sensitive words")
        ordering = ("word",)

    def __str__(self) -> str:
        return self.word


class Material(models.Model):
    """A file that a business line has uploaded for a later message (protocol/ums.md 3.6)."""

    business_line = models.ForeignKey(
        BusinessLine, on_delete=models.CASCADE, related_name="+", verbose_name=_("business line")
    )
    token = models.CharField(max_length=64, unique=True)  # the secret part of its address
    name = models.CharField(_("file"), max_length=255)
    path = models.CharField(max_length=255)  # below UMS_DATA_DIR
    size = models.PositiveBigIntegerField(_("bytes"))
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    expires_at = models.DateTimeField(_("kept until"), db_index=True)

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name
