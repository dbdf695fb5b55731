/// One running copy of a version of a service.
struct Instance: Sendable, Equatable {
    /// The service, such as `reviews`.
    var service: String
    /// The version, such as `v1`.
    var version: String
    /// The address it listens on.
    var address: String
    /// The port it listens on.
    var port: Int
    /// What a Deployment's pod would be called.
    var podname: String
}

extension Instance {
    /// The port of every service of the example.
    static let defaultPort = 9080

    /// The instances that `platform/workloads.yaml` declares; each has a loopback address of its
    /// own, so that all listen on the same port, as pods do.
    static let all: [Instance] = [
        Instance("productpage", "v1", "127.0.10.1", "6987489c74-xp4kd"),
        Instance("details", "v1", "127.0.10.2", "7d4b7bf8d9-tw2rm"),
        Instance("ratings", "v1", "127.0.10.3", "65f8c8f7d-9z6hl"),
        Instance("reviews", "v1", "127.0.10.11", "849f9bc5d6-qs8nx"),
        Instance("reviews", "v2", "127.0.10.12", "5c757d5846-b57dx"),
        Instance("reviews", "v3", "127.0.10.13", "6d5d98f5c4-l8mjv"),
    ]

    /// The names of the services.
    static var services: [String] {
        var names: [String] = []
        for instance in all where !names.contains(instance.service) {
            names.append(instance.service)
        }
        return names
    }

    /// The table's instance of a version of a service, if the example has one.
    static func find(service: String, version: String) -> Instance? {
        all.first { $0.service == service && $0.version == version }
    }

    private init(_ service: String, _ version: String, _ address: String, _ suffix: String) {
        self.init(
            service: service, version: version, address: address, port: Self.defaultPort,
            podname: "\(service)-\(version)-\(suffix)")
    }
}
