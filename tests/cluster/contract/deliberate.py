"""Where does the sandbox answer otherwise on purpose? By case, the place in its answers, and why."""

_ETCD = "the real server tells the key and the codes of its own store"
_GO = "the real server shows the object as its own program holds it, or the difference of two such"
_CRON = "the words of another parser of schedules"
_TWICE = "that a name stands twice in one mapping is not looked for"
_OWNED = "who scales to the size that is there already owns it on a real server; here nothing is written"
_UNMEASURED = "nothing is measured here, and nothing is told of it: the real server tells of one that has no type"
_SUSPENDED = "a Job that is suspended says so in its spec alone, without a condition"
_MEASURED = "a ReplicaSet that is taken in is told at once for how many its Deployment is meant, not when it is scaled"
_DISCOVERY = "the order of verbs and parts, and the hash of a form of storage, say nothing here"
_NAMED = "one refusal of the real server names the plural where all others name the kind"
_SCALE = "paths of a custom kind's own scale are not followed: nothing of Fairlead's scales custom kinds"
_AT_ONCE = "a definition and its objects go at once: there is no finalizer that a cleaner would have to take away"
_HISTORY = "which revisions a template had before is not noted"
_DEPRECATED = "nobody is warned of Endpoints, which last as long as the sandbox"
_COUNTED = "slices of endpoints do not count their generations"

DELIBERATE: dict[str, dict[str, str]] = {
    "replace another": {"2.body.message": _ETCD},
    "merge patch of unknown fields": {"1.body.details.causes": _GO},
    "unknown fields, strictly": {"5": _TWICE},
    "services that do not fit": {"7.body.details.causes": _GO},
    "cron jobs that do not fit": {"0.body.details.causes": _CRON},
    "pods do not change": {"1.body.details.causes": _GO},
    "define a kind": {"2.body.resources": _DISCOVERY},
    "define a kind with parts": {"2.body.resources": _DISCOVERY},
    "change an instance": {"7.body.details.kind": _NAMED},
    "scale of instances": {"3.body": _SCALE, "4.body": _SCALE, "5.body": _SCALE},
    "remove the definition": {"3.body": _AT_ONCE},
    "a new template": {"7.body.items[0].metadata.annotations": _HISTORY},
    "scale to the size that it has": {"2.body.metadata.managedFields": _OWNED},
    "an autoscaler holds the size": {"4.body.status.currentMetrics": _UNMEASURED},
    "a job that is suspended": {"1.body.status": _SUSPENDED},
    "a deployment takes a replica set in": {"4.body.items[0].metadata.annotations": _MEASURED},
    "a service and its pods": {
        "1.warning": _DEPRECATED,
        "5.warning": _DEPRECATED,
        "8.warning": _DEPRECATED,
        "10.warning": _DEPRECATED,
        "2.body.items[0].metadata.generation": _COUNTED,
        "6.body.items[0].metadata.generation": _COUNTED,
    },
}
