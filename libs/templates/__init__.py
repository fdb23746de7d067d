"""Texts with `{{armory.x}}`, `{{context.x}}` and `{{secrets.x}}` in them: values inserted, and no logic. Pure."""
