"""Tests: the folders mirror console/, each name is a sentence."""
