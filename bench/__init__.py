"""Side-by-side measurements. Each prints a table, writes JSON and fails on nothing but errors."""
