"""The screen: it draws what the views say and asks a session for things.

Rule: it decides nothing and executes nothing.
"""
