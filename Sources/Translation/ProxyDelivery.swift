/// How far one connected proxy is with the listeners of its Gateway.
package struct ProxyDelivery: Sendable, Equatable {
    /// How a proxy stands to a resource.
    package enum Standing: Sendable, Equatable {
        /// It has acknowledged the resource as it is now.
        case acknowledged
        /// It has refused it; with its words.
        case refused(String)
    }

    /// The proxy's own name, `node.id`.
    package var node: String
    /// The IP address that it connects from; nil where that is not known.
    package var address: String?
    /// What it has answered to Listeners, route configurations and secrets, by name; what is not
    /// there is on its way.
    package var listeners: [String: Standing] = [:]
    /// The route configurations, by name.
    package var routeConfigurations: [String: Standing] = [:]
    /// The secrets, by name.
    package var secrets: [String: Standing] = [:]
    /// It takes virtual hosts by themselves, and has not acknowledged any yet.
    package var awaitsVirtualHosts = false
    /// What it refuses at present, in its words.
    package var refusals: [String] = []
    /// What keeps the proxy from taking anything new, in its words: Heddle's agent installs
    /// everything that listeners need, or nothing.
    package var obstacle: String?
    /// The Listeners that serve as they are now, by name: all that they need was acknowledged while
    /// nothing was refused. What is refused later does not stop them.
    package var served: Set<String> = []
    /// The Listeners that it has bound, in their present or a former version.
    package var bound: Set<String> = []

    /// A proxy that has not answered anything.
    package init(node: String, address: String? = nil) {
        self.node = node
        self.address = address
    }
}

extension ProxyDelivery {
    /// How a proxy stands to a listener.
    enum State: Equatable {
        case bound
        case awaited
        /// With the proxy's words.
        case refused(String)
        /// It refuses something else, and takes all or nothing; with its words.
        case heldUp(String)
    }

    /// How the proxy stands to a Listener, and to what that needs.
    func state(
        of name: String, routeConfiguration: String?, secrets names: [String]
    ) -> State {
        if served.contains(name) { return .bound }
        if let words = refusals.first(where: { $0.names(resource: name) }) {
            return .refused(words)
        }
        let needed =
            [listeners[name]]
            + [routeConfiguration].compactMap { $0 }.map { routeConfigurations[$0] }
            + names.map { secrets[$0] }
        for case .refused(let words)? in needed { return .refused(words) }
        if let obstacle { return .heldUp(obstacle) }
        if needed.contains(nil) || awaitsVirtualHosts { return .awaited }
        return .bound
    }
}

extension String {
    /// Whether the text names a resource: as a word of its own, not as the beginning of another's
    /// name.
    package func names(resource name: String) -> Bool {
        func isPart(_ character: Character?) -> Bool {
            character.map { $0.isLetter || $0.isNumber || "-_@/*".contains($0) } ?? false
        }
        return ranges(of: name).contains { range in
            let before = range.lowerBound > startIndex ? self[index(before: range.lowerBound)] : nil
            let after = range.upperBound < endIndex ? self[range.upperBound] : nil
            return !isPart(before) && !isPart(after)
        }
    }
}
