"""Steps that bring a fresh clone to where it can run; each is quick when nothing is to do."""
