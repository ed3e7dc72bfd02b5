from django.db import migrations
from django.db.models import F


def mark_expanded(apps, schema_editor):
    """Messages that have their ledger already must not get another one when they are resumed."""
    message = apps.get_model("messaging_app", "Message")
    message.objects.filter(
        state__in=("sending", "done", "retracted"), expanded_at=None, batches__isnull=False
    ).update(expanded_at=F("created_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('messaging_app', '0004_delivery_engine'),
    ]

    operations = [
        migrations.RunPython(mark_expanded, migrations.RunPython.noop),
    ]
