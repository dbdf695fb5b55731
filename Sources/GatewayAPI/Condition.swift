/// What a condition is about.
public struct ConditionType: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// The spelling, as in `Accepted`.
    public let rawValue: String

    /// Reads a spelling.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Spells a type.
    public init(stringLiteral value: String) { self.init(rawValue: value) }

    /// The spelling.
    public var description: String { rawValue }

    /// Some configuration for the data plane comes of the object.
    public static let accepted: Self = "Accepted"
    /// The configuration was sent and is expected to serve soon.
    public static let programmed: Self = "Programmed"
    /// Every reference in the object was found and is permitted.
    public static let resolvedRefs: Self = "ResolvedRefs"
    /// Some rules of a route are left out; only ever `True`.
    public static let partiallyInvalid: Self = "PartiallyInvalid"
    /// Two listeners cannot stand together.
    public static let conflicted: Self = "Conflicted"
    /// Two listeners of a port have overlapping names or certificates.
    public static let overlappingTLSConfig: Self = "OverlappingTLSConfig"
    /// The installed Gateway API is one that the controller supports.
    public static let supportedVersion: Self = "SupportedVersion"
    /// Clients without a valid certificate are let in; only present when true.
    public static let insecureFrontendValidationMode: Self = "InsecureFrontendValidationMode"
    /// Of a Service: its traffic passes a waypoint.
    public static let waypointBound: Self = "istio.io/WaypointBound"
}

/// Why a condition has its status.
public struct ConditionReason: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// The spelling, as in `NoMatchingParent`.
    public let rawValue: String

    /// Reads a spelling.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Spells a reason.
    public init(stringLiteral value: String) { self.init(rawValue: value) }

    /// The spelling.
    public var description: String { rawValue }
}

extension ConditionReason {
    /// Of all kinds: the object is accepted.
    public static let accepted: Self = "Accepted"
    /// Of all kinds: nobody has judged the object yet.
    public static let pending: Self = "Pending"
    /// Of Gateways, listeners and policies: the object, or what it stands on, is not valid.
    public static let invalid: Self = "Invalid"
    /// Of Gateways and listeners: the configuration was sent.
    public static let programmed: Self = "Programmed"
    /// Of Gateways, listeners and routes: every reference was found.
    public static let resolvedRefs: Self = "ResolvedRefs"
    /// Of Gateways, listeners and routes: a reference to another namespace lacks its grant.
    public static let refNotPermitted: Self = "RefNotPermitted"
    /// Of listeners and routes: a value of the API that is not supported here.
    public static let unsupportedValue: Self = "UnsupportedValue"
    /// Of listeners and routes: a protocol that is not supported here.
    public static let unsupportedProtocol: Self = "UnsupportedProtocol"

    /// Of a route: listeners exist, but refuse the route's kind or namespace.
    public static let notAllowedByListeners: Self = "NotAllowedByListeners"
    /// Of a route: no hostname in common with a listener.
    public static let noMatchingListenerHostname: Self = "NoMatchingListenerHostname"
    /// Of a route: no parent, or no listener with the section or port it names.
    public static let noMatchingParent: Self = "NoMatchingParent"
    /// Of a route: filters that cannot stand together.
    public static let incompatibleFilters: Self = "IncompatibleFilters"
    /// Of a route or a policy: a reference to a kind that is not supported here.
    public static let invalidKind: Self = "InvalidKind"
    /// Of a route: a backend that does not exist.
    public static let backendNotFound: Self = "BackendNotFound"
    /// Of a route or a policy: another object has precedence.
    public static let conflicted: Self = "Conflicted"

    /// Of a Gateway or a ListenerSet: some listener is not valid.
    public static let listenersNotValid: Self = "ListenersNotValid"
    /// Of a Gateway, a class or a mesh: `parametersRef` is not usable.
    public static let invalidParameters: Self = "InvalidParameters"
    /// Of a Gateway: nobody has judged it yet; the API prefers ``pending``.
    public static let notReconciled: Self = "NotReconciled"
    /// Of a Gateway: a type of address that is not supported here.
    public static let unsupportedAddress: Self = "UnsupportedAddress"
    /// Of a Gateway: nothing runs that could serve it.
    public static let noResources: Self = "NoResources"
    /// Of a Gateway: no address was found for it.
    public static let addressNotAssigned: Self = "AddressNotAssigned"
    /// Of a Gateway: a requested address cannot be used.
    public static let addressNotUsable: Self = "AddressNotUsable"
    /// Of a Gateway: its client certificate is not usable.
    public static let invalidClientCertificateRef: Self = "InvalidClientCertificateRef"
    /// Of a Gateway: a listener has unresolved references.
    public static let listenersNotResolved: Self = "ListenersNotResolved"
    /// Of a Gateway: a setting that weakens it is on.
    public static let configurationChanged: Self = "ConfigurationChanged"

    /// Of a listener: the port is taken or not available.
    public static let portUnavailable: Self = "PortUnavailable"
    /// Of a listener: another has the same port and hostname.
    public static let hostnameConflict: Self = "HostnameConflict"
    /// Of a listener: another has the same port and a protocol that cannot share it.
    public static let protocolConflict: Self = "ProtocolConflict"
    /// Of a listener of a ListenerSet: another has the same port, hostname and protocol.
    public static let listenerConflict: Self = "ListenerConflict"
    /// Of a listener of a ListenerSet: the Gateway has as many as it can have.
    public static let tooManyListeners: Self = "TooManyListeners"
    /// Of a listener: it stands alone.
    public static let noConflicts: Self = "NoConflicts"
    /// Of a listener: its certificate is missing or not usable.
    public static let invalidCertificateRef: Self = "InvalidCertificateRef"
    /// Of a listener: it allows kinds of route that are not supported here.
    public static let invalidRouteKinds: Self = "InvalidRouteKinds"
    /// Of a listener or a policy: no usable authority for client certificates.
    public static let noValidCACertificate: Self = "NoValidCACertificate"
    /// Of a listener or a policy: an authority that does not exist.
    public static let invalidCACertificateRef: Self = "InvalidCACertificateRef"
    /// Of a listener or a policy: an authority of a kind that is not supported here.
    public static let invalidCACertificateKind: Self = "InvalidCACertificateKind"
    /// Of a listener: another's hostname overlaps on the same port.
    public static let overlappingHostnames: Self = "OverlappingHostnames"
    /// Of a listener: another's certificate overlaps on the same port.
    public static let overlappingCertificates: Self = "OverlappingCertificates"

    /// Of a ListenerSet: the Gateway does not let it attach.
    public static let notAllowed: Self = "NotAllowed"
    /// Of a ListenerSet: the Gateway is not accepted.
    public static let parentNotAccepted: Self = "ParentNotAccepted"
    /// Of a ListenerSet: the Gateway's configuration was not sent.
    public static let parentNotProgrammed: Self = "ParentNotProgrammed"

    /// Of a class: it is not supported here.
    public static let unsupported: Self = "Unsupported"
    /// Of a class: the installed Gateway API is one that is not supported here.
    public static let unsupportedVersion: Self = "UnsupportedVersion"
    /// Of a class: the installed Gateway API is one that is supported here.
    public static let supportedVersion: Self = "SupportedVersion"
    /// Of a policy: its target does not exist.
    public static let targetNotFound: Self = "TargetNotFound"
}

/// One aspect of what became of an object.
public struct Condition: Sendable, Hashable {
    /// Whether a condition holds.
    public enum Status: String, Sendable, Hashable {
        /// It holds.
        case `true` = "True"
        /// It does not hold.
        case `false` = "False"
        /// Nobody has judged it.
        case unknown = "Unknown"
    }

    /// What it is about.
    public var type: ConditionType
    /// Whether it holds.
    public var status: Status
    /// Why, for programs.
    public var reason: ConditionReason
    /// Why, and what mends it, for people.
    public var message: String
    /// The generation of the object that was judged.
    public var observedGeneration: Int?
    /// When the status last changed, RFC 3339; whoever stores the status fills it in.
    public var lastTransitionTime: String?

    /// Makes a condition.
    public init(
        _ type: ConditionType, _ status: Status, _ reason: ConditionReason, message: String = "",
        observedGeneration: Int? = nil, lastTransitionTime: String? = nil
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.observedGeneration = observedGeneration
        self.lastTransitionTime = lastTransitionTime
    }
}
