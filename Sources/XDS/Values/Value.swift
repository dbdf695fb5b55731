/// `google.protobuf.Value`: what a JSON document can hold.
public enum Value: Hashable, Sendable {
    /// JSON `null`.
    case null
    /// A number; protobuf keeps all of them as doubles.
    case number(Double)
    /// A string.
    case string(String)
    /// `true` or `false`.
    case bool(Bool)
    /// An object, `google.protobuf.Struct`.
    case object([String: Value])
    /// An array, `google.protobuf.ListValue`.
    case list([Value])
}

/// `envoy.config.core.v3.Metadata`: facts for named consumers.
public struct Metadata: Hashable, Sendable {
    /// By the consumer's name, reverse DNS, such as `heddle.origin`.
    public var filterMetadata: [String: [String: Value]]

    /// Metadata, empty by default.
    public init(filterMetadata: [String: [String: Value]] = [:]) {
        self.filterMetadata = filterMetadata
    }
}

/// `google.protobuf.Any`: a packed message with its type URL.
public struct AnyMessage: Hashable, Sendable {
    /// The type URL of the packed message.
    public var typeURL: String
    /// The message in wire format.
    public var value: [UInt8]

    /// A packed message.
    public init(typeURL: String, value: [UInt8] = []) {
        self.typeURL = typeURL
        self.value = value
    }
}
