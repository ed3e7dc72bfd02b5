"""The documentation of the send API: one description for each call, applied to its view."""
