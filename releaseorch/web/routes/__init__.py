"""One module of addresses per noun."""
