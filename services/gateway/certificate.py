"""The certificate that agents are shown: what its files hold when they dial, so that replacing it needs no restart."""

import os
import ssl
from pathlib import Path

import grpc

from libs.runtime.log import logger

_Stamp = tuple[tuple[int, int], ...]


def tls(certificate: Path, key: Path) -> grpc.ServerCredentials:
    pair = Pair(certificate, key)
    # None leaves things as they are, which the types of the library forget.
    return grpc.dynamic_ssl_server_credentials(pair.read(), pair.change)  # type: ignore[arg-type]


class Pair:
    """Two files, looked at for every handshake and read when they changed."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._seen = self._stamp()

    def change(self) -> grpc.ServerCertificateConfiguration | None:
        """The new pair, once; None where it is the same, or where its files do not go together (yet)."""
        try:
            stamp = self._stamp()
            if stamp == self._seen:
                return None
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*self._files)
            found = self.read()
        except OSError as error:
            if isinstance(error, ssl.SSLError):  # until they change; what could only not be read is read again
                self._seen = stamp
            logger().warning("certificate_unusable", file=str(self._files[0]), error=repr(error))
            return None
        self._seen = stamp
        logger().info("certificate_replaced", file=str(self._files[0]))
        return found

    def read(self) -> grpc.ServerCertificateConfiguration:
        certificate, key = self._files
        return grpc.ssl_server_certificate_configuration([(key.read_bytes(), certificate.read_bytes())])

    def _stamp(self) -> _Stamp:
        return tuple((found.st_ino, found.st_mtime_ns) for found in map(os.stat, self._files))
