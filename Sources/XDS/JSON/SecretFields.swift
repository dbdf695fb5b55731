internal import CEnvoyAPI

/// Which fields of a message are marked `udpa.annotations.sensitive` in the published API; the
/// descriptors of protobuf-c carry no options.
struct SecretFields {
    /// What stands in a secret's place.
    static let redacted = "[redacted]"

    private static let tls = "envoy.extensions.transport_sockets.tls.v3."
    private static let names: [String: Set<String>] = [
        tls + "TlsCertificate": ["private_key", "pkcs12", "password"],
        tls + "TlsSessionTicketKeys": ["keys"],
        tls + "PrivateKeyProvider": ["typed_config"],
        tls + "GenericSecret": ["secret", "secrets"],
        "envoy.extensions.filters.http.ext_authz.v3.CheckSettings": ["context_extensions"],
    ]

    private let names: Set<String>
    private let isDataSource: Bool

    init(of descriptor: ProtobufCMessageDescriptor) {
        let name = String(cString: descriptor.name)
        names = Self.names[name] ?? []
        isDataSource = name == "envoy.config.core.v3.DataSource"
    }

    /// The field's strings and bytes are secret.
    ///
    /// - Parameter isSecret: The message lies in a secret field: all of it is secret, but for where
    ///   a data source finds what it does not hold.
    func contains(_ field: ProtobufCFieldDescriptor, inside isSecret: Bool) -> Bool {
        if isSecret { return !isDataSource || String(cString: field.name).hasPrefix("inline_") }
        return !names.isEmpty && names.contains(String(cString: field.name))
    }
}
