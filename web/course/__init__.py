"""What a learner reads: the list of labs and the text of each."""
