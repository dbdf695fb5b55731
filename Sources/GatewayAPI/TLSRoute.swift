/// Routing of TLS connections by server name to backends.
///
/// Fields and defaults are those of `gateway.networking.k8s.io/v1` TLSRoute's `spec`. Version
/// `v1alpha2` takes a route without hostnames, and several rules, of which the first counts.
public struct TLSRoute: TypedContent {
    /// The Gateways, ListenerSets or Services that the route attaches to; at most 32.
    public var parentRefs: [ParentReference] = []
    /// The server names the route answers for, `*.` allowed in front; 1 to 1024; empty, which only
    /// `v1alpha2` takes, means all.
    public var hostnames: [String] = []
    /// The rule; exactly one.
    public var rules: [ForwardingRule]
    /// Whether default Gateways take the route; experimental.
    public var useDefaultGateways: HTTPRoute.DefaultGateways?

    /// Makes one with the API's defaults for the rest.
    public init(hostnames: [String], rules: [ForwardingRule]) {
        self.hostnames = hostnames
        self.rules = rules
    }

    /// `TLSRoute`.
    public static var groupKind: GroupKind { .tlsRoute }
}
