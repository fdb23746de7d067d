"""Group O: the command line and the files that it is given."""

from tests.integration.bad_input.row import Kind, Row


def command(id_: str, name: str, *expects: str) -> Row:
    return Row(id_, name, Kind.COMMAND, name.encode(), expects)


ROWS: tuple[Row, ...] = (
    command("BI-280", "validate -f missing.yml", "2"),
    command("BI-280", "validate -f folder", "2"),
    command("BI-280", "validate -f fifo", "2"),
    command("BI-280", "validate -f /dev/zero", "2"),
    command("BI-280", "validate -f loop", "2"),
    command("BI-280", "validate -f large.yml", "2"),
    command("BI-280", "validate -f", "2"),
    command("BI-280", "validate -f names-missing.yml", "2"),
    command("BI-280", "validate -f names-fifo.yml", "2"),
    command("BI-280", "validate -f empty", "2"),
    command("BI-280", "validate -f bytes", "2"),
    command("BI-280", "validate -f names-itself.yml", "2"),
    command("BI-280", "validate -f /proc/self/mem", "2"),
    *(
        command("BI-280", f"{verb} -f {name} --server http://127.0.0.1:1 --token x", "2")
        for verb in ("deploy start", "config apply")
        for name in ("missing", "folder", "fifo", "/dev/zero", "loop", "large.yml", "bytes")
    ),
    command("BI-280", "validate -f good.yml"),
    command("BI-283", "deploy list --server http://127.0.0.1:1 --token x", "5"),
    command("BI-283", "deploy list --server nonsense --token x", "2"),
    command("BI-283", "deploy status ../../x --server http://127.0.0.1:1 --token x", "2"),
    command("BI-283", "deploy strat", "2"),
    command("BI-283", "deploy list --limit many", "2"),
    command("BI-283", "--output nonsense version", "2"),
    command("BI-283", "deploy start -f good.yml --add-context nonsense --server http://127.0.0.1:1 --token x", "2"),
    command("BI-283", "completion nonsense", "2"),
    command("BI-283", "deploy list --server http://127.0.0.1:99999 --token x", "2"),
    command("BI-284", "deploy list --token-file missing", "2"),
)
