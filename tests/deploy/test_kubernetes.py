"""The chart as Helm renders it: against the schemas of Kubernetes, and what it promises."""

import os
import subprocess

import pytest
import yaml

from support.paths import BINARY, REPO

helm = pytest.importorskip("helm_python")
validator = pytest.importorskip("kubernetes_validate")

CHART = REPO / "deploy" / "helm" / "http-responder"
COMMITTED = REPO / "deploy" / "kubernetes" / "http-responder.yaml"
VERSIONS = ("1.30", "1.37")
"""The oldest that the chart takes, and the newest that there are schemas for."""


def render(**values) -> dict[str, dict]:
    """What would be applied, by kind and name."""
    with helm.Chart.load(str(CHART)) as chart:
        chart.validate_schema(values)
        texts = chart.render(values, name="ads", namespace="sinkhole")
    documents = [one for text in texts.values() for one in yaml.safe_load_all(text) if one]
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in documents}


def container(rendered: dict, kind: str = "Deployment") -> dict:
    return rendered[f"{kind}/ads"]["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", [
    {}, {"kind": "DaemonSet"}, {"autoscaling": {"enabled": False}}, {"gateway": {"enabled": False}},
    {"rules": {"50-own.toml": '[[rule]]\nhost = "a"\nkind = "none"\n'}},
    {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "x", "operator": "Exists"}]},
])  # fmt: skip
def test_all_that_is_rendered_is_what_kubernetes_knows(values, version):
    rendered = render(**values)
    assert len(rendered) >= 4
    for document in rendered.values():
        validator.validate(document, version, strict=True)


def test_a_wrong_value_is_refused():
    with pytest.raises(helm.HelmError):
        render(kind="StatefulSet")
    with helm.Chart.load(str(CHART)) as chart, pytest.raises(helm.HelmError):
        chart.validate_schema({"options": {"Bad-Name": 1}})


def test_helm_has_nothing_to_say():
    found = helm.lint(str(CHART))
    assert found["errors"] == [] and "WARNING" not in str(found) and "ERROR" not in str(found), found


def test_a_deployment_scales_and_survives_a_disruption():
    rendered = render()
    assert {"HorizontalPodAutoscaler/ads", "PodDisruptionBudget/ads", "Service/ads"} <= rendered.keys()
    metrics = rendered["HorizontalPodAutoscaler/ads"]["spec"]["metrics"]
    assert metrics[0]["pods"]["metric"]["name"] == "http_responder_requests_per_second"
    assert "replicas" not in rendered["Deployment/ads"]["spec"], "the autoscaler says how many"
    selector = rendered["Service/ads"]["spec"]["selector"].items()
    assert selector <= rendered["Deployment/ads"]["spec"]["template"]["metadata"]["labels"].items()


def test_a_daemon_set_has_a_pod_and_a_port_on_each_node():
    rendered = render(kind="DaemonSet")
    assert container(rendered, "DaemonSet")["ports"][0]["hostPort"] == 80
    assert not any(name.startswith(("HorizontalPod", "PodDisruption")) for name in rendered)


def test_the_options_are_options(tmp_path):
    """The file of the ConfigMap and the arguments, given to the real program."""
    rendered = render(options={"keep_alive_timeout": "90s", "cors": True, "max_connections": 2_000_000})
    text = rendered["ConfigMap/ads"]["data"]["http_responder.toml"]
    assert "max_connections = 2000000" in text
    rules = tmp_path / "rules"
    rules.mkdir()
    file = tmp_path / "http_responder.toml"
    file.write_text(text.replace("/etc/http_responder/rules", str(rules)))
    assert file.read_text() != text
    # A port that nobody may have: options are read first, and mistakes in them have another status.
    arguments = [word.replace("/config/http_responder.toml", str(file)) for word in container(rendered)["args"]]
    ended = subprocess.run([BINARY, *arguments, "--no-such"], capture_output=True, text=True, timeout=10)
    assert ended.returncode == 2 and "no-such" in ended.stderr, ended.stderr


def test_rules_are_found_as_kubelet_lays_them(start, tmp_path):
    """A mounted ConfigMap is links to a hidden folder that is replaced as a whole."""
    hidden = tmp_path / "..2026_11_26"
    hidden.mkdir()
    (hidden / "50-own.toml").write_text('[[rule]]\npath = "/own"\nstatus = 204\n')
    os.symlink(hidden.name, tmp_path / "..data")
    os.symlink("..data/50-own.toml", tmp_path / "50-own.toml")
    checked = subprocess.run([BINARY, "--check", tmp_path], capture_output=True, text=True, timeout=10)
    assert (checked.returncode, checked.stdout) == (0, "1 rule, no mistake\n"), checked.stderr


def test_the_manifests_are_the_chart():
    """deploy/kubernetes is for those without Helm. UPDATE_DOCS=1 writes it anew."""
    with helm.Chart.load(str(CHART)) as chart:
        texts = chart.render({}, name="http-responder", namespace="default")
    parts = [f"---\n{text.strip()}\n" for _, text in sorted(texts.items()) if text.strip()]
    text = "# Generated from deploy/helm/http-responder; do not edit.\n" + "".join(parts)
    if os.environ.get("UPDATE_DOCS") == "1":
        COMMITTED.write_text(text)
    assert COMMITTED.read_text() == text, "stale: UPDATE_DOCS=1 make test-deploy writes it anew"
