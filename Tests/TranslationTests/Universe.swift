import Foundation
import GatewayAPI

/// Numbers that follow from a seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

/// Objects with few names, so that histories make them meet.
enum Universe {
    struct Unreadable: Error { var text: String }

    static func parse(_ yaml: String) throws -> Resource {
        let decoded = ManifestDecoder.decode(Array(yaml.utf8), file: "universe.yaml")
        guard let resource = decoded.resources.first, decoded.resources.count == 1 else {
            throw Unreadable(text: "\(decoded.diagnostics) in \(yaml)")
        }
        return resource
    }

    /// An object of any kind.
    static func object(using random: inout Seeded) throws -> Resource {
        let choice = Int.random(in: 0..<generators.count, using: &random)
        var dice = Dice(random: random)
        defer { random = dice.random }
        return try parse(generators[choice](&dice))
    }

    static func workload(
        _ name: String, address: String, namespace: String = "demo", app: String? = nil
    ) throws -> Resource {
        try parse(
            """
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata: {name: \(name), namespace: \(namespace)}
            spec: {address: \(address), labels: {app: \(app ?? name)}, ports: {http: 8080}}
            """)
    }

    static func route(_ index: Int, host: String, backend: String) throws -> Resource {
        try parse(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: r\(index), namespace: demo}
            spec:
              parentRefs: [{name: edge}]
              hostnames: [\(host)]
              rules: [{backendRefs: [{name: \(backend), port: 80}]}]
            """)
    }

    /// A Gateway with a route for each of many hosts, and two backends.
    static func manyRoutes(_ count: Int) throws -> [Resource] {
        var objects: [Resource] = []
        for name in ["a", "b"] {
            objects.append(
                try parse(
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: \(name), namespace: demo}
                    spec: {selector: {app: \(name)}, ports: [{name: http, port: 80}]}
                    """))
            objects.append(try workload(name, address: "10.0.0.1"))
        }
        objects.append(
            try parse(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: {name: edge, namespace: demo}
                spec: {gatewayClassName: heddle, listeners: [{name: http, port: 80, protocol: HTTP}]}
                """))
        // Both backends are in use, so that a move between them changes no cluster.
        objects.append(try route(count, host: "other.example.com", backend: "b"))
        for index in 0..<count {
            objects.append(try route(index, host: "h\(index).example.com", backend: "a"))
        }
        return objects
    }
}
