"""What the demo's operator does in the console: sign in, import, compose, read the report."""

import io
import re
import time
from collections.abc import Iterable

from django.urls import reverse
from openpyxl import Workbook

from ums.local.browser import Browser, Page
from ums.local.demo_figures import WAIT_SECONDS, DemoError, require
from ums.local.forms import Form, forms_of

BOX = re.compile(r'data-box="(\w+)"[^>]*data-count="(\d+)"')
STATE = re.compile(r'class="ums-page" data-state="(\w+)"')
COLUMNS = ("userid", "bind_id", "app_regid", "tag")


class Console:
    def __init__(self, url: str) -> None:
        self._browser = Browser(url)

    def sign_in(self, username: str, password: str) -> None:
        page = self._browser.get(reverse("admin:index"))
        form = page.form(field="password")
        page = self._browser.submit(page, form, {"username": username, "password": password})
        require(page.url.endswith(reverse("admin:index")), "Nobody can sign in.")

    def import_workbook(self, rows: Iterable[tuple[str, ...]]) -> None:
        """Upload the rows as a workbook, wait for the check, apply it, wait for the end."""
        content, number = _workbook(rows)
        page = self._browser.get(reverse("users:import_new"))
        form = page.form(field="file")
        uploaded = self._browser.upload(page, form, "file", "demo.xlsx", content)
        checked = self._once(uploaded.url, "checked")
        require(f"{number:,}" in checked.text, "The check does not show the number of rows.")
        confirmed = self._browser.submit(checked, _form_to(checked, "apply"), {})
        self._once(confirmed.url, "applied")

    def _once(self, url: str, state: str) -> Page:
        """The page of an import as soon as that has the state."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            page = self._browser.get(url)
            found = STATE.search(page.text)
            require(found is not None, f"{url} was answered with {page.status} and no import.")
            if found and found[1] == state:
                return page
            time.sleep(0.3)
        raise DemoError(f"After {WAIT_SECONDS:.0f} s the import is not {state}.")

    def send_to_tag(self, tag: str) -> str:
        """Fill in the form, confirm the number that the review names; the report's address."""
        page = self._browser.get(reverse("messages:compose"))
        form = page.form(field="text")
        written: dict[str, str | list[str]] = {
            "channels": form.choices["channels"],
            "audience_kind": "tags",
            "tags": tag,
            "title": "Hello",
            "text": "Hello from the console",
        }
        review = self._browser.submit(page, form, written)
        confirm = review.form(field="step")
        report = self._browser.submit(review, confirm, {"step": "send"})
        require(bool(BOX.search(report.text)), f"Sending led to {report.url}, which is no report.")
        return report.url

    def ledger(self, report: str) -> dict[str, int]:
        """The boxes of a report page by name, and their sum as `targets`."""
        boxes = {box: int(count) for box, count in BOX.findall(self._browser.get(report).text)}
        return {"targets": sum(boxes.values()), **boxes}


def _workbook(rows: Iterable[tuple[str, ...]]) -> tuple[bytes, int]:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    sheet.append(COLUMNS)
    number = 0
    for row in rows:
        sheet.append(row)
        number += 1
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue(), number


def _form_to(page: Page, action: str) -> Form:
    """The form of `page` that leads to an address with `action` in it."""
    found = next((form for form in forms_of(page.text) if action in form.action), None)
    if found is None:
        raise DemoError(f"{page.url} has no form for “{action}”.")
    return found
