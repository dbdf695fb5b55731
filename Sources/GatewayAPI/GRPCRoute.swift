/// Routing of gRPC requests: from parents, by hostname, service and method, through filters, to
/// backends.
///
/// Fields and defaults are those of `gateway.networking.k8s.io/v1` GRPCRoute's `spec`.
public struct GRPCRoute: TypedContent {
    /// The Gateways, ListenerSets or Services that the route attaches to; at most 32.
    public var parentRefs: [ParentReference] = []
    /// The hostnames the route answers for, `*.` allowed in front; empty means all; at most 16.
    public var hostnames: [String] = []
    /// The rules; at most 16; empty routes nothing.
    public var rules: [Rule] = []
    /// Whether default Gateways take the route; experimental.
    public var useDefaultGateways: HTTPRoute.DefaultGateways?

    /// Makes a route with the API's defaults.
    public init() {}

    /// `GRPCRoute`.
    public static var groupKind: GroupKind { .grpcRoute }
}

extension GRPCRoute {
    /// What happens to the requests that match.
    public struct Rule: Sendable, Hashable {
        /// The rule's name, unique in the route.
        public var name: String?
        /// Any of these must match; at most 64; empty matches every request.
        public var matches: [Match] = []
        /// Filters, in order; at most 16.
        public var filters: [Filter] = []
        /// Where requests go, in proportion to the weights; at most 16.
        public var backendRefs: [BackendRef] = []
        /// How a session keeps its backend; experimental.
        public var sessionPersistence: HTTPRoute.SessionPersistence?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// Conditions on a request, all of which must hold.
    public struct Match: Sendable, Hashable {
        /// The service and the method; nil means any.
        public var method: MethodMatch?
        /// Headers; at most 16. Of two with the same name, the first counts.
        public var headers: [HTTPRoute.HeaderMatch] = []

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// A condition on the service and the method that are called; one of them is there.
    public struct MethodMatch: Sendable, Hashable {
        /// How to compare.
        public var type: HTTPRoute.MatchType = .exact
        /// The service, as in `helloworld.Greeter`; nil means any; at most 1024 characters.
        public var service: String?
        /// The method, as in `SayHello`; nil means any; at most 1024 characters.
        public var method: String?

        /// Makes a condition.
        public init(service: String? = nil, method: String? = nil) {
            self.service = service
            self.method = method
        }
    }

    /// One step between match and backend; `type` names the one field that is set.
    public struct Filter: Sendable, Hashable {
        /// Which filter it is.
        public var type: FilterType
        /// Changes request metadata.
        public var requestHeaderModifier: HTTPRoute.HeaderModifier?
        /// Changes response metadata.
        public var responseHeaderModifier: HTTPRoute.HeaderModifier?
        /// Sends a copy of requests elsewhere.
        public var requestMirror: HTTPRoute.RequestMirror?
        /// A filter of a kind of its own.
        public var extensionRef: LocalObjectReference?

        /// Makes one with the API's defaults for the rest.
        public init(type: FilterType) {
            self.type = type
        }

        /// The filter of HTTPRoute that does the same.
        public var httpFilter: HTTPRoute.Filter {
            var filter = HTTPRoute.Filter(type: HTTPRoute.FilterType(rawValue: type.rawValue))
            filter.requestHeaderModifier = requestHeaderModifier
            filter.responseHeaderModifier = responseHeaderModifier
            filter.requestMirror = requestMirror
            filter.extensionRef = extensionRef
            return filter
        }
    }

    /// The filters of the API.
    public enum FilterType: OpenEnum {
        /// Changes request metadata.
        case requestHeaderModifier
        /// Changes response metadata.
        case responseHeaderModifier
        /// Sends a copy of requests elsewhere.
        case requestMirror
        /// A filter of a kind of its own.
        case extensionRef
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, FilterType> = [
            "RequestHeaderModifier": .requestHeaderModifier,
            "ResponseHeaderModifier": .responseHeaderModifier,
            "RequestMirror": .requestMirror,
            "ExtensionRef": .extensionRef,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// A backend and its share of the requests.
    public struct BackendRef: Sendable, Hashable {
        /// The backend: group, kind, name, namespace and port, which the API spells inline.
        public var backendRef: BackendObjectReference
        /// The share, in proportion to the rule's other weights; 0 to 1,000,000; 0 means none.
        public var weight: Int = 1
        /// Filters for requests that go to this backend; at most 16.
        public var filters: [Filter] = []

        /// Makes one with the API's defaults for the rest.
        public init(backendRef: BackendObjectReference) {
            self.backendRef = backendRef
        }

        /// Refers to a Service in the route's namespace.
        public init(name: String, port: Int, weight: Int = 1) {
            self.init(backendRef: BackendObjectReference(name: name, port: port))
            self.weight = weight
        }
    }
}
