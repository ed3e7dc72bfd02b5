"""Operators and groups in the console."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse


@pytest.mark.parametrize(
    "page", ["auth_user_changelist", "auth_user_add", "auth_group_changelist", "auth_group_add"]
)
def test_the_pages_for_operators_open(admin_client: Client, page: str) -> None:
    assert admin_client.get(reverse(f"admin:{page}")).status_code == 200


def test_an_operator_is_created_and_can_be_changed(admin_client: Client) -> None:
    password = "a long enough pass phrase"
    form = {
        "username": "li",
        "usable_password": "true",
        "password1": password,
        "password2": password,
    }

    response = admin_client.post(reverse("admin:auth_user_add"), form)

    user = User.objects.get(username="li")
    change_url = reverse("admin:auth_user_change", args=(user.pk,))
    assert (response.status_code, response["Location"]) == (302, change_url)
    assert user.check_password(password)
    assert admin_client.get(change_url).status_code == 200
    password_url = reverse("admin:auth_user_password_change", args=(user.pk,))
    assert admin_client.get(password_url).status_code == 200
