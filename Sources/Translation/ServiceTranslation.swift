import GatewayAPI
import HeddlePlugin
import XDS

/// What a Service becomes: a cluster for each port.
enum ServiceTranslation {
    /// The ports as a backend, before policies.
    static func ports(_ reference: ObjectReference, _ service: Service) -> [BackendTranslation.Port]
    {
        service.ports.compactMap { port in
            guard port.protocol == .tcp || port.protocol == .udp else { return nil }
            let isUDP = port.protocol == .udp
            return BackendTranslation.Port(
                number: port.port, name: port.name,
                cluster: ClusterName.of(service: reference, port: port.port, isUDP: isUDP),
                isUDP: isUDP, traits: traits(of: port))
        }
    }

    /// The hosts by which mesh clients reach each TCP port: those of every namespace, and those
    /// that only the Service's own may use.
    static func domains(
        of service: Service, _ reference: ObjectReference, clusterDomain: String
    ) -> [Int: (all: [String], short: [String])] {
        let tcp = service.ports.filter { $0.protocol == .tcp }
        // A host without a port means port 80, or the first one where there is no 80.
        let portless = tcp.first { $0.port == 80 }?.port ?? tcp.first?.port
        let names = names(reference, service, clusterDomain: clusterDomain)
        var domains: [Int: (all: [String], short: [String])] = [:]
        for port in tcp {
            let isDefault = port.port == portless
            domains[port.port] = (
                Self.domains(names, port: port.port, isDefault: isDefault),
                Self.domains([reference.name], port: port.port, isDefault: isDefault)
            )
        }
        return domains
    }

    private static func names(
        _ reference: ObjectReference, _ service: Service, clusterDomain: String
    ) -> [String] {
        let base = "\(reference.name).\(reference.namespace)"
        var addresses = service.clusterIPs
        if let address = service.clusterIP, !addresses.contains(address) {
            addresses.append(address)
        }
        let literal = addresses.filter { !$0.isEmpty && $0 != "None" }.map {
            $0.contains(":") ? "[\($0)]" : $0
        }
        return [base, base + ".svc", base + ".svc." + clusterDomain] + literal
    }

    private static func domains(_ names: [String], port: Int, isDefault: Bool) -> [String] {
        names.flatMap { isDefault ? [$0, "\($0):\(port)"] : ["\($0):\(port)"] }
    }

    /// HTTP/2 without TLS: by `appProtocol` (GEP-1911), or by the port's name as Istio reads it.
    private static func traits(of port: Service.Port) -> BackendTraits {
        switch port.appProtocol {
        case "kubernetes.io/h2c", "http2", "grpc":
            return BackendTraits(applicationProtocol: .http2)
        case .some(let other):
            return other.hasPrefix("kubernetes.io/") && !known.contains(other)
                ? refused(other) : BackendTraits()
        case nil:
            let word = port.name?.split(separator: "-").first
            let isHTTP2 = word == "http2" || word == "grpc"
            return BackendTraits(applicationProtocol: isHTTP2 ? .http2 : .http1)
        }
    }

    private static let known: Set<String> = ["kubernetes.io/ws", "kubernetes.io/wss"]

    private static func refused(_ appProtocol: String) -> BackendTraits {
        var traits = BackendTraits()
        traits.refusal = RouteTranslation.Problem(
            reason: "UnsupportedProtocol",
            message: "appProtocol \(appProtocol) is not served; use kubernetes.io/h2c, "
                + "kubernetes.io/ws or kubernetes.io/wss", fieldPath: "spec.ports")
        return traits
    }
}

/// The endpoints of a Service's ports.
enum EndpointTranslation {
    private struct Candidate: Hashable {
        var address: String
        var port: Int
        var locality: Locality
        var weight: UInt32
        var health: LbEndpoint.HealthStatus
    }

    /// The assignment of each port's cluster.
    static func assignments(
        _ resource: Resource, _ service: Service, context: TranslationContext
    ) -> [ClusterLoadAssignment] {
        let reference = resource.reference
        let slices = context.objects(
            .endpointSlice, namespace: reference.namespace,
            labels: [EndpointSlice.serviceNameLabel: reference.name])
        let workloads = context.objects(
            .workloadEntry, namespace: reference.namespace, labels: service.selector)
        // Where slices exist, they say already which Pods there are.
        let pods =
            slices.isEmpty
            ? context.objects(.pod, namespace: reference.namespace, labels: service.selector) : []
        return ServiceTranslation.ports(reference, service).compactMap { translated in
            guard
                let port = service.ports.first(where: {
                    $0.port == translated.number && ($0.protocol == .udp) == translated.isUDP
                })
            else { return nil }
            var candidates = slices.flatMap { Self.candidates(slice: $0, port) }
            candidates += pods.flatMap { Self.candidates(pod: $0, port) }
            candidates += workloads.flatMap { Self.candidates(workload: $0, port) }
            return assignment(translated.cluster, candidates)
        }
    }

    private static func candidates(slice: Resource, _ port: Service.Port) -> [Candidate] {
        guard let content = slice.content as? EndpointSlice, content.addressType != .fqdn,
            let number = content.ports.first(where: { $0.name == port.name ?? "" })?.port
        else { return [] }
        return content.endpoints.compactMap { endpoint in
            let conditions = endpoint.conditions
            let isReady = conditions.ready ?? true
            let isServing = conditions.serving ?? isReady
            // One that ends but still serves finishes what it has.
            guard isReady || (isServing && conditions.terminating == true),
                let address = endpoint.addresses.first
            else { return nil }
            return Candidate(
                address: address, port: number, locality: Locality(zone: endpoint.zone ?? ""),
                weight: 1, health: isReady ? .healthy : .draining)
        }
    }

    private static func candidates(pod: Resource, _ port: Service.Port) -> [Candidate] {
        guard let content = pod.content as? Pod, content.isReady,
            let address = content.podIPs.first
        else { return [] }
        let number: Int?
        switch port.targetPort {
        case .number(let value): number = value
        case .name(let name):
            number =
                content.containers.lazy.flatMap(\.ports).first { $0.name == name }?
                .containerPort
        case nil: number = port.port
        }
        guard let number else { return [] }
        return [
            Candidate(
                address: address, port: number, locality: Locality(), weight: 1, health: .healthy)
        ]
    }

    private static func candidates(workload: Resource, _ port: Service.Port) -> [Candidate] {
        guard let content = workload.content as? WorkloadEntry, let address = content.address,
            content.weight != 0
        else { return [] }
        let target: Int?
        switch port.targetPort {
        case .number(let value): target = value
        case .name(let name): target = content.ports[name]
        case nil: target = port.port
        }
        guard let number = port.name.flatMap({ content.ports[$0] }) ?? target else { return [] }
        let parts = (content.locality ?? "").split(separator: "/", omittingEmptySubsequences: false)
            .map(String.init)
        let locality = Locality(
            region: parts.first ?? "", zone: parts.count > 1 ? parts[1] : "",
            subZone: parts.count > 2 ? parts[2] : "")
        return [
            Candidate(
                address: address, port: number, locality: locality,
                weight: UInt32(clamping: content.weight ?? 1), health: .healthy)
        ]
    }

    /// One order whatever the inputs' order, so that the same endpoints have the same version.
    private static func assignment(
        _ cluster: String, _ candidates: [Candidate]
    ) -> ClusterLoadAssignment {
        var seen: Set<SocketAddress> = []
        var byLocality: [Locality: [LbEndpoint]] = [:]
        let ordered = candidates.sorted { ($0.address, $0.port) < ($1.address, $1.port) }
        for candidate in ordered {
            let address = SocketAddress(
                address: candidate.address, port: UInt32(clamping: candidate.port))
            guard seen.insert(address).inserted else { continue }
            byLocality[candidate.locality, default: []].append(
                LbEndpoint(
                    address: address, healthStatus: candidate.health,
                    loadBalancingWeight: candidate.weight))
        }
        let localities = byLocality.keys.sorted {
            ($0.region, $0.zone, $0.subZone) < ($1.region, $1.zone, $1.subZone)
        }
        return ClusterLoadAssignment(
            clusterName: cluster,
            endpoints: localities.map { locality in
                let endpoints = byLocality[locality] ?? []
                let weight = endpoints.reduce(UInt64(0)) { $0 + UInt64($1.loadBalancingWeight) }
                return LocalityLbEndpoints(
                    locality: locality, loadBalancingWeight: UInt32(clamping: weight),
                    lbEndpoints: endpoints)
            })
    }
}
