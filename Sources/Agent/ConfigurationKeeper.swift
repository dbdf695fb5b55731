import Discovery
import Logging
import Routing
import XDS

/// Puts a table to work.
protocol TableInstaller: Sendable {
    /// Hands the table to the data path.
    ///
    /// - Throws: Where a listener cannot be bound; the former table then goes on serving.
    func install(_ table: RoutingTable) async throws

    /// Takes the addresses of all listeners, before there is a table that serves them.
    ///
    /// - Returns: Why addresses cannot be had, by listener.
    func reserve(_ listeners: [Listener]) async -> [String: String]
}

/// What the agent has accepted, and the table that is made of it.
///
/// A response is decoded, checked, compiled and installed, and only then acknowledged; whatever
/// fails on the way refuses the response, and the former table goes on serving. A table is
/// installed only when every reference in it resolves. Of listeners, those whose address cannot be
/// had are left out and named in a refusal; the others are taken all the same.
actor ConfigurationKeeper {
    private var stream: DeltaClientStream
    private var inputs = RoutingInputs()
    private var table: RoutingTable?
    private let installer: any TableInstaller
    /// Something is being installed.
    private var isAtWork = false
    /// What waits for its turn.
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private let logger: Logger
    private let onInstall: @Sendable (AgentState.Resources) -> Void

    /// A keeper without configuration.
    ///
    /// - Parameter onInstall: Told of the resources of each table that was installed.
    init(
        node: Node, installer: any TableInstaller, logger: Logger,
        onInstall: @escaping @Sendable (AgentState.Resources) -> Void
    ) {
        stream = DeltaClientStream(node: node)
        self.installer = installer
        self.logger = logger
        self.onInstall = onInstall
    }

    /// Starts from what an earlier life has accepted.
    ///
    /// - Throws: Where it cannot be used; the keeper then has no configuration.
    func start(
        from stored: AgentState.Resources, node: Node
    ) async throws {
        await beginWork()
        defer { endWork() }
        let restored = try RoutingInputs(stored)
        let table = try RoutingTable.compile(restored)
        try await installer.install(table)
        inputs = restored
        inputs.changes = RoutingChanges()
        self.table = table
        stream = DeltaClientStream(node: node, resources: stored)
        _ = resubscribe()
        onInstall(stream.resources)
    }

    /// All accepted resources.
    var resources: AgentState.Resources {
        stream.resources
    }

    /// The hosts that clusters name.
    var hostNames: Set<String> {
        var names: Set<String> = []
        for cluster in inputs.clusters.values {
            for endpoint in CompiledCluster.hosts(of: cluster.resource)?.endpoints
                .flatMap(\.lbEndpoints) ?? []
            {
                names.insert(endpoint.address.address)
            }
        }
        return names
    }

    /// Takes a host's addresses.
    func resolved(_ host: String, _ addresses: [String]) async {
        await beginWork()
        defer { endWork() }
        guard inputs.hostAddresses[host] != addresses, hostNames.contains(host) else { return }
        inputs.hostAddresses[host] = addresses
        inputs.changes.clusters = true
        // Without a table there is nothing to renew; the first one takes the addresses along.
        guard table != nil, let problem = await installIfWhole(with: .cluster) else { return }
        logger.error(
            "cannot use a host's addresses", metadata: ["host": "\(host)", "reason": "\(problem)"])
    }

    /// A stream is open: what to send first.
    func connected() -> [DeltaDiscoveryRequest] {
        stream.connected()
    }

    /// The stream is gone.
    func disconnected() {
        stream.disconnected()
    }

    /// Takes or refuses a response.
    ///
    /// - Returns: What to send: new subscriptions first, so that the server knows what else the
    ///   change needs when it sees the acknowledgement.
    func received(_ response: DeltaDiscoveryResponse) async -> [DeltaDiscoveryRequest] {
        await beginWork()
        defer { endWork() }
        var change = stream.change(of: response)
        let formerInputs = inputs
        do {
            try inputs.apply(change)
        } catch {
            return [refuse(response, "\(error)")]
        }
        let refusal = await leaveOutUnbound(&change, formerInputs)
        let formerResources = stream.apply(change)
        // Nothing is asked for because of these, and they are what changes often.
        let isLeaf = change.type == .virtualHost || change.type == .endpoints
        let subscriptions = isLeaf ? [] : resubscribe()
        if let problem = await installIfWhole(with: response.type) {
            inputs = formerInputs
            stream.restore(formerResources)
            return resubscribe() + [refuse(response, problem)]
        }
        if let refusal {
            logger.error("refused listeners", metadata: ["reason": "\(refusal)"])
            return subscriptions + [stream.accept(response, without: refusal)]
        }
        return subscriptions + [stream.accept(response)]
    }

    /// Listeners are acknowledged when their addresses are taken, whether or not their routes are
    /// there. One whose address cannot be had is left out, and the others are served.
    ///
    /// - Returns: Why listeners were left out, if any were.
    private func leaveOutUnbound(
        _ change: inout DeltaClientStream.Change, _ former: RoutingInputs
    ) async -> String? {
        guard change.type == .listener else { return nil }
        let problems = await installer.reserve(inputs.listeners.values.map(\.resource))
            .filter { change.upserts[$0.key] != nil }
        if problems.isEmpty { return nil }
        for name in problems.keys {
            change.upserts[name] = nil
            inputs.listeners[name] = former.listeners[name]
        }
        return problems.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; ")
    }

    /// Waits until nothing else is being installed: each table is made from the one before.
    private func beginWork() async {
        guard isAtWork else {
            isAtWork = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func endWork() {
        if waiting.isEmpty {
            isAtWork = false
        } else {
            waiting.removeFirst().resume()
        }
    }

    private func refuse(
        _ response: DeltaDiscoveryResponse, _ reason: String
    ) -> DeltaDiscoveryRequest {
        logger.error(
            "refused an update", metadata: ["type": "\(response.type)", "reason": "\(reason)"])
        return stream.refuse(response, reason: reason)
    }

    private func resubscribe() -> [DeltaDiscoveryRequest] {
        let endpoints = inputs.endpointNames
        let routes = inputs.routeConfigurationNames
        let secrets = inputs.secretNames
        inputs.keep(endpoints: endpoints, routeConfigurations: routes, secrets: secrets)
        return [
            stream.subscribe(.endpoints, to: endpoints),
            stream.subscribe(.secret, to: secrets),
            stream.subscribe(.routeConfiguration, to: routes),
        ].compactMap { $0 }
    }

    /// - Returns: Why the configuration cannot be used, if it cannot.
    private func installIfWhole(with type: ResourceType) async -> String? {
        guard stream.isComplete(with: type) else { return nil }
        // The control plane may not know the gateway yet, and then has nothing: the first whole
        // configuration is one that serves.
        if table == nil && inputs.listeners.isEmpty { return nil }
        let new: RoutingTable
        do throws(RoutingFailure) {
            new = try RoutingTable.compile(inputs, reusing: table, changes: inputs.changes)
        } catch {
            guard error.isOnlyUnresolved else { return "\(error)" }
            // The rest is on its way; until then the former table serves.
            logger.debug("waiting for resources", metadata: ["missing": "\(error)"])
            return nil
        }
        do {
            try await installer.install(new)
        } catch {
            return "\(error)"
        }
        table = new
        inputs.changes = RoutingChanges()
        onInstall(stream.resources)
        return nil
    }
}
