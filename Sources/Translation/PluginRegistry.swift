package import GatewayAPI
package import HeddlePlugin

/// The plugins, by the kinds they translate.
package struct PluginRegistry: Sendable {
    /// The plugins of routes, by kind.
    package private(set) var routes: [GroupKind: any RoutePlugin] = [:]
    private var policies: [GroupKind: any PolicyPlugin] = [:]
    private var backends: [GroupKind: any BackendPlugin] = [:]
    /// The plugins whose objects are filters, by kind.
    package private(set) var filters: [GroupKind: any FilterPlugin] = [:]
    /// All of them, in the order given.
    package let plugins: [any Plugin]

    /// Why plugins cannot be used together.
    package struct Conflict: Error, CustomStringConvertible {
        /// The kind that two claim, or that a plugin of no known sort claims.
        package var kind: GroupKind
        /// The plugins' names.
        package var plugins: [String]
        /// For the operator.
        package var description: String {
            plugins.count == 1
                ? "\(plugins[0]) translates neither routes nor policies, backends or filters"
                : "\(plugins.joined(separator: " and ")) both translate \(kind); load only one "
                    + "of them"
        }
    }

    /// Registers plugins.
    ///
    /// - Throws: ``Conflict`` where two claim one kind.
    package init(_ plugins: [any Plugin]) throws(Conflict) {
        self.plugins = plugins
        var owners: [GroupKind: String] = [.service: "the core"]
        for plugin in plugins {
            for kind in plugin.kinds {
                if let other = owners.updateValue(plugin.name, forKey: kind) {
                    throw Conflict(kind: kind, plugins: [other, plugin.name])
                }
                switch plugin {
                case let plugin as any RoutePlugin: routes[kind] = plugin
                case let plugin as any PolicyPlugin: policies[kind] = plugin
                case let plugin as any BackendPlugin: backends[kind] = plugin
                case let plugin as any FilterPlugin: filters[kind] = plugin
                default: throw Conflict(kind: kind, plugins: [plugin.name])
                }
            }
        }
    }

    /// The plugin that translates a kind of route, or nil where none does.
    package func route(_ kind: GroupKind) -> (any RoutePlugin)? { routes[kind] }

    /// The plugin that translates a kind of policy, or nil where none does.
    package func policy(_ kind: GroupKind) -> (any PolicyPlugin)? { policies[kind] }

    /// The plugin that translates a kind of backend, or nil where none does.
    package func backend(_ kind: GroupKind) -> (any BackendPlugin)? { backends[kind] }

    /// The kinds of routes that a listener of a protocol can take, by name.
    package func routeKinds(of protocol: Gateway.ProtocolType) -> [GroupKind] {
        Self.sorted(routes.filter { $0.value.traffic.listenerProtocols.contains(`protocol`) })
    }

    /// The kinds of policies, by name.
    package var policyKinds: [GroupKind] { Self.sorted(policies) }

    /// The kinds that may stand in `backendRefs`: Service, then the plugins' by name.
    package var backendKinds: [GroupKind] { [.service] + Self.sorted(backends) }

    private static func sorted<Value>(_ kinds: [GroupKind: Value]) -> [GroupKind] {
        kinds.keys.sorted { ($0.kind, $0.group) < ($1.kind, $1.group) }
    }
}
