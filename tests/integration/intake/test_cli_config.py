"""`fairlead config` as scripts see it."""

import json
from pathlib import Path

import pytest

from tests.integration.conftest import Open
from tests.integration.intake.test_cli import ended, spawn
from tests.integration.intake.world import world

ROLES = """\
roles:
  - name: Release Captain
    grants: [{type: api, resource: deployment, permission: full}]
  - name: Owner
    grants: [{type: api, resource: tenant, permission: full}]
"""


@pytest.mark.feature("F139", "F141", "F166")
async def test_configuration_goes_round(memory: Open, tmp_path: Path) -> None:
    (tmp_path / "roles.yml").write_text(ROLES)
    (tmp_path / "one.yml").write_text("roles: [{name: Owner}]\n")
    (tmp_path / "none.yml").write_text("allowAutoDelete: true\n")
    async with memory() as p, world(p.store, p.bus) as w:

        async def told(*arguments: str) -> tuple[int, str, str]:
            done = await ended(await spawn(tmp_path, "config", *arguments, w=w))
            return done.code, done.out, done.err

        assert await told("apply", "-f", "roles.yml") == (0, "Created role: Release Captain\nCreated role: Owner\n", "")
        code, shown, _ = await told("get")
        (tmp_path / "again.yml").write_text(shown)
        assert (code, shown.startswith("tenants:\n- main\nroles:\n- name: Release Captain\n")) == (0, True)
        assert await told("apply", "-f", "again.yml") == (
            0,
            "Unchanged role: Release Captain\nUnchanged role: Owner\n",
            "",
        )
        code, out, err = await told("apply", "-f", "one.yml")
        assert (code, out) == (0, "Updated role: Owner\n")
        assert "leaves out role Release Captain" in err
        assert (await told("apply", "-f", "none.yml", "--dry-run"))[1] == (
            "Would have deleted role: Owner\nWould have deleted role: Release Captain\n"
        )
        assert (await told("apply", "-f", "none.yml", "--revision", "1"))[0] == 1
        assert (await told("apply", "-f", "none.yml"))[1] == "Deleted role: Owner\nDeleted role: Release Captain\n"
        code, shown, _ = await told("get", "-o", "json")
        assert (code, json.loads(shown)) == (0, {"tenants": ["main"], "roles": []})


async def test_wrong_file_is_told_in_place(memory: Open, tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_text("roles:\n  - nam: SRE\n")
    async with memory() as p, world(p.store, p.bus) as w:
        done = await ended(await spawn(tmp_path, "config", "apply", "-f", "wrong.yml", w=w))
        assert done.code == 2
        assert "2:5: roles[0].nam: is not known here (did you mean name?)" in done.err
        assert (await ended(await spawn(tmp_path, "config", "apply", "-f", "absent.yml", w=w))).code == 2
