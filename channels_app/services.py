"""Creates channels and the keys of callers, and replaces a key's secret."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from channels_app.models import AccessKey, BusinessLine, Channel, new_key
from ums.lib.errors import DomainError
from ums.lib.outbound import OutboundPolicy

KeyHolder = BusinessLine | AccessKey


def create_channel(
    *, code: str, name: str, app_key: str, master_secret: str, api_url: str = ""
) -> Channel:
    """A new enabled channel; an `api_url` makes it one of a private cloud.

    DomainError naming each value that breaks a rule.
    """
    api_url = clean_api_url(api_url)
    channel = Channel(
        code=code.strip(),
        name=name.strip(),
        cloud=Channel.Cloud.PRIVATE if api_url else Channel.Cloud.PUBLIC,
        api_url=api_url,
        app_key=clean_app_key(app_key),
        master_secret=master_secret.strip(),
    )
    _insert(channel)
    return channel


def create_business_line(*, name: str, channel_codes: Iterable[str] = ()) -> BusinessLine:
    """A new business line that may use the named channels; its key and secret are generated."""
    codes = set(channel_codes)
    with transaction.atomic():
        channels = Channel.objects.filter(code__in=codes)
        if unknown := codes - {channel.code for channel in channels}:
            raise DomainError(
                _("There is no channel with the code “%(codes)s”.")
                % {"codes": "”, “".join(sorted(unknown))}
            )
        line = BusinessLine(name=name.strip())
        _insert(line)
        line.channels.set(channels)
    return line


def create_access_key(*, name: str) -> AccessKey:
    """A new global access key; its key and secret are generated."""
    holder = AccessKey(name=name.strip())
    _insert(holder)
    return holder


def rotate_secret(holder: KeyHolder) -> str:
    """The new Master Secret of `holder`; the old one stops to work at once."""
    secret = new_key()
    rows = type(holder)._default_manager.filter(pk=holder.pk)
    if not rows.update(master_secret=secret):
        raise DomainError(_("“%(name)s” has been deleted.") % {"name": holder.name})
    return secret


def clean_api_url(api_url: str) -> str:
    """`api_url` without the slash at its end; DomainError if this server may not call it."""
    api_url = api_url.strip().rstrip("/")
    if api_url:
        OutboundPolicy.from_settings().check_url(api_url)
    return api_url


def clean_app_key(app_key: str) -> str:
    """`app_key` without spaces around it; DomainError if it cannot be a Basic user name."""
    app_key = app_key.strip()
    if ":" in app_key or any(character.isspace() for character in app_key):
        raise DomainError(
            _("The AppKey “%(app_key)s” may not contain a colon or a space: copy it again.")
            % {"app_key": app_key}
        )
    return app_key


def _insert(instance: models.Model) -> None:
    try:
        instance.full_clean()
    except ValidationError as exc:
        faults = [
            _fault(instance, field, message)
            for field, messages in exc.message_dict.items()
            for message in messages
        ]
        raise DomainError(" ".join(faults)) from exc
    instance.save()


def _fault(instance: models.Model, field_name: str, message: str) -> str:
    """One sentence with the field, the value unless it is a secret or missing, and the rule."""
    label = str(instance._meta.get_field(field_name).verbose_name)  # type: ignore[union-attr]  # a column, not a relation
    value = "" if field_name == "master_secret" else getattr(instance, field_name)
    subject = f"{label} “{value}”" if value else label
    return f"{subject[:1].upper()}{subject[1:]}: {message}"
