"""Renders a page of ours inside the console's shell."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, object],
    *,
    title: str,
    status: int = 200,
) -> HttpResponse:
    """`template` extends `ums/page.html`; the shell's navigation and language come with it."""
    shell = admin.site.each_context(request)
    return render(request, template, {**shell, **context, "title": title}, status=status)
