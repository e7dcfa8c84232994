"""From columns to a reduced value; it reads and writes nothing."""
