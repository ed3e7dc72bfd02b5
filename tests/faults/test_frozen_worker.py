"""Workers that want the same batch: at the same moment, or after one of them was gone for long."""

PEOPLE = 3
