"""What stands between a name and a loss."""
