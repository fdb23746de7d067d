"""What the commands that stand alone say of themselves: told without importing what they do.

The first line is what the list of commands shows.
"""

ALONE = {
    "login": (
        "cli.commands.login:login",
        """Log in to a server with a client's id and secret.

        Whatever is not given with -c, --secret-file or FAIRLEAD_CLIENT_ID and FAIRLEAD_CLIENT_SECRET is asked for. The
        secret is not kept: the server renews the login by itself for some days. Every command then goes to the server
        that was logged in to last, unless it names another or `fairlead up` runs in this folder: there its own token
        counts, and a login only where its server is named.

        Example: fairlead login --server https://fairlead.example.com
        """,
    ),
    "logout": (
        "cli.commands.login:logout",
        """End a login, at the server and on this machine.

        Example: fairlead logout
        """,
    ),
    "validate": (
        "cli.commands.validate:validate",
        """Check a deployment file and its manifests; needs no server.

        Everything that is wrong is said at once, with line and column.

        Example: fairlead validate -f deploy.yml
        """,
    ),
    "plan": (
        "cli.commands.plan:plan",
        """Show what a deployment file would do; needs no server.

        Every target in order, with its gates and steps.

        Example: fairlead plan -f deploy.yml
        """,
    ),
    "doctor": (
        "cli.commands.local:doctor",
        """Check server, services, token, clocks and agents.

        Each line says ok, or what to do.

        Example: fairlead doctor
        """,
    ),
    "up": (
        "cli.commands.local:up",
        """Run everything on this machine.

        That is NATS, all services, two sandbox clusters and their agents. Everything is kept in the state folder:
        FAIRLEAD_STATE_DIR, else .fairlead in the working directory. Started again, it goes on; where what NATS holds is
        older than what was seen, only with --accept-store.

        Example: fairlead up
        """,
    ),
    "demo": (
        "cli.commands.local:demo",
        """Show releases as a story, on sandboxes or on a cluster of yours.

        A canary, an approval, blue/green, tests and figures that decide, and ways back.

        Example: fairlead demo
        """,
    ),
    "sandbox": (
        "cli.commands.local:sandbox",
        """Run one pretend Kubernetes cluster.

        It stays in the foreground, for kubectl or any other client.

        Example: fairlead sandbox --port 8001 --kubeconfig sandbox.kubeconfig
        """,
    ),
}
