"""The least that the same result takes on this machine."""
