import Foundation

/// What all cases share: certificates, backends, clients.
struct Stage: Sendable {
    let certificates: Certificates
    let peer: Peer
    let directory: URL

    /// Sets it up, once for all cases.
    static let shared = Task { try await Stage() }

    private static let sharedDirectory = FileManager.default.temporaryDirectory
        .appending(path: "heddle-conformance-\(UUID().uuidString)")

    private init() async throws {
        directory = Self.sharedDirectory
        // No case knows that it is the last one.
        atexit { try? FileManager.default.removeItem(at: Stage.sharedDirectory) }
        certificates = try await Certificates(in: directory.appending(path: "certificates"))
        peer = try await Peer(certificates: certificates)
    }
}

/// One case on one data plane: a control plane of its own, a proxy for each Gateway, and loopback
/// addresses that no other run uses.
final class World {
    let stage: Stage
    let plane: DataPlane
    private let directory: URL
    private let network: String
    private var objects: [Manifest.Key: Manifest] = [:]
    private var applied = 0
    private let heddled: Program
    private let adminURL: String
    private var proxies: [Program] = []

    private var manifests: URL { directory.appending(path: "manifests") }

    /// Starts the control plane with the case's objects, and the proxies.
    ///
    /// - Parameter number: The case's number, 1 to 254.
    init(_ testCase: Case, number: Int, plane: DataPlane) async throws {
        stage = try await Stage.shared.value
        self.plane = plane
        let block = stage.peer.greeting.block + (plane == .agent ? 0 : 1)
        network = "127.\(block).\(number)"
        directory = stage.directory.appending(path: "\(testCase.behaviour)-\(plane)")
        let manifests = directory.appending(path: "manifests")
        try FileManager.default.createDirectory(at: manifests, withIntermediateDirectories: true)
        let names = Placeholders(network: network, stage: stage)
        for manifest in testCase.manifests {
            try Self.write(manifest, to: manifests, names)
            objects[manifest.key] = manifest
        }
        heddled = try Program(
            Place.program("heddled"),
            [
                "--manifests", manifests.path, "--xds-address", "127.0.0.1:0",
                "--admin-address", "127.0.0.1:0", "--bind-address", "\(network).1",
            ])
        let xds = try await heddled.line("heddled: xds listening on ")
        guard let port = xds.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw Problem("no port in \(xds)")
        }
        adminURL = try await heddled.line("heddled: admin listening on ")
        let all = testCase.manifests.filter { $0.key.kind == "Gateway" }
            .map { "\($0.key.namespace)/\($0.key.name)" }
        for (index, gateway) in (testCase.proxies ?? all).enumerated() {
            proxies.append(
                try plane.start(
                    gateway: gateway, xdsPort: port, adminAddress: "\(network).\(200 + index)",
                    directory: directory))
        }
    }

    /// Waits until every proxy has what it is to have. A proxy of a Gateway that cannot be served
    /// never gets there; the steps will tell.
    func start() async throws {
        try await untilProxiesAreReady()
    }

    /// Ends everything; what was printed, for a test that failed.
    func stop() async -> String {
        for proxy in proxies { await proxy.stop(plane == .agent ? SIGTERM : SIGKILL) }
        await heddled.stop()
        try? FileManager.default.removeItem(at: directory)
        let printed = ([heddled] + proxies).map { "--- \($0.name)\n\($0.text)" }
        return printed.joined(separator: "\n")
    }

    /// What the control plane says of an update that a proxy refused; empty when there is none.
    func refusals() async throws -> [String] {
        try await report().refusals.map { "\($0.type) was refused: \($0.reason)" }
    }

    /// The features that classes and meshes claim.
    func supportedFeatures() async throws -> Set<String> {
        var features: Set<String> = []
        _ = try await eventually {
            features = Set(
                try await self.statuses().flatMap { $0.status.supportedFeatures ?? [] }.map(\.name))
            return features.isEmpty ? ["no features yet"] : []
        }
        return features
    }

    // MARK: - Steps

    /// Carries out a step; what is not as it must be.
    func perform(_ step: Case.Step) async throws -> [String] {
        switch step {
        case .apply(let manifests):
            let names = Placeholders(network: network, stage: stage)
            for manifest in manifests {
                try Self.write(manifest, to: self.manifests, names)
                objects[manifest.key] = manifest
            }
            return try await untilTranslated()
        case .delete(let keys):
            for key in keys {
                try FileManager.default.removeItem(
                    at: manifests.appending(path: "\(key.fileName).yaml"))
            }
            return try await untilTranslated()
        case .status(let expectations):
            let names = Placeholders(network: network, stage: stage)
            return try await eventually {
                let statuses = try await self.statuses()
                return expectations.flatMap { $0.problems(in: statuses, names) }
            }
        case .requests(let requests):
            for request in requests {
                let problems = try await eventually { try await self.send(request) }
                if !problems.isEmpty { return ["\(request.text):"] + problems }
            }
            return []
        }
    }

    private func send(_ request: RequestExpectation) async throws -> [String] {
        let names = Placeholders(network: network, stage: stage)
        let expectation = request.differences[plane] ?? request.expectation
        let token = UUID().uuidString
        let order = try request.order(names, token: token)
        let answers = try await stage.peer.answers(order)
        var problems = expectation.problems(in: answers, names)
        if problems.isEmpty && !(expectation.seen.isEmpty && expectation.seenShares.isEmpty) {
            problems = try await eventually(within: .seconds(2)) {
                let seen = try await self.stage.peer.seen(token: token)
                return expectation.problems(seen: seen, of: request.count)
            }
        }
        return problems
    }

    // MARK: - Waiting

    /// Polls until there are no problems; those there are at the end.
    private func eventually(
        within limit: Duration = .seconds(5), _ problems: () async throws -> [String]
    ) async throws -> [String] {
        let end = ContinuousClock.now + limit
        while true {
            let found = try await problems()
            if found.isEmpty || ContinuousClock.now > end { return found }
            try await Task.sleep(for: .milliseconds(40))
        }
    }

    private func untilProxiesAreReady() async throws {
        _ = try await eventually(within: .seconds(10)) {
            let connected = try await self.report().proxies
            return connected.count < self.proxies.count || !connected.allSatisfy(\.isSynchronized)
                ? ["not yet"] : []
        }
    }

    /// Marks the end of an update by a Gateway without proxies, which the control plane judges with what was
    /// written before it, and waits until its status says so and the proxies have the result.
    private func untilTranslated() async throws -> [String] {
        applied += 1
        let marker = Manifest.Key(
            kind: "Gateway", namespace: "zz-steps", name: "step-\(applied)")
        let text = """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata:
              name: \(marker.name)
              namespace: \(marker.namespace)
            spec:
              gatewayClassName: heddle
              listeners:
              - {name: http, port: 8080, protocol: HTTP}
            """
        try Self.write(
            Manifest(key: marker, text: text), to: manifests,
            Placeholders(network: network, stage: stage))
        let problems = try await eventually {
            try await self.statuses().contains { $0.key == marker }
                ? [] : ["the control plane has not seen the change"]
        }
        if problems.isEmpty { try await untilProxiesAreReady() }
        return problems
    }

    private static func write(_ manifest: Manifest, to folder: URL, _ names: Placeholders) throws {
        let text = try names.fill(manifest.text)
        let file = folder.appending(path: "\(manifest.key.fileName).yaml")
        try Data(text.utf8).write(to: file, options: .atomic)
    }

    // MARK: - The control plane

    private struct Report: Decodable {
        struct Proxy: Decodable {
            struct ResourceType: Decodable {
                var state: String
            }

            var types: [ResourceType]

            /// Whether nothing is on its way to the proxy; what it refused will not change by itself.
            var isSynchronized: Bool {
                !types.isEmpty && types.allSatisfy { ["SYNCED", "NACKED"].contains($0.state) }
            }
        }

        struct Refusal: Decodable {
            var type: String
            var reason: String
        }

        var proxies: [Proxy]
        var refusals: [Refusal]
    }

    private func report() async throws -> Report {
        let page = try await stage.peer.page("\(adminURL)/status")
        return try JSONDecoder().decode(Report.self, from: Data(page.utf8))
    }

    private func statuses() async throws -> [StatusDocument] {
        let page = try await stage.peer.page("\(adminURL)/objects")
        return try JSONDecoder().decode([StatusDocument].self, from: Data(page.utf8))
    }
}
