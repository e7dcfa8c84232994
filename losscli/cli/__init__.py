"""The command line: the only place that knows Typer, prints, exits and sees argv."""
