package import GatewayAPI
package import HeddlePlugin

/// The route plugins by the kind they translate.
package struct PluginRegistry: Sendable {
    private let plugins: [GroupKind: any RoutePlugin]

    /// Two plugins claim one kind.
    package struct Conflict: Error, CustomStringConvertible {
        /// The kind.
        package var kind: GroupKind
        /// The plugins' names.
        package var plugins: [String]
        /// For the operator.
        package var description: String {
            "\(plugins.joined(separator: " and ")) both translate \(kind); load only one of them"
        }
    }

    /// Registers plugins.
    ///
    /// - Throws: ``Conflict`` where two claim one kind.
    package init(_ plugins: [any RoutePlugin]) throws(Conflict) {
        var byKind: [GroupKind: any RoutePlugin] = [:]
        for plugin in plugins {
            for kind in plugin.kinds {
                if let other = byKind.updateValue(plugin, forKey: kind) {
                    throw Conflict(kind: kind, plugins: [other.name, plugin.name])
                }
            }
        }
        self.plugins = byKind
    }

    /// The plugin that translates a kind, or nil where none does.
    package subscript(kind: GroupKind) -> (any RoutePlugin)? {
        plugins[kind]
    }

    /// The kinds that are translated, by name.
    package var kinds: [GroupKind] {
        plugins.keys.sorted { ($0.kind, $0.group) < ($1.kind, $1.group) }
    }
}
