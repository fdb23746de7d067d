"""The promises, checked at each write of a cluster and at the end of a run. Their ids are those of docs/proof.md."""
