import GatewayAPI

extension GatewayModel {
    /// Finds the listeners that cannot stand beside others.
    ///
    /// Of one object's, all lose; between objects, the Gateway goes first, then the older
    /// ListenerSet, then the one first by name (Gateway API, Gateway.spec.listeners, "Distinct
    /// Listeners", and ListenerSet, "Listener Precedence").
    mutating func resolveConflicts() {
        var claims = PortClaims()
        claims.judge(&listeners)
        for index in sets.indices where sets[index].refusal == nil {
            claims.judge(&sets[index].listeners)
        }
        markOverlaps()
    }

    /// Says of terminating TLS listeners whose names overlap that a client may reuse one's
    /// connection for the other (RFC 9113 §9.1.1).
    private mutating func markOverlaps() {
        var names: [Int: [String: ListenerID]] = [:]
        let listeners = allListeners
        for listener in listeners where listener.hasOverlaps {
            names[listener.spec.port, default: [:]][listener.hostname] = listener.id
        }
        if names.isEmpty { return }
        var overlaps: [ListenerID: ListenerID] = [:]
        for listener in listeners where listener.hasOverlaps {
            for name in Hostname.covering(listener.hostname).dropFirst() {
                guard let wider = names[listener.spec.port]?[name] else { continue }
                overlaps[listener.id] = overlaps[listener.id] ?? wider
                overlaps[wider] = overlaps[wider] ?? listener.id
            }
        }
        func mark(_ listener: inout ListenerModel) {
            guard let other = overlaps[listener.id] else { return }
            listener.overlap = .init(
                .overlappingHostnames,
                "listener \(other.name) of \(other.owner) has a name that overlaps; a request "
                    + "that comes over the other's connection is answered with 421")
        }
        for index in self.listeners.indices { mark(&self.listeners[index]) }
        for set in sets.indices {
            for index in sets[set].listeners.indices { mark(&sets[set].listeners[index]) }
        }
    }
}

extension ListenerModel {
    fileprivate var hasOverlaps: Bool {
        spec.protocol == .https && notAccepted == nil && conflict == nil
    }
}

/// What of each port is taken.
private struct PortClaims {
    private struct Name: Hashable {
        var place: GatewayModel.Place
        var hostname: String
    }

    /// Those that were there first; more than one where they are at odds among themselves.
    private var families: [Int: Set<ListenerModel.Family>] = [:]
    private var names: [Name: ListenerID] = [:]

    /// Judges one object's listeners, which then take what they have won.
    mutating func judge(_ listeners: inout [ListenerModel]) {
        var ownFamilies: [Int: Set<ListenerModel.Family>] = [:]
        var ownNames: [Name: [ListenerID]] = [:]
        for listener in listeners {
            guard let name = Self.name(of: listener) else { continue }
            ownNames[name, default: []].append(listener.id)
            if name.place.family != .udp {
                ownFamilies[listener.spec.port, default: []].insert(name.place.family)
            }
        }
        for index in listeners.indices {
            listeners[index].conflict = conflict(of: listeners[index], ownFamilies, ownNames)
        }
        for listener in listeners {
            guard let name = Self.name(of: listener) else { continue }
            // What two of an object want, neither gets, and nobody after them.
            if names[name] == nil { names[name] = listener.id }
        }
        families.merge(ownFamilies) { first, _ in first }
    }

    private func conflict(
        of listener: ListenerModel, _ ownFamilies: [Int: Set<ListenerModel.Family>],
        _ ownNames: [Name: [ListenerID]]
    ) -> ListenerModel.Problem? {
        guard let name = Self.name(of: listener) else { return nil }
        let port = listener.spec.port
        let family = name.place.family
        if family != .udp {
            if let taken = families[port], taken != [family] {
                return .init(
                    .protocolConflict,
                    "port \(port) is taken by a listener of another protocol that goes before "
                        + "it; use another port")
            }
            if families[port] == nil, let own = ownFamilies[port], own.count > 1 {
                return .init(
                    .protocolConflict,
                    "port \(port) has listeners of protocols that cannot share it; HTTPS and TLS "
                        + "can, HTTP and TCP each need a port of their own")
            }
        }
        if let winner = names[name] {
            return Self.taken(
                family, port, "listener \(winner.name) of \(winner.owner) goes before it")
        }
        if let alike = ownNames[name], alike.count > 1 {
            let names = alike.map(\.name).joined(separator: ", ")
            return Self.taken(family, port, "listeners \(names) are alike")
        }
        return nil
    }

    private static func taken(
        _ family: ListenerModel.Family, _ port: Int, _ why: String
    ) -> ListenerModel.Problem {
        family.hasNames
            ? .init(.hostnameConflict, "\(why) at port \(port) with the same hostname; change one")
            : .init(.protocolConflict, "\(why) at port \(port); use another port")
    }

    private static func name(of listener: ListenerModel) -> Name? {
        listener.family.map { family in
            Name(
                place: .init(port: listener.spec.port, family: family),
                hostname: family.hasNames ? listener.hostname : Hostname.any)
        }
    }
}
