"""The command line. Only this room imports Typer, prints, exits and reads argv."""
