"""Makes the public id of a message in the shape of the original (protocol/ums.md 3.1)."""

import secrets
import time


def new_msgid() -> str:
    """`v:1t:<unix seconds>p:<random>n:<random>`: opaque to clients, unguessable to strangers."""
    return f"v:1t:{int(time.time())}p:{secrets.randbelow(10**9)}n:{secrets.randbelow(10**9)}"
