"""The private authority: made once, used again, replaced before it matters."""

import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from libs.runtime.certificates import LOCAL, ensure_certificates
from libs.runtime.clock import SystemClock

NOW = SystemClock().now()


def test_second_start_uses_the_same(tmp_path: Path) -> None:
    first = ensure_certificates(tmp_path, NOW)
    before = [path.read_bytes() for path in (first.authority, first.certificate, first.key)]
    again = ensure_certificates(tmp_path, NOW)
    assert [path.read_bytes() for path in (again.authority, again.certificate, again.key)] == before


def test_keys_are_for_nobody_else(tmp_path: Path) -> None:
    ensure_certificates(tmp_path / "new", NOW)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {0o600}


def test_server_is_trusted_under_its_names(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path, NOW)
    context = ssl.create_default_context(cafile=str(made.authority))
    context.load_cert_chain(made.certificate, made.key)
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert "127.0.0.1" in map(str, names.get_values_for_type(x509.IPAddress))


def test_old_server_certificate_is_replaced_under_the_same_authority(tmp_path: Path) -> None:
    first = ensure_certificates(tmp_path, NOW)
    authority, server = first.authority.read_bytes(), first.certificate.read_bytes()
    later = ensure_certificates(tmp_path, NOW + timedelta(days=340))
    assert later.authority.read_bytes() == authority
    assert later.certificate.read_bytes() != server


def test_new_name_makes_a_new_server_certificate(tmp_path: Path) -> None:
    first = ensure_certificates(tmp_path, NOW).certificate.read_bytes()
    wider = ensure_certificates(tmp_path, NOW, (*LOCAL, "gateway.example")).certificate.read_bytes()
    assert wider != first
    assert ensure_certificates(tmp_path, NOW).certificate.read_bytes() == wider


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem"])
def test_damaged_file_is_made_again(tmp_path: Path, name: str) -> None:
    ensure_certificates(tmp_path, NOW)
    (tmp_path / name).write_bytes(b"half a fi")
    made = ensure_certificates(tmp_path, NOW)
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    x509.load_pem_x509_certificate(made.certificate.read_bytes()).verify_directly_issued_by(authority)
    ssl.create_default_context().load_cert_chain(made.certificate, made.key)


def test_several_starts_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as starts:
        made = [*starts.map(lambda _: ensure_certificates(tmp_path, NOW).authority.read_bytes(), range(8))]
    assert len(set(made)) == 1
