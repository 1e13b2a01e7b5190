"""Door for operators: the command line. What runs in a browser is another door."""
