"""From evidence to a verdict: pure, total, the same for ever. Knows no clock and no network."""
