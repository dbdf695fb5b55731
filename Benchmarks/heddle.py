"""Heddle's two programs, and the manifests that they serve: the Gateway `bench/edge`."""

import common

GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: bench}}
spec:
  gatewayClassName: heddle
  listeners: [{{name: http, port: {port}, protocol: HTTP}}]
"""
BACKEND = """---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: bench}}
spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: 80}}]}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {{name: {name}, namespace: bench}}
spec: {{address: 127.0.0.1, labels: {{app: {name}}}, ports: {{http: {port}}}}}
"""


def base(port, upstreams):
    """The Gateway at `port`, and the Services `a` and `b` at the upstreams' ports."""
    return GATEWAY.format(port=port) + "".join(
        BACKEND.format(name=name, port=upstream) for name, upstream in zip("ab", upstreams))


def start_heddled(manifests, core=None):
    """The control plane, and its xDS port."""
    xds, admin = common.free_port(), common.free_port()
    child = common.start(
        [common.program("heddled"), "--manifests", manifests, "--bind-address", "127.0.0.1",
         "--xds-address", f"127.0.0.1:{xds}", "--admin-address", f"127.0.0.1:{admin}",
         "--log-level", "warning"], core=core)
    common.wait_for("heddled", child, lambda: common.get(admin, "/ready"))
    return child, xds


def start_agent(xds, state, core=None):
    """The agent of `bench/edge`, ready."""
    admin = common.free_port()
    child = common.start(
        [common.program("heddle-agent"), "--gateway", "bench/edge", "--workers", 1,
         "--access-log", "off", "--state-dir", state, "--xds-address", f"127.0.0.1:{xds}",
         "--admin-address", f"127.0.0.1:{admin}", "--log-level", "warning"], core=core)
    common.wait_for("heddle-agent", child, lambda: common.get(admin, "/ready"))
    return child
