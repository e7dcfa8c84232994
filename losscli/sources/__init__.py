"""Read every SOURCE (numbers, files, standard input) as columns that can be read several times."""
