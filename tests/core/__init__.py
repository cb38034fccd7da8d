"""Tests of the pure heart: what is allowed, and what every event means."""
