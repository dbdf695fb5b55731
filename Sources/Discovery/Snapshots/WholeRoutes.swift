import XDS

/// Folds the virtual hosts of a snapshot into whole route configurations, for clients without
/// VHDS.
///
/// A virtual host's bytes are the same in both places, so the whole is put together from bytes
/// that are encoded already: a repeated field's elements may follow the rest of their message
/// (Protocol Buffers, "Encoding").
package enum WholeRoutes {
    /// The same change with the virtual hosts folded in.
    ///
    /// - Complexity: The size of each route configuration that is touched.
    package static func fold(_ changed: ChangedNames, in snapshot: Snapshot) -> SnapshotChange {
        var change = SnapshotChange()
        var routes = changed[.routeConfiguration] ?? []
        for name in changed[.virtualHost] ?? [] { routes.insert(routeConfiguration(of: name)) }
        for (type, names) in changed where type != .routeConfiguration && type != .virtualHost {
            for name in names {
                if let resource = snapshot[type][name] {
                    change.upserts.append(resource)
                } else {
                    change.removals[type, default: []].insert(name)
                }
            }
        }
        for (name, hosts) in virtualHosts(of: routes, in: snapshot) {
            if let resource = snapshot[.routeConfiguration][name] {
                change.upserts.append(whole(resource, hosts))
            } else {
                change.removals[.routeConfiguration, default: []].insert(name)
            }
        }
        return change
    }

    /// The route configuration that a translated virtual host belongs to: its name is the one of
    /// the route configuration, which has no slash, a slash, and more.
    package static func routeConfiguration(of virtualHost: String) -> String {
        String(virtualHost.prefix { $0 != "/" })
    }

    /// Whether a virtual host belongs to one of the route configurations: whatever its name has
    /// before a slash may be one's name (Envoy, "Virtual Host Discovery Service").
    static func isVirtualHost(
        _ name: String, ofOneOf isRouteConfiguration: (String) -> Bool
    ) -> Bool {
        name.indices.contains { name[$0] == "/" && isRouteConfiguration(String(name[..<$0])) }
    }

    private static func virtualHosts(
        of routes: Set<String>, in snapshot: Snapshot
    ) -> [String: [EncodedResource]] {
        var hosts = Dictionary(uniqueKeysWithValues: routes.map { ($0, [EncodedResource]()) })
        if routes.isEmpty { return hosts }
        for resource in snapshot[.virtualHost] {
            hosts[routeConfiguration(of: resource.name)]?.append(resource)
        }
        return hosts
    }

    private static func whole(
        _ resource: EncodedResource, _ hosts: [EncodedResource]
    ) -> EncodedResource {
        guard var base = try? resource.decoded(as: RouteConfiguration.self), base.usesVHDS else {
            // Its virtual hosts travel inside already.
            return resource
        }
        base.usesVHDS = false
        var bytes = base.encoded()
        let ordered = hosts.sorted { $0.name < $1.name }
        bytes.reserveCapacity(bytes.count + ordered.reduce(0) { $0 + $1.message.count + 6 })
        for host in ordered {
            let field: UInt8 = 2 << 3 | 2  // RouteConfiguration.virtual_hosts, length-delimited
            bytes.append(field)
            appendVarint(UInt64(host.message.count), to: &bytes)
            bytes.append(contentsOf: host.message)
        }
        return EncodedResource(type: .routeConfiguration, name: resource.name, message: bytes)
    }

    private static func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
