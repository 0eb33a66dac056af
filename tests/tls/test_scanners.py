"""What scanners say: sslyze here, testssl.sh by `make test-tls-scanners` (it takes a minute)."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SSLYZE = Path(sys.executable).with_name("sslyze")
MINUTES = 10


@pytest.mark.skipif(not SSLYZE.exists(), reason="sslyze is missing (pip)")
def test_sslyze_finds_no_weakness(tls, authority, tmp_path):
    host, port = tls().addresses[1]
    report = tmp_path / "report.json"
    argv = [SSLYZE, "--certinfo_ca_file", authority.certificate, "--mozilla_config=intermediate", f"{host}:{port}"]
    done = subprocess.run([*argv, f"--json_out={report}"], capture_output=True, text=True, timeout=100)
    assert "OK - Compliant" in done.stdout, done.stdout[-2000:]
    [found] = json.loads(report.read_text())["server_scan_results"]
    result = {name: part["result"] for name, part in found["scan_result"].items() if part and part.get("result")}
    for old in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"):
        assert result[f"{old}_cipher_suites"]["accepted_cipher_suites"] == []
    for new in ("tls_1_2", "tls_1_3"):
        assert len(result[f"{new}_cipher_suites"]["accepted_cipher_suites"]) >= 3
    assert not result["heartbleed"]["is_vulnerable_to_heartbleed"]
    assert not result["openssl_ccs_injection"]["is_vulnerable_to_ccs_injection"]
    assert not result["session_renegotiation"]["is_vulnerable_to_client_renegotiation_dos"]
    assert not result["tls_compression"]["supports_compression"]
    assert result["tls_fallback_scsv"]["supports_fallback_scsv"]


@pytest.mark.skipif(not os.environ.get("HR_SCANNERS"), reason="HR_SCANNERS is not set (make test-tls-scanners sets it)")
@pytest.mark.skipif(shutil.which("testssl") is None, reason="testssl is missing (package testssl.sh)")
@pytest.mark.timeout(60 * MINUTES)
def test_testssl_finds_no_vulnerability(tls, authority, tmp_path):
    port = tls().addresses[1][1]
    report = tmp_path / "report.json"
    argv = ["testssl", "--quiet", "--color", "0", "--add-ca", authority.certificate, "--ip", "127.0.0.1"]
    argv += ["--jsonfile", report, f"https://ads.example.com:{port}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60 * MINUTES)
    rows = json.loads(report.read_text())
    grave = [row for row in rows if row["severity"] in ("MEDIUM", "HIGH", "CRITICAL")]
    # What it has against every private CA (no CRL, no OCSP), and against letting clients choose among ciphers of which
    # none is weak, as Mozilla advises.
    private = re.compile(r"cert_(ocsp|crl|revocation|chain_of_trust|trust|notAfter)|OCSP|CAA|cipher_order|overall_grade|grade_cap")
    assert not [row for row in grave if not private.search(row["id"])], grave
    assert len(rows) > 100 and any(row["id"] == "ROBOT" for row in rows), done.stdout[-2000:]
