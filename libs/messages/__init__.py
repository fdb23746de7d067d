"""Everything that is said on the bus, declared once: one file per noun, and the grammar of subjects."""
