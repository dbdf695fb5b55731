/// Routing of TCP connections to backends.
///
/// Fields and defaults are those of `gateway.networking.k8s.io/v1` TCPRoute's `spec`. Version
/// `v1alpha2` takes several rules, of which the first counts.
public struct TCPRoute: TypedContent {
    /// The Gateways, ListenerSets or Services that the route attaches to; at most 32.
    public var parentRefs: [ParentReference] = []
    /// The rule; exactly one.
    public var rules: [ForwardingRule]
    /// Whether default Gateways take the route; experimental.
    public var useDefaultGateways: HTTPRoute.DefaultGateways?

    /// Makes one with the API's defaults for the rest.
    public init(rules: [ForwardingRule]) {
        self.rules = rules
    }

    /// `TCPRoute`.
    public static var groupKind: GroupKind { .tcpRoute }
}
