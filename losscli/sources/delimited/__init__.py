"""CSV and TSV: the csv module is the definition, three faster ways give the same bits."""
