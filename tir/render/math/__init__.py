"""Mathematics on a terminal: LaTeX laid out in characters."""
