"""The certificates that are made, judged by those who wrote verifiers: OpenSSL, GnuTLS, cryptography (RFC 5280 and the
web's profile), and what stands in them."""

import datetime
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ExtendedKeyUsageOID, verification

from support import server
from support.deadline import PATIENCE

from tls.conftest import V12, context, openssl, run

LONG = ".".join(["a" * 61] * 4) + ".com"
NAMES = ["example.com", "ads.example.com", "a.b.example.com", "x.example.co.uk", "xn--bcher-kva.example", "localhost", LONG]


def shown(address, name: str | None, authority, **choices) -> bytes:
    """The certificate that a client is shown, in DER."""
    trusting = context(authority.certificate, check=False, **choices)
    with socket.create_connection(address, timeout=PATIENCE) as raw:
        with trusting.wrap_socket(raw, server_hostname=name) as client:
            return client.getpeercert(binary_form=True)


@pytest.fixture(scope="module")
def certificates(authority, tmp_path_factory):
    """What each name is shown: the file, by name; 127.0.0.1 and rsa beside the names."""
    folder = tmp_path_factory.mktemp("shown")
    argv = server.binary_argv("--tls-port", "0", "--ca-dir", str(authority.folder))
    process = server.ServerProcess(argv)
    address = process.addresses[1]
    found = {name: shown(address, name, authority) for name in NAMES}
    found["127.0.0.1"] = shown(address, None, authority)
    found["rsa.example.com"] = shown(address, "rsa.example.com", authority, version=V12, ciphers="ECDHE-RSA-AES128-GCM-SHA256")
    process.stop(())
    files = {}
    for name, der in found.items():
        files[name] = folder / f"{name[:40]}.pem"
        files[name].write_text(ssl.DER_cert_to_PEM_cert(der))
    return files


ALL = [*NAMES, "127.0.0.1", "rsa.example.com"]
short = lambda name: name[:30]  # noqa: E731


@pytest.mark.parametrize("name", ALL, ids=short)
def test_openssl_verifies_strictly(authority, certificates, name):
    kind = "-verify_ip" if name == "127.0.0.1" else "-verify_hostname"
    words = ["-x509_strict", "-purpose", "sslserver", kind, name, "-CAfile", authority.certificate]
    assert openssl("verify", *words, certificates[name]).endswith(": OK\n")


@pytest.mark.skipif(shutil.which("certtool") is None, reason="certtool is missing (package gnutls-bin)")
@pytest.mark.parametrize("name", ALL, ids=short)
def test_certtool_verifies(authority, certificates, name):
    argv = ["certtool", "--verify", "--verify-profile", "medium", "--load-ca-certificate", authority.certificate]
    argv += ["--verify-hostname", name, "--infile", certificates[name]]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0 and "The certificate is trusted" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALL, ids=short)
def test_the_profile_of_the_web_is_kept(authority, certificates, name):
    root = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    subject = x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    verifier = verification.PolicyBuilder().store(verification.Store([root])).build_server_verifier(subject)
    chain = verifier.verify(x509.load_pem_x509_certificate(certificates[name].read_bytes()), [])
    assert len(chain) == 2


@pytest.mark.parametrize("name", ALL, ids=short)
def test_each_part_is_what_it_should_be(authority, certificates, name):
    root = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    leaf = x509.load_pem_x509_certificate(certificates[name].read_bytes())
    part = lambda kind: leaf.extensions.get_extension_for_class(kind).value  # noqa: E731
    assert list(part(x509.ExtendedKeyUsage)) == [ExtendedKeyUsageOID.SERVER_AUTH]
    identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert part(x509.AuthorityKeyIdentifier).key_identifier == identifier
    assert part(x509.BasicConstraints).ca is False and leaf.issuer == root.subject
    usage = part(x509.KeyUsage)
    assert usage.digital_signature and not usage.key_cert_sign and not usage.crl_sign
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).critical
    whole = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert whole <= datetime.timedelta(days=180)
    now = datetime.datetime.now(datetime.timezone.utc)
    early = now - leaf.not_valid_before_utc - datetime.timedelta(days=2)
    assert abs(early) < datetime.timedelta(minutes=5)
    assert 0 < leaf.serial_number < 1 << 128
    key = leaf.public_key()
    if name.startswith("rsa."):
        assert isinstance(key, rsa.RSAPublicKey) and key.key_size == 2048
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"


def test_serials_are_random_and_the_key_is_shared(certificates):
    found = [x509.load_pem_x509_certificate(file.read_bytes()) for file in certificates.values()]
    serials = [leaf.serial_number for leaf in found]
    assert len(set(serials)) >= len(serials) - 1, "two names share the certificate of example.com"
    assert max(serial.bit_length() for serial in serials) > 110
    keys = {leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for leaf in found}
    assert len(keys) == 2, "one of each kind"


CHOICES = {
    "1.2": ["-tls1_2"],
    "1.3": ["-tls1_3"],
    "1.2 without ECDSA": ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305"],
    "1.2, RSA signatures": ["-tls1_2", "-sigalgs", "RSA+SHA256:RSA-PSS+SHA256"],
    "1.3, RSA signatures": ["-tls1_3", "-sigalgs", "RSA-PSS+SHA256:RSA-PSS+SHA384"],
    "1.3, P-256 alone": ["-tls1_3", "-groups", "P-256"],
    "1.3, P-384 after a retry": ["-tls1_3", "-groups", "X448:P-384"],
}


@pytest.mark.parametrize("choice", CHOICES)
def test_openssl_s_client_of_every_kind(tls, authority, choice):
    host, port = tls().addresses[1]
    argv = ["openssl", "s_client", *CHOICES[choice], "-CAfile", authority.certificate, "-verify_return_error"]
    argv += ["-verify_hostname", "a.example.org", "-servername", "a.example.org", "-connect", f"{host}:{port}", "-quiet"]
    request = b"GET /x.gif HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    done = subprocess.run(argv, input=request, capture_output=True, timeout=PATIENCE)
    assert b"GIF89a" in done.stdout and b"verify error" not in done.stderr, done.stderr


def has_javac() -> bool:
    if shutil.which("java") is None:
        return False
    done = subprocess.run(["java", "--list-modules"], capture_output=True, text=True)
    return "jdk.compiler" in done.stdout


JAVA = """
import java.net.URI;
import java.net.http.*;
import javax.net.ssl.*;

public class Ask {
    public static void main(String[] words) throws Exception {
        SSLContext context = SSLContext.getDefault();
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", Integer.parseInt(words[0]));
        SSLParameters wanted = socket.getSSLParameters();
        wanted.setProtocols(new String[] { words[1] });
        wanted.setServerNames(java.util.List.of(new SNIHostName("ads.example.com")));
        socket.setSSLParameters(wanted);
        socket.startHandshake();
        var shown = (java.security.cert.X509Certificate) socket.getSession().getPeerCertificates()[0];
        System.out.println(socket.getSession().getProtocol() + " " + shown.getSubjectAlternativeNames());
        socket.getOutputStream().write("GET /x.gif HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n".getBytes());
        System.out.println(new String(socket.getInputStream().readAllBytes(), "ISO-8859-1").contains("GIF89a"));
    }
}
"""


@pytest.mark.skipif(not has_javac(), reason="a JDK is missing (package openjdk-17-jdk-headless)")
def test_java_trusts_the_truststore(tls, authority, tmp_path):
    port = tls().addresses[1][1]
    (tmp_path / "Ask.java").write_text(JAVA)
    store = tmp_path / "ca.p12"
    run("export", "--dir", authority.folder, "--format", "p12", "--out", store)
    subprocess.run(["javac", "-d", tmp_path, tmp_path / "Ask.java"], check=True, timeout=PATIENCE * 3)
    for version in ("TLSv1.2", "TLSv1.3"):
        argv = ["java", f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit"]
        argv += ["-cp", tmp_path, "Ask", str(port), version]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE * 3)
        assert done.stdout.startswith(version) and done.stdout.endswith("true\n"), done.stdout + done.stderr


GO = """
package main

import ("crypto/tls"; "crypto/x509"; "fmt"; "io"; "os"; "strings")

func main() {
    pem, _ := os.ReadFile(os.Args[2])
    roots := x509.NewCertPool()
    roots.AppendCertsFromPEM(pem)
    for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
        wanted := &tls.Config{RootCAs: roots, ServerName: "ads.example.com", MinVersion: version, MaxVersion: version}
        client, err := tls.Dial("tcp", os.Args[1], wanted)
        if err != nil { fmt.Println(err); os.Exit(1) }
        fmt.Fprint(client, "GET /x.gif HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
        answer, _ := io.ReadAll(client)
        fmt.Println(client.ConnectionState().Version == version, strings.Contains(string(answer), "GIF89a"))
    }
}
"""


@pytest.mark.skipif(shutil.which("go") is None, reason="go is missing (package golang-go)")
def test_go(tls, authority, tmp_path):
    host, port = tls().addresses[1]
    (tmp_path / "ask.go").write_text(GO)
    argv = ["go", "run", tmp_path / "ask.go", f"{host}:{port}", authority.certificate]
    place = {**os.environ, "GOFLAGS": "-mod=mod", "GO111MODULE": "off", "GOCACHE": str(tmp_path / "cache")}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE * 10, env=place)
    assert done.stdout == "true true\ntrue true\n", done.stdout + done.stderr
