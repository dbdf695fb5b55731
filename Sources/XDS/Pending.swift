// Stands in until EncodedResource has them; delete with the first of them.
public struct ResourceReference: Hashable, Sendable { public var type: ResourceType; public var name: String }
extension EncodedResource { public var ttl: Duration? { nil }
 public var references: [ResourceReference] { guard type == .cluster else { return [] }; return [ResourceReference(type: .endpoints, name: name)] } }
extension ResourceType { public static let secret = ResourceType(rawValue: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret") }
