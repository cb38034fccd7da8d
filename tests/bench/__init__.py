"""What things cost, side by side with what they are compared with. Rule: ratios of one run, never a threshold."""
