public import GatewayAPI

/// The authorities that an object names by references to ConfigMaps with a key `ca.crt`.
public struct CertificateAuthorities: Hashable, Sendable {
    /// Those that could be read, PEM, one after the other.
    public var pem: [UInt8] = []
    /// The first reference that cannot be used: `InvalidKind` or `InvalidCACertificateRef`.
    public var problem: RouteTranslation.Problem?

    /// Reads the authorities.
    ///
    /// - Parameters:
    ///   - references: The references, all to the namespace.
    ///   - namespace: The namespace of the object that holds them.
    ///   - path: Their place in the object, for messages.
    ///   - context: The only way to read other objects.
    public init(
        _ references: [LocalObjectReference], namespace: String, path: String,
        context: TranslationContext
    ) {
        for (index, reference) in references.enumerated() {
            let field = "\(path)[\(index)]"
            guard reference.group.isEmpty, reference.kind == "ConfigMap" else {
                note(
                    "InvalidKind",
                    "\(GroupKind(group: reference.group, kind: reference.kind)) holds no "
                        + "authorities that are read; name a ConfigMap", field)
                continue
            }
            let target = ObjectReference(.configMap, namespace: namespace, name: reference.name)
            guard let map = context.content(ConfigMap.self, target) else {
                note(
                    "InvalidCACertificateRef",
                    "\(target) does not exist; create it or correct the name", field)
                continue
            }
            guard let bytes = map.bytes(Secret.authorityKey), Self.holdsCertificate(bytes) else {
                note(
                    "InvalidCACertificateRef",
                    "\(target) has no PEM certificate under the key ca.crt", field)
                continue
            }
            pem += bytes
            if bytes.last != UInt8(ascii: "\n") { pem.append(UInt8(ascii: "\n")) }
        }
    }

    private mutating func note(_ reason: String, _ message: String, _ field: String) {
        problem = problem ?? .init(reason: reason, message: message, fieldPath: field)
    }

    /// Whether bytes have a certificate's PEM frame around base64; a proxy reads the rest.
    public static func holdsCertificate(_ bytes: [UInt8]) -> Bool {
        PEM.blocks(bytes, label: "CERTIFICATE") > 0
    }
}
