"""Chance that can be repeated."""

import logging
import os
import secrets
from random import Random

import pytest

logger = logging.getLogger(__name__)


@pytest.fixture
def random() -> Random:
    """Another one in each run; a failure shows the seed, and UMS_FAULTS_SEED repeats it."""
    seed = int(os.environ.get("UMS_FAULTS_SEED") or secrets.randbelow(1_000_000))
    logger.warning("UMS_FAULTS_SEED=%d repeats this run.", seed)
    return Random(seed)
