/// A Secret: private bytes by name.
///
/// What it describes of itself, as in a log or a debugger, are the names and sizes, never the bytes.
public struct Secret: TypedContent {
    /// What the bytes are for.
    public var type: SecretType = .opaque
    /// The bytes by name: `data` decoded, and `stringData`, which goes before it.
    public var data: [String: [UInt8]] = [:]

    /// Makes one with the API's defaults for the rest.
    public init(type: SecretType = .opaque, data: [String: [UInt8]] = [:]) {
        self.type = type
        self.data = data
    }

    /// `Secret`.
    public static var groupKind: GroupKind { .secret }
}

extension Secret {
    /// What a Secret is for, which says the names of its bytes: Kubernetes' types, or one's own.
    public struct SecretType: RawRepresentable, Sendable, Hashable, CustomStringConvertible,
        ExpressibleByStringLiteral
    {
        /// The spelling, as in `kubernetes.io/tls`.
        public let rawValue: String

        /// Reads a spelling.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Spells a type.
        public init(stringLiteral value: String) { self.init(rawValue: value) }

        /// The spelling.
        public var description: String { rawValue }

        /// Anything.
        public static let opaque: Self = "Opaque"
        /// A certificate, `tls.crt`, with its key, `tls.key`, both PEM.
        public static let tls: Self = "kubernetes.io/tls"
        /// A token of a service account.
        public static let serviceAccountToken: Self = "kubernetes.io/service-account-token"
        /// A user name and a password.
        public static let basicAuth: Self = "kubernetes.io/basic-auth"
        /// A key for SSH.
        public static let sshAuth: Self = "kubernetes.io/ssh-auth"
        /// Credentials for a registry of images.
        public static let dockerConfigJSON: Self = "kubernetes.io/dockerconfigjson"
        /// Credentials for a registry of images, in the old form.
        public static let dockerConfig: Self = "kubernetes.io/dockercfg"
    }

    /// The name of a certificate among a TLS Secret's bytes.
    public static let certificateKey = "tls.crt"
    /// The name of a private key among a TLS Secret's bytes.
    public static let privateKeyKey = "tls.key"
    /// The name of an authority among the bytes of a Secret or a ConfigMap.
    public static let authorityKey = "ca.crt"
}

extension Secret: CustomStringConvertible, CustomReflectable {
    /// The type, and each name with its number of bytes.
    public var description: String {
        let sizes = data.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.count) bytes" }
        return "\(type) (\(sizes.joined(separator: ", ")))"
    }

    /// No bytes, either.
    public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
