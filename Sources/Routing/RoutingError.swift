package import XDS

/// Why a resource, or the table as a whole, cannot be used.
///
/// Its description is fit for a NACK's detail.
package struct RoutingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of error it is.
    package enum Code: Sendable, Equatable {
        /// The resource is wrong in itself; it will never be usable.
        case invalid
        /// The resource asks for what this proxy does not do.
        case unsupported
        /// The resource names another one that is not there, or not yet.
        case unresolved(ResourceType, name: String)
    }

    /// What kind of error it is.
    package let code: Code
    /// The resource's type.
    package let type: ResourceType
    /// The resource's name.
    package let name: String
    /// The place in the resource, such as `routes[2].match`; empty for the whole.
    package let path: String
    /// What is wrong and what would fix it.
    package let message: String

    /// An error.
    package init(
        code: Code, type: ResourceType, name: String, path: String = "", message: String
    ) {
        self.code = code
        self.type = type
        self.name = name
        self.path = path
        self.message = message
    }

    /// `RDS a: virtual_hosts[0]: the domain …`.
    package var description: String {
        "\(type) \(name): \(path.isEmpty ? "" : path + ": ")\(message)"
    }

    /// More resources cannot mend it.
    var isNotReference: Bool {
        switch code {
        case .invalid, .unsupported: true
        case .unresolved: false
        }
    }

    /// Errors are equal when code and source are.
    package static func == (one: RoutingError, other: RoutingError) -> Bool {
        one.code == other.code && one.type == other.type && one.name == other.name
            && one.path == other.path
    }
}

/// Why ``RoutingTable/compile(_:reusing:)`` made no table: every error that was found.
package struct RoutingFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The errors, at least one.
    package let errors: [RoutingError]

    /// The references that are not there, or not yet; the rest of the table may be in order.
    package var unresolved: [(type: ResourceType, name: String)] {
        errors.compactMap {
            if case .unresolved(let type, let name) = $0.code { (type, name) } else { nil }
        }
    }

    /// Whether nothing but references that do not resolve stands in the way: waiting for more
    /// resources may help.
    package var isOnlyUnresolved: Bool { unresolved.count == errors.count }

    /// The errors, one after the other.
    package var description: String {
        errors.map(\.description).joined(separator: "; ")
    }
}

/// Collects the errors of one resource while it is compiled.
struct ErrorCollector {
    let type: ResourceType
    let name: String
    private(set) var errors: [RoutingError] = []

    init(_ type: ResourceType, _ name: String) {
        self.type = type
        self.name = name
    }

    mutating func invalid(_ path: String, _ message: String) {
        errors.append(
            RoutingError(code: .invalid, type: type, name: name, path: path, message: message))
    }

    mutating func unsupported(_ path: String, _ message: String) {
        errors.append(
            RoutingError(code: .unsupported, type: type, name: name, path: path, message: message))
    }

    mutating func unresolved(_ path: String, _ target: ResourceType, _ targetName: String) {
        errors.append(
            RoutingError(
                code: .unresolved(target, name: targetName), type: type, name: name, path: path,
                message: "refers to \(target) `\(targetName)`, which is not there"))
    }
}

/// Names of clusters with a meaning.
package enum ClusterName {
    /// A backend that the control plane found invalid: its share of the requests is answered
    /// with the route's `cluster_not_found_response_code`. It needs no cluster resource.
    package static let invalidBackend = "heddle.invalid-backend"
}
