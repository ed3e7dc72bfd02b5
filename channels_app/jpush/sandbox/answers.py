"""What the sandbox answers when it does not do what was asked."""

# protocol/jpush.md 8.1 and 8.3
HTTP_STATUS = {
    1000: 500,
    1001: 405,
    1002: 400,
    1003: 400,
    1004: 401,
    1005: 400,
    1009: 400,
    1011: 400,
    1030: 503,
    2002: 429,
    7002: 400,
}


class RefusalError(Exception):
    """A call that gets an error body (protocol/jpush.md 2.8); its status follows from the code."""

    def __init__(self, code: int, message: str, *, msg_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = HTTP_STATUS[code]
        self.message = message
        self.msg_id = msg_id

    def body(self) -> dict[str, object]:
        answer: dict[str, object] = {"error": {"code": self.code, "message": self.message}}
        if self.msg_id is not None:
            answer["msg_id"] = int(self.msg_id)  # a number here, a string on success
        return answer


class MissingError(Exception):
    """An address that this server does not have."""


class DropError(Exception):
    """A call whose connection is closed without an answer."""
