"""What is far behind a table, thrown out of focus: one painting a file."""
