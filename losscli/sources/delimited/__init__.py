"""CSV and TSV: the csv module defines the values, and three faster readers give the same bits."""
