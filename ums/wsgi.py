"""The web process's entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from ums.chunked import ChunkedBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.settings")

application = ChunkedBodies(get_wsgi_application())

# All that is loaded by now stays: the garbage collector need not look through it again and again.
gc.freeze()
