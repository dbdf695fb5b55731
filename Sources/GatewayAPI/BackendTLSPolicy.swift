/// TLS from gateways to backends: which backends, by which name, under which authority.
///
/// Fields and defaults are those of `gateway.networking.k8s.io/v1` BackendTLSPolicy's `spec`.
public struct BackendTLSPolicy: TypedContent {
    /// The backends, 1 to 16, distinct by object and section.
    public var targetRefs: [PolicyTargetReference]
    /// How a backend is checked.
    public var validation: Validation
    /// Settings of an implementation's own; at most 16.
    public var options: [String: String] = [:]

    /// Makes one with the API's defaults for the rest.
    public init(targetRefs: [PolicyTargetReference], validation: Validation) {
        self.targetRefs = targetRefs
        self.validation = validation
    }

    /// `BackendTLSPolicy`.
    public static var groupKind: GroupKind { .backendTLSPolicy }
}

extension BackendTLSPolicy {
    /// How a backend's certificate is checked: by `caCertificateRefs` or by well-known authorities.
    public struct Validation: Sendable, Hashable {
        /// The authorities, ConfigMaps with a key `ca.crt`; at most 8; not together with
        /// `wellKnownCACertificates`.
        public var caCertificateRefs: [LocalObjectReference] = []
        /// Authorities that the system or the implementation brings along.
        public var wellKnownCACertificates: WellKnownCACertificates?
        /// The server name that is sent and, without `subjectAltNames`, that the certificate is for.
        public var hostname: String
        /// The names of which the certificate has at least one, in place of `hostname`; at most 5.
        public var subjectAltNames: [SubjectAltName] = []

        /// Makes one with the API's defaults for the rest.
        public init(hostname: String) {
            self.hostname = hostname
        }
    }

    /// Authorities that nobody needs to name one by one: the API's, or an implementation's own.
    public struct WellKnownCACertificates: RawRepresentable, Sendable, Hashable,
        CustomStringConvertible, ExpressibleByStringLiteral
    {
        /// The spelling, as in `System` or `example.net/internal`.
        public let rawValue: String

        /// Reads a spelling.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Spells a set of authorities.
        public init(stringLiteral value: String) { self.init(rawValue: value) }

        /// The spelling.
        public var description: String { rawValue }

        /// Those of the machine that the proxy runs on.
        public static let system: Self = "System"
    }

    /// A name in a certificate; `type` names the one field that is set.
    public struct SubjectAltName: Sendable, Hashable {
        /// Which form the name has.
        public var type: SubjectAltNameType
        /// A DNS name, `*.` allowed in front.
        public var hostname: String?
        /// An absolute URI, as in `spiffe://example.net/ns/a/sa/b`.
        public var uri: String?

        /// Makes one with the API's defaults for the rest.
        public init(type: SubjectAltNameType) {
            self.type = type
        }
    }

    /// The form of a name in a certificate.
    public enum SubjectAltNameType: OpenEnum {
        /// A DNS name.
        case hostname
        /// A URI.
        case uri
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, SubjectAltNameType> = [
            "Hostname": .hostname,
            "URI": .uri,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }
}

/// What a policy is about: an object of the policy's namespace, or a part of it.
public struct PolicyTargetReference: Sendable, Hashable {
    /// The group; empty for the core group.
    public var group: String
    /// The kind, as in `Service`.
    public var kind: String
    /// The name.
    public var name: String
    /// The part, as in the name of a Service's port; nil means all of the object.
    public var sectionName: String?

    /// Refers to an object.
    public init(group: String, kind: String, name: String, sectionName: String? = nil) {
        self.group = group
        self.kind = kind
        self.name = name
        self.sectionName = sectionName
    }

    /// The group and kind of the target.
    public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

    /// The target's identity for a policy of the given namespace.
    public func reference(from namespaceOfPolicy: String) -> ObjectReference {
        ObjectReference(groupKind, namespace: namespaceOfPolicy, name: name)
    }
}
