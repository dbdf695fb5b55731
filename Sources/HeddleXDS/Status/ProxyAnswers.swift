package import Discovery
package import XDS

/// What a proxy has answered on one stream to what its listeners need.
package struct ProxyAnswers: Sendable {
    /// The proxy; without the types, which ``types`` tells.
    package var proxy: ProxyStatus
    /// The answers to each type that it has asked for on the stream.
    package var types: [ResourceType: ClientAnswers]

    /// The types whose resources are told one by one: few, and changing seldom.
    static let typesWithResources: Set<ResourceType> = [.listener, .routeConfiguration, .secret]
}
