"""What the sandbox answers when it does not do what was asked."""

from collections.abc import Sequence
from typing import Self

# protocol/jpush.md 8.1, and 8.6 for five digits: the HTTP status and a message.
PUSH_ERRORS = {
    1000: (500, "Internal error"),
    1001: (405, "This method is not allowed"),
    1002: (400, "Missing parameter"),
    1003: (400, "Parameter value is illegal"),
    1004: (401, "Basic authentication failed"),
    1005: (400, "The message is too large"),
    1008: (400, "The app_key is illegal"),
    1009: (400, "Unsupported key in the push object"),
    1011: (400, "cannot find user by this audience"),
    1012: (400, "The limit of timed pushes or the vendor's quota is reached"),
    1020: (404, "Only HTTPS is supported"),
    1030: (503, "Internal timeout"),
    1035: (400, "active_push is misused"),
    2002: (429, "Rate limit exceeded"),
    2003: (403, "The appKey is in black list."),
    2004: (403, "This IP is not allowed"),
    2005: (403, "The amount is over the limit of the contract"),
    2006: (403, "This is not a VIP app"),
    2007: (403, "No permission for this API"),
    2008: (403, "The limit of broadcasts per day is reached"),
    20101: (400, "registration_id is invalid or not of this app"),
    21004: (401, "Authentication failed"),
    21011: (400, "No target fits the audience"),
    21030: (503, "Internal timeout"),
    23008: (400, "Rate limit exceeded"),
    27000: (500, "Internal error"),
}
HTTP_STATUS = {
    **{code: status for code, (status, _) in PUSH_ERRORS.items()},
    7002: 400,  # protocol/jpush.md 8.3
}


class RefusalError(Exception):
    """A call that gets an error body (protocol/jpush.md 2.8); its status follows from the code."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        msg_id: str | None = None,
        illegal_rids: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = HTTP_STATUS[code]
        self.message = message
        self.msg_id = msg_id
        self.illegal_rids = illegal_rids

    def body(self) -> dict[str, object]:
        error: dict[str, object] = {"code": self.code, "message": self.message}
        if self.illegal_rids:
            error["illegal_rids"] = self.illegal_rids
        answer: dict[str, object] = {"error": error}
        if self.msg_id is not None:
            answer["msg_id"] = int(self.msg_id)  # a number here, a string on success
        return answer

    @classmethod
    def by_fault(cls, code: int) -> Self:
        """One that the fault menu asked for, and that says so."""
        return cls(code, f"{PUSH_ERRORS[code][1]} (a fault of the sandbox)")


class MissingError(Exception):
    """An address that this server does not have."""


class DropError(Exception):
    """A call whose connection is closed without an answer."""
