"""What fills the terminal. Rule: only a screen submits commands."""
