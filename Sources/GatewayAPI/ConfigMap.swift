/// A ConfigMap: texts and bytes by name.
public struct ConfigMap: TypedContent {
    /// Texts by name.
    public var data: [String: String] = [:]
    /// Bytes by name, decoded; no name stands in `data`, too.
    public var binaryData: [String: [UInt8]] = [:]

    /// Makes one with the API's defaults for the rest.
    public init(data: [String: String] = [:]) { self.data = data }

    /// `ConfigMap`.
    public static var groupKind: GroupKind { .configMap }

    /// The bytes of a name, of a text or not; nil when there is none.
    public func bytes(_ name: String) -> [UInt8]? {
        data[name].map { Array($0.utf8) } ?? binaryData[name]
    }
}
