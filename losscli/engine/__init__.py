"""The computation of losses: from columns of numbers to a reduced value. It reads and writes no files."""
