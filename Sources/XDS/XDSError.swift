/// Why bytes from a peer are not a message this module can stand behind.
///
/// Two errors are equal when code and source are; the wording is free to change.
public struct XDSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of fault it is.
    public enum Code: Hashable, Sendable {
        /// The bytes are not protobuf, or not of this type: truncated, a wrong wire type, a group.
        case malformed
        /// A string is not UTF-8, or holds U+0000.
        case invalidText
        /// Messages are nested deeper than the limit.
        case tooDeep
        /// The message, or what it unpacks to, is larger than the limit.
        case tooLarge
        /// A field has no meaning: a port above 65535, a weight of 0, a missing address.
        case invalid
        /// A field asks for something that cannot be left out and that this module does not know.
        case unsupported
        /// The type URL names no message of the subset.
        case unknownType
        /// JSON has a member that the message has no field for.
        case unknownField
    }

    /// What kind of fault it is.
    public var code: Code
    /// What is wrong and what mends it.
    public var message: String
    /// Where: the message's full name, the resource's name if known, and the field path, such as
    /// `envoy.config.route.v3.VirtualHost "edge/shop": routes[1].match.path_specifier`.
    public var source: String {
        object.isEmpty || path.isEmpty ? object + path : "\(object): \(path)"
    }

    /// The message's full name, and the resource's name if known.
    var object = ""
    /// The field path inside the object.
    var path = ""

    init(_ code: Code, _ message: String, at path: String = "") {
        self.code = code
        self.message = message
        self.path = path
    }

    /// `source: message`.
    public var description: String { source.isEmpty ? message : "\(source): \(message)" }

    /// Equal by code and source.
    public static func == (left: XDSError, right: XDSError) -> Bool {
        left.code == right.code && left.source == right.source
    }

    /// Hashes code and source.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(source)
    }

    /// The same fault, seen from the message that holds it in a field.
    func inside(_ field: String) -> XDSError {
        var error = self
        error.path = path.isEmpty ? field : "\(field).\(path)"
        return error
    }

    /// The same fault, seen from the message that holds it in an element of a repeated field.
    func inside(_ field: String, _ index: Int) -> XDSError { inside("\(field)[\(index)]") }

    /// The same fault with the object it belongs to; an object that is known already stays.
    func of(_ messageName: String, named name: String = "") -> XDSError {
        guard object.isEmpty else { return self }
        var error = self
        error.object = name.isEmpty ? messageName : "\(messageName) \"\(name)\""
        return error
    }
}
