"""Which answer of several is put forward, and when enough samples were drawn to tell."""
