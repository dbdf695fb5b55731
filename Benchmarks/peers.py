"""The upstream, and the proxies beside which heddle-agent is measured.

Each proxy is one worker that splits 50/50 over two upstream addresses, keeps its connections,
adds x-forwarded-for, x-forwarded-proto and x-request-id, and writes no access log.
"""

import json

import common


def start_upstream(folder, bodies, core=None):
    """nginx at one port a body, which answers every request with it."""
    ports = [common.free_port() for _ in bodies]
    servers = "".join(
        f"server {{ listen 127.0.0.1:{port} backlog=4096;"
        f" location / {{ return 200 '{body}'; }} }}\n"
        for port, body in zip(ports, bodies))
    child = _start_nginx(folder, "upstream", servers, core)
    for port in ports:
        common.wait_for("the upstream", child, lambda: common.get(port))
    return child, ports


def start_nginx(folder, port, upstreams, core):
    return _start_nginx(
        folder, "proxy",
        f"upstream u {{ server 127.0.0.1:{upstreams[0]} weight=50;"
        f" server 127.0.0.1:{upstreams[1]} weight=50;"
        " keepalive 256; keepalive_requests 100000000; }\n"
        f"server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://u;"
        " proxy_http_version 1.1; proxy_set_header Connection '';"
        " proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto http;"
        " proxy_set_header X-Request-ID $request_id;"
        " proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; } }\n", core)


def _start_nginx(folder, name, servers, core):
    config = folder / f"{name}.conf"
    config.write_text(
        f"daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log /dev/null;\n"
        "events { worker_connections 4096; }\n"
        "http { access_log off; keepalive_requests 100000000; keepalive_timeout 3600s;\n"
        f"{servers} }}\n")
    return common.start([common.tool("nginx", "nginx-light"), "-c", config], core=core)


def start_haproxy(folder, port, upstreams, core):
    config = folder / "haproxy.cfg"
    config.write_text(
        "global\n  nbthread 1\n  maxconn 8192\n"
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
        "  option http-keep-alive\n  option forwardfor\n  http-reuse always\n"
        f"frontend f\n  bind 127.0.0.1:{port}\n  http-request set-header x-forwarded-proto http\n"
        "  unique-id-format %{+X}o\\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid\n"
        "  unique-id-header x-request-id\n  default_backend b\n"
        f"backend b\n  balance roundrobin\n  server a 127.0.0.1:{upstreams[0]} weight 50\n"
        f"  server b 127.0.0.1:{upstreams[1]} weight 50\n")
    return common.start([common.tool("haproxy", "haproxy"), "-db", "-f", config], core=core)


def start_envoy(folder, port, upstreams, core):
    """Envoy with a static configuration of what Heddle would send it."""
    extensions = "type.googleapis.com/envoy.extensions.filters"
    weights = [{"name": name, "weight": 50} for name in "ab"]
    route = {"match": {"prefix": "/"},
             "route": {"weighted_clusters": {"clusters": weights}, "timeout": "0s"}}
    manager = {
        "@type": f"{extensions}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench", "use_remote_address": True, "normalize_path": True,
        "route_config": {"name": "r", "virtual_hosts": [
            {"name": "h", "domains": ["*"], "routes": [route]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
            "@type": f"{extensions}.http.router.v3.Router"}}],
    }
    listener = {"name": "l", "address": _address(port), "filter_chains": [
        {"filters": [{"name": "hcm", "typed_config": manager}]}]}
    config = folder / "envoy.json"
    config.write_text(json.dumps({"static_resources": {
        "listeners": [listener],
        "clusters": [_cluster(name, port) for name, port in zip("ab", upstreams)]}}))
    return _start_envoy(config, core)


def _cluster(name, port):
    endpoint = {"endpoint": {"address": _address(port)}}
    return {"name": name, "type": "STATIC", "connect_timeout": "5s", "load_assignment": {
        "cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}}


def _address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def start_envoy_by_xds(folder, xds):
    """Envoy for the Gateway `bench/edge`, by ADS, state of the world."""
    text = (common.ROOT / "examples/envoy/bootstrap-sotw.yaml").read_text()
    for old, new in [("15010", xds), ("19000", common.free_port()),
                     ("bookinfo/bookinfo-proxy", "bench/edge"),
                     ("bookinfo~bookinfo-proxy", "bench~edge")]:
        text = text.replace(old, str(new))
    config = folder / "envoy.yaml"
    config.write_text(text)
    return _start_envoy(config, None)


def _start_envoy(config, core):
    return common.start(
        [common.envoy_program(), "-c", config, "--concurrency", 1, "--use-dynamic-base-id",
         "--log-level", "error"], core=core)
