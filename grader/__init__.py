"""The domain: labs, and what it takes to judge what a learner built on a real cluster."""
