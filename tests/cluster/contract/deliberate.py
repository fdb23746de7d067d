"""Where does the sandbox answer otherwise on purpose? By case, the place in its answers, and why."""

_ETCD = "the real server tells the key and the codes of its own store"
_GO = "the real server shows the object as its own program holds it, or the difference of two such"
_CRON = "the words of another parser of schedules"
_TWICE = "that a name stands twice in one mapping is not looked for"
_FORESTALLED = "the sandbox's controller had told the same before: the patch changed nothing"
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
    "quota of objects": {"1.body.metadata.managedFields": _FORESTALLED, "3.body.metadata.managedFields": _FORESTALLED},
    "quota of compute": {"1.body.metadata.managedFields": _FORESTALLED},
    "define a kind": {"2.body.resources": _DISCOVERY},
    "define a kind with parts": {"2.body.resources": _DISCOVERY},
    "change an instance": {"7.body.details.kind": _NAMED},
    "scale of instances": {"3.body": _SCALE, "4.body": _SCALE, "5.body": _SCALE},
    "remove the definition": {"3.body": _AT_ONCE},
    "a new template": {"7.body.items[0].metadata.annotations": _HISTORY},
    "a service and its pods": {
        "1.warning": _DEPRECATED,
        "5.warning": _DEPRECATED,
        "2.body.items[0].metadata.generation": _COUNTED,
        "6.body.items[0].metadata.generation": _COUNTED,
    },
}
