import BackendTLSPolicyPlugin
public import GatewayAPI
public import HeddlePlugin

/// Translates XBackends: destinations outside of the cluster, by their DNS name.
///
/// Source: Gateway API v1alpha1 (experimental), XBackend; GEP-4440.
public struct XBackendTranslator: BackendPlugin {
    /// A translator.
    public init() {}

    /// `XBackend`.
    public var name: String { "XBackend" }

    /// XBackend.
    public var kinds: [GroupKind] { [.xBackend] }

    /// One port, whose endpoints are what the hostname resolves to.
    public func translate(
        _ backend: Resource, context: TranslationContext
    ) -> BackendTranslation {
        guard let content = backend.content as? XBackend else {
            return BackendTranslation(ports: [])
        }
        func refused(_ field: String, _ message: String) -> BackendTranslation {
            BackendTranslation(
                ports: [],
                notAccepted: .init(reason: "Invalid", message: message, fieldPath: field))
        }
        guard content.type == .externalHostname, let host = content.externalHostname else {
            return refused(
                "spec.type",
                "backends of type \(content.type) are not served; use "
                    + "ExternalHostname")
        }
        let name = host.lowercased()
        // A name of the cluster's own would go around what guards the Service behind it.
        guard name != context.clusterDomain, !name.hasSuffix(".\(context.clusterDomain)") else {
            return refused(
                "spec.externalHostname.hostname",
                "\(host) is a name of the cluster \(context.clusterDomain); name the Service "
                    + "itself as the backend")
        }
        var traits = BackendTraits()
        switch content.protocol {
        case nil, .http, .http11, .tcp, .mcp: break
        case .http2, .h2c, .grpc: traits.applicationProtocol = .http2
        case .unknown(let spelling):
            return refused("spec.protocol", "protocol \(spelling) is not known")
        }
        if let tls = content.tls, tls.mode != .none {
            let outcome = Self.tls(tls, of: backend.reference, context: context)
            if let problem = outcome.problem {
                return BackendTranslation(ports: [], notAccepted: problem)
            }
            traits.tls = outcome.tls
        }
        let place = "\(backend.reference.namespace)/\(backend.reference.name)"
        let port = BackendTranslation.Port(
            number: content.port, name: content.portName, cluster: "xbackend/\(place)",
            endpoints: .hostname(host, port: content.port), traits: traits)
        return BackendTranslation(ports: [port])
    }

    private static func tls(
        _ tls: XBackend.TLS, of backend: ObjectReference, context: TranslationContext
    ) -> (tls: BackendTLS?, problem: RouteTranslation.Problem?) {
        func refused(_ field: String, _ message: String) -> (BackendTLS?, RouteTranslation.Problem?)
        {
            (nil, .init(reason: "Invalid", message: message, fieldPath: "spec.tls.\(field)"))
        }
        if case .unknown(let spelling) = tls.mode {
            return refused("mode", "TLS mode \(spelling) is not known")
        }
        guard let validation = tls.validation else {
            return refused(
                "validation",
                "without a validation anybody could answer; name authorities and "
                    + "a hostname")
        }
        let outcome = BackendTLSPolicyTranslator.tls(
            validation, namespace: backend.namespace, path: "spec.tls.validation",
            context: context)
        if let problem = outcome.verdict.notAccepted { return (nil, problem) }
        guard tls.mode == .clientAndServer else { return (outcome.tls, nil) }
        guard let reference = tls.clientCertificateRef, reference.group.isEmpty,
            reference.kind == "Secret"
        else { return refused("clientCertificateRef", "name a Secret of type kubernetes.io/tls") }
        let target = reference.reference(from: backend.namespace)
        if target.namespace != backend.namespace, !context.isGranted(from: backend, to: target) {
            return refused(
                "clientCertificateRef",
                "no ReferenceGrant in namespace \(target.namespace) lets an XBackend of "
                    + "namespace \(backend.namespace) refer to Secret \(target.name)")
        }
        guard let secret = context.content(Secret.self, target),
            let chain = secret.data[Secret.certificateKey],
            let key = secret.data[Secret.privateKeyKey],
            PEM.blocks(chain, label: "CERTIFICATE") > 0, PEM.blocks(key, label: "PRIVATE KEY") > 0
        else {
            return refused(
                "clientCertificateRef",
                "\(target) is no Secret of type kubernetes.io/tls with a PEM certificate and key")
        }
        var result = outcome.tls
        result?.clientCertificate = .init(chain: chain, privateKey: key)
        return (result, nil)
    }
}
