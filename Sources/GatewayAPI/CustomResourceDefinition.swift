/// The definition of a kind; what matters of it is which release of the Gateway API it is of.
public struct CustomResourceDefinition: TypedContent {
    /// The release, as in `v1.6.1`; nil for a definition that is not of the Gateway API.
    public var bundleVersion: String?
    /// The channel, `standard` or `experimental`; nil for a definition that is not of the Gateway API.
    public var channel: String?

    /// Makes one.
    public init(bundleVersion: String? = nil, channel: String? = nil) {
        self.bundleVersion = bundleVersion
        self.channel = channel
    }

    /// `CustomResourceDefinition`.
    public static var groupKind: GroupKind { .customResourceDefinition }

    /// The annotation that names the release.
    public static let bundleVersionAnnotation = "gateway.networking.k8s.io/bundle-version"
    /// The annotation that names the channel.
    public static let channelAnnotation = "gateway.networking.k8s.io/channel"
}
