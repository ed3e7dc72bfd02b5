"""The one error that a caller can mend, with its business code (protocol/ums.md 8)."""

from enum import IntEnum


class Code(IntEnum):
    """Business codes of the REST API; names are ours, numbers are protocol/ums.md 8."""

    OK = 0
    INVALID_PARAMETER = 4004
    AUTHENTICATION_FAILED = 4005
    SERVER_ERROR = 5000
    TOO_MANY_USERIDS = 1015004
    LINE_CLOSED = 1015005
    NO_APP_CHANNEL = 1015006
    NO_SMS_CHANNEL = 1015007
    NO_WECHATOA_CHANNEL = 1015008
    NO_WECHATMP_CHANNEL = 1015009
    NO_EMAIL_CHANNEL = 1015010
    NO_ALIPAY_CHANNEL = 1015011
    NO_DINGTALK_CHANNEL = 1015012
    OWNER_NEEDED = 1015023
    RULE_INVALID = 1015026
    BROADCASTS_USED_UP = 1015029
    TOO_MANY_CALLS = 1015030
    TEMPLATE_UNKNOWN = 1015031
    TEMPLATE_NOT_GENERAL = 1015032
    SENSITIVE_WORD = 1015034
    QUIET_HOURS = 1015038
    LIST_UNKNOWN = 1015046
    ALREADY_RETRACTED = 1015055
    TEMPLATE_INVALID = 1015073
    PLATFORM_MISSING = 1015084
    PLATFORM_WRONG = 1015085
    MSG_WITH_TEMPLATE = 1015094
    TWO_LISTS = 1015097


class DomainError(Exception):
    """What a caller can mend: a full sentence with the value at fault and what to do.

    `message` may be a lazy translation; it never holds a secret.
    """

    def __init__(self, message: str, code: Code = Code.INVALID_PARAMETER) -> None:
        super().__init__(message)
        self.code = code

    @property
    def message(self) -> str:
        return str(self.args[0])


class MismatchError(DomainError):
    """A key that stands for one request came with another one."""


class NotFoundError(DomainError):
    """What the caller names does not exist, or belongs to somebody else."""
