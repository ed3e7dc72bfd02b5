"""What was sent (Message), to whom (Delivery), by which calls (Batch), what came back (Receipt)."""

from messaging_app.models.batch import BATCHES_PER_MESSAGE, CID_LIFE, Batch, ChannelQuota, Delivery
from messaging_app.models.content import Material, SensitiveWord, Template
from messaging_app.models.message import IdempotencyKey, Message
from messaging_app.models.receipt import Callback, Receipt

__all__ = [
    "BATCHES_PER_MESSAGE",
    "CID_LIFE",
    "Batch",
    "Callback",
    "ChannelQuota",
    "Delivery",
    "IdempotencyKey",
    "Material",
    "Message",
    "Receipt",
    "SensitiveWord",
    "Template",
]
