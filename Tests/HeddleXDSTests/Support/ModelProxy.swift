import Discovery
import GRPC
import HeddleXDS
import Synchronization
import Testing
import XDS

/// A proxy that keeps what it is sent: all clusters and listeners, and the endpoints of its
/// clusters. What it has outlives its streams.
final class ModelProxy: Sendable {
    private struct State {
        var held: [ResourceType: [String: String]] = [:]
        /// The versions of the whole, by state of the world.
        var versions: [ResourceType: String] = [:]
    }

    private static let types: [ResourceType] = [.cluster, .listener]
    private let node: Node
    private let isDelta: Bool
    /// Awaited before each answer: how slow the proxy is.
    private let pace: @Sendable () async throws -> Void
    private let state = Mutex(State())

    init(
        _ id: String, group: ProxyGroup = .test, isDelta: Bool,
        pace: @escaping @Sendable () async throws -> Void = {}
    ) {
        node = Node(id: id, cluster: group.description)
        self.isDelta = isDelta
        self.pace = pace
    }

    /// Whether it has just what the snapshot has.
    func has(_ snapshot: Snapshot) -> Bool {
        let held = state.withLock { $0.held }
        for type in Self.types where held[type, default: [:]] != Self.versions(snapshot[type]) {
            return false
        }
        var endpoints = Self.versions(snapshot[.endpoints])
        for name in endpoints.keys where snapshot[.cluster][name] == nil { endpoints[name] = nil }
        return held[.endpoints, default: [:]] == endpoints
    }

    /// Keeps up a stream, and begins another when it is lost, until the task is cancelled.
    func run(_ channel: GRPCChannel) async {
        while !Task.isCancelled {
            _ = await status { try await stream(channel) }
        }
    }

    /// One stream, until it ends.
    func stream(_ channel: GRPCChannel) async throws {
        try await channel.withCall(
            isDelta ? Method.delta : Method.sotw, waitForReady: true
        ) { call in
            if isDelta { try await delta(call) } else { try await sotw(call) }
        }
    }

    private static func versions(_ table: ResourceTable) -> [String: String] {
        Dictionary(uniqueKeysWithValues: table.map { ($0.name, $0.version) })
    }

    private func names(_ type: ResourceType) -> Set<String> {
        state.withLock { Set($0.held[type, default: [:]].keys) }
    }

    // MARK: Incremental

    private func delta(_ call: GRPCClientCall) async throws {
        for type in Self.types {
            try await call.send(
                DeltaDiscoveryRequest(
                    node: node, type: type, resourceNamesSubscribe: ["*"],
                    initialResourceVersions: state.withLock { $0.held[type, default: [:]] }))
        }
        var asked = names(.cluster)
        if !asked.isEmpty {
            try await call.send(
                DeltaDiscoveryRequest(
                    type: .endpoints, resourceNamesSubscribe: asked.sorted(),
                    initialResourceVersions: state.withLock { $0.held[.endpoints, default: [:]] }))
        }
        while let message = try await call.receive() {
            let response = try DeltaDiscoveryResponse(decoding: message.bytes)
            take(response, asked)
            try await pace()
            try await call.send(
                DeltaDiscoveryRequest(type: response.type, responseNonce: response.nonce))
            if response.type == .cluster { try await ask(call, &asked) }
        }
    }

    private func ask(_ call: GRPCClientCall, _ asked: inout Set<String>) async throws {
        let wanted = names(.cluster)
        let (added, removed) = (wanted.subtracting(asked), asked.subtracting(wanted))
        if added.isEmpty && removed.isEmpty { return }
        asked = wanted
        state.withLock { state in
            for name in removed { state.held[.endpoints]?[name] = nil }
        }
        try await call.send(
            DeltaDiscoveryRequest(
                type: .endpoints, resourceNamesSubscribe: added.sorted(),
                resourceNamesUnsubscribe: removed.sorted()))
    }

    private func take(_ response: DeltaDiscoveryResponse, _ asked: Set<String>) {
        state.withLock { state in
            for resource in response.resources {
                if response.type == .endpoints && !asked.contains(resource.name) { continue }
                state.held[response.type, default: [:]][resource.name] = resource.version
            }
            for name in response.removedResources { state.held[response.type]?[name] = nil }
        }
    }

    // MARK: State of the world

    private func sotw(_ call: GRPCClientCall) async throws {
        for type in Self.types {
            try await call.send(
                DiscoveryRequest(
                    versionInfo: state.withLock { $0.versions[type, default: ""] }, node: node,
                    type: type))
        }
        var asked = names(.cluster)
        var nonce = ""
        if !asked.isEmpty { try await ask(call, asked, nonce) }
        while let message = try await call.receive() {
            let response = try DiscoveryResponse(decoding: message.bytes)
            take(response, asked)
            try await pace()
            if response.type == .endpoints {
                nonce = response.nonce
                try await ask(call, asked, nonce)
                continue
            }
            try await call.send(
                DiscoveryRequest(
                    versionInfo: response.versionInfo, type: response.type,
                    responseNonce: response.nonce))
            guard response.type == .cluster, names(.cluster) != asked else { continue }
            asked = names(.cluster)
            state.withLock { state in
                for name in state.held[.endpoints, default: [:]].keys where !asked.contains(name) {
                    state.held[.endpoints]?[name] = nil
                }
            }
            try await ask(call, asked, nonce)
        }
    }

    private func ask(
        _ call: GRPCClientCall, _ names: Set<String>, _ nonce: String
    ) async throws {
        try await call.send(
            DiscoveryRequest(
                versionInfo: state.withLock { $0.versions[.endpoints, default: ""] },
                resourceNames: names.sorted(), type: .endpoints, responseNonce: nonce))
    }

    private func take(_ response: DiscoveryResponse, _ asked: Set<String>) {
        let received = response.resources.map { resource in
            // The name is field 1 of every type; the version is the hash of the content.
            let length = Int(resource.value[1])
            let name = String(decoding: resource.value[2..<(2 + length)], as: UTF8.self)
            return EncodedResource(type: response.type, name: name, message: resource.value)
        }
        state.withLock { state in
            if response.type != .endpoints { state.held[response.type] = [:] }
            for resource in received {
                if response.type == .endpoints && !asked.contains(resource.name) { continue }
                state.held[response.type, default: [:]][resource.name] = resource.version
            }
            state.versions[response.type] = response.versionInfo
        }
    }
}

/// Runs proxies, each in a task, until `body` is done. Some share a connection.
func withProxies(
    _ proxies: [ModelProxy], port: Int, perConnection: Int = 10,
    _ body: () async throws -> Void
) async throws {
    var configuration = GRPCChannelConfiguration()
    configuration.backoff = GRPCBackoff(
        initial: .milliseconds(50), min: .milliseconds(500), max: .milliseconds(200))
    configuration.maxReceiveMessageBytes = 64 << 20
    let channels = (0...(proxies.count / perConnection)).map { _ in
        GRPCChannel(target: "127.0.0.1:\(port)", configuration: configuration)
    }
    defer { for channel in channels { channel.close() } }
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, proxy) in proxies.enumerated() {
            group.addTask { await proxy.run(channels[index / perConnection]) }
        }
        defer { group.cancelAll() }
        try await body()
    }
}

/// Waits until all have just the snapshot.
func untilAll(
    _ proxies: [ModelProxy], have snapshot: Snapshot?, within limit: Duration = .seconds(30)
) async throws {
    let snapshot = try #require(snapshot)
    var late = proxies
    try await eventually("all proxies have the snapshot", within: limit) {
        late.removeAll { $0.has(snapshot) }
        return late.isEmpty
    }
}

/// Numbers that a seed decides.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

/// Resources that are remembered without being kept: what still lives when all is over has leaked.
final class Remembered: Sendable {
    private struct Weak: Sendable {
        weak var resource: EncodedResource?
    }

    private let resources = Mutex<[Weak]>([])

    /// Remembers resources, and gives them back.
    func callAsFunction(_ new: [EncodedResource]) -> [EncodedResource] {
        resources.withLock { $0 += new.map { Weak(resource: $0) } }
        return new
    }

    var liveCount: Int {
        resources.withLock { $0.count { $0.resource != nil } }
    }
}
