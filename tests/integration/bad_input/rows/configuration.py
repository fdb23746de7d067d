"""Group A again, at the other door that takes YAML: the configuration."""

from tests.integration.bad_input.row import Row, config
from tests.integration.bad_input.rows.syntax import ALIASES, BOMB

ROLE = "roles: [{name: Captain, grants: [{type: api, resource: deployment, permission: full}]}]\n"

ROWS: tuple[Row, ...] = (
    config("BI-001", "empty configuration", "", "empty"),
    config("BI-001", "configuration of null", "null\n", "empty"),
    config("BI-002", "configuration of one word", "hello\n", "wrong_type"),
    config("BI-003", "two configurations", f"{ROLE}---\n{ROLE}", "too_many_documents"),
    config("BI-005", "50000 brackets in a configuration", "[" * 50_000, "too_deep"),
    config("BI-007", "1000 dashes in a configuration", "- " * 1000, "too_deep"),
    config("BI-009", "merge bomb in a configuration", BOMB, "too_many_nodes"),
    config("BI-010", "cycle in a configuration", "a: &a [*a]\n", "alias_cycle"),
    config("BI-011", "many aliases in a configuration", ROLE + ALIASES, "too_many_aliases", "too_many_nodes"),
    config("BI-013", "python tag in a configuration", "roles: !!python/object/apply:os.system [id]\n", "tag"),
    config("BI-014", "configuration with a key twice", ROLE + ROLE, "duplicate_key"),
    config("BI-015", "configuration with a number as key", "1: a\n", "key_not_text"),
    config("BI-017", "NUL in a configuration", ROLE.replace("Captain", "Cap\0tain"), "control_character"),
    config("BI-018", "UTF-16 configuration", ROLE.encode("utf-16"), "syntax", "not_utf8", "400"),
    config("BI-019", "large configuration", ROLE + "#" * (5 * 1024 * 1024), "too_long", "413", "too_large"),
    config("BI-037", "roles as text", "roles: all\n", "wrong_type"),
    config("BI-038", "unknown key in a configuration", "rolls: []\n", "unknown_key"),
    config("BI-101", "role that turns the writing", ROLE.replace("Captain", '"a\\u202eb"'), "bad_name", "bad_text"),
)
