"""The address that JPush calls: stores what comes and answers at once (protocol/jpush.md 9.10)."""

import base64
import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels_app.jpush import receipts
from channels_app.models import Channel
from messaging_app import inbox


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def jpush_callback(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """Receipts of one channel. 404 without its token, 401 with wrong Basic credentials."""
    # PostgreSQL refuses to look for NUL.
    channel = Channel.objects.filter(code=code).first() if code.isprintable() else None
    if channel is None or not hmac.compare_digest(channel.callback_token.encode(), token.encode()):
        return _text(_("There is no such callback address."), status=404)
    if not _authentic(request.META.get("HTTP_AUTHORIZATION", ""), channel):
        answer = _text(_("The AppKey or Master Secret of this call is wrong."), status=401)
        answer["WWW-Authenticate"] = 'Basic realm="UMS"'
        return answer
    if request.method != "POST":
        return _text(request.GET.get("echostr", ""))
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return _text(_("The body is too large."), status=413)
    body = request.body
    if not body.strip():
        return _text(_("The body is empty; a list of receipts was expected."), status=400)
    if (word := receipts.echo(body)) is not None:
        return _text(word)
    inbox.store(channel=channel, body=body)
    # 200 even if unknown: the callback may beat our commit, and the body is kept to learn from.
    return _text("success")


def _authentic(header: str, channel: Channel) -> bool:
    """The secret address is enough unless credentials come along or are demanded."""
    if not header:
        return not channel.require_callback_auth
    scheme, _space, encoded = header.partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except ValueError:  # not base64, or not even ASCII
        return False
    expected = f"{channel.app_key}:{channel.master_secret}".encode()
    return scheme.lower() == "basic" and hmac.compare_digest(given, expected)


def _text(text: str, status: int = 200) -> HttpResponse:
    # Never HTML: the echo is whatever the caller sent.
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8", status=status)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
