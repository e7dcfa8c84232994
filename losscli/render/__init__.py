"""Write results as reports: tables, JSON, CSV and other formats."""
