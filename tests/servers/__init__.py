"""Throwaway database servers, started when the first test wants one and ended with the tests."""
